//! Coverage for people.

use std::fmt;

use super::{Coverage, Covered, Part, StateCoverage};

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = if self.runs == 1 { "1 run".to_owned() } else { format!("{} runs", self.runs) };
        writeln!(f, "coverage of {runs}: {} %", whole(self.percent()))?;
        for (kind, (covered, all)) in self.kinds().into_iter().filter(|(_, (_, all))| *all > 0) {
            #[allow(clippy::cast_precision_loss, reason = "a percentage")]
            let percent = covered as f64 * 100.0 / all as f64;
            writeln!(f, "  {kind:<9} {covered:>4} of {all:<4} {:>3} %", whole(percent))?;
        }
        let missed = self.missed();
        if missed.is_empty() {
            return Ok(());
        }
        writeln!(f, "never ran:")?;
        for (state, part) in missed {
            writeln!(f, "  {}", line(state, part))?;
        }
        Ok(())
    }
}

/// A part of a hundred in whole numbers. All is said only of all.
fn whole(percent: f64) -> String {
    format!("{:.0}", percent.floor())
}

fn line(state: &StateCoverage, part: Option<&Covered>) -> String {
    let name = &state.name;
    let Some(covered) = part else { return format!("state    {name} ({})", state.kind) };
    let about = &covered.about;
    match covered.part {
        Part::Rule(index) => format!("rule     {name}: {}: {about}", index + 1),
        Part::Default => format!("default  {name}: -> {about}"),
        Part::Retrier(index) => format!("retrier  {name}: {}: {about}", index + 1),
        Part::Catcher(index) => format!("catcher  {name}: {}: {about}", index + 1),
    }
}
