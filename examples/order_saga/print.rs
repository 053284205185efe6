//! What people see.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crate::order::Order;
use crate::parent::Demo;
use crate::path::{How, Operation, Path, has_ended, recorded};
use crate::proof::Claim;

/// Writes to the standard output, coloured when that is a terminal.
pub(crate) struct Printer {
    coloured: bool,
}

#[derive(Clone, Copy)]
enum Paint {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
}

impl Printer {
    pub(crate) fn new() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { coloured: io::stdout().is_terminal() && !unwanted }
    }

    pub(crate) fn title(&self) -> io::Result<()> {
        let title = self.paint(Paint::Bold, "20 orders, each a saga, in a process that is killed twice");
        self.line(&format!("{title}\n"))
    }

    pub(crate) fn started(&self, demo: &Demo, process: u32) -> io::Result<()> {
        let (life, standing) = (demo.records.len() + 1, Standing::of(demo));
        let started = format!("process {life} started   pid {process}");
        if life == 1 {
            return self.line(&started);
        }
        let Standing { under_way, recorded, .. } = standing;
        self.line(&format!(
            "{started}: {under_way} orders go on from where they stood, {recorded} results are replayed"
        ))
    }

    pub(crate) fn ended(&self, demo: &Demo, killed: bool) -> io::Result<()> {
        let (life, Standing { ended, under_way, running, .. }) = (demo.records.len(), Standing::of(demo));
        if !killed {
            return self.line(&format!("process {life} finished  all {ended} orders have ended\n"));
        }
        let by = self.paint(Paint::Red, &format!("process {life} killed "));
        self.line(&format!(
            "{by}   SIGKILL: {ended} of 20 orders had ended, {under_way} were under way, {running} steps ran"
        ))
    }

    pub(crate) fn paths(&self, demo: &Demo) -> io::Result<()> {
        let head = "     replayed\n      2nd 3rd  ended   path";
        self.line(&self.paint(Paint::Bold, head))?;
        for Order { number, .. } in Order::all() {
            let path = Path::of(demo, number);
            let (ended, paint) = if path.sent { ("sent  ", Paint::Green) } else { ("failed", Paint::Red) };
            let count = |count: &Option<usize>| count.map_or_else(|| "  ·".to_owned(), |count| format!("{count:>3}"));
            let replayed: Vec<_> = path.replayed.iter().map(count).collect();
            let (replayed, ended) = (replayed.join(" "), self.paint(paint, ended));
            self.line(&format!("{:>3}   {replayed}  {ended}  {}", path.number, self.path(demo.records.len(), &path)))?;
        }
        let legend = "¹²³ the process that ran it   ✗ an attempt failed   † killed in the middle of it   ✓ done after that\n\
                      replayed: results that the 2nd and the 3rd process took from the log instead of running a step\n";
        self.line(&self.paint(Paint::Dim, legend))
    }

    pub(crate) fn proof(&self, claims: &[Claim], took: Duration) -> io::Result<()> {
        self.line(&self.paint(Paint::Bold, "proof, from what the shop noted and what the log has"))?;
        for Claim { text, faults } in claims {
            let mark = if faults.is_empty() { self.paint(Paint::Green, "✓") } else { self.paint(Paint::Red, "✗") };
            self.line(&format!(" {mark} {text}"))?;
            for fault in faults {
                self.line(&format!("     {}", self.paint(Paint::Red, fault)))?;
            }
        }
        let seconds = took.as_secs_f64();
        if claims.iter().all(|claim| claim.faults.is_empty()) {
            let shown = "Killed twice, finished all the same:";
            let shown = self.paint(Paint::Bold, shown);
            return self.line(&format!("\n{shown} no order lost, no recorded step repeated, in {seconds:.1} s."));
        }
        self.line(&format!(
            "\n{}",
            self.paint(Paint::Red, "This is not as it should be: a bug of duramen, or of the demo.")
        ))
    }

    /// The steps of an order one after another, what was undone behind them.
    fn path(&self, last: usize, path: &Path) -> String {
        let mut text = String::new();
        let mut undoing = false;
        for operation in &path.operations {
            let name = match operation.action.strip_prefix("undo ") {
                Some(name) if undoing => name,
                Some(_) => {
                    undoing = true;
                    operation.action.as_str()
                }
                None => operation.action.as_str(),
            };
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&self.operation(last, name, operation));
        }
        text
    }

    fn operation(&self, last: usize, name: &str, operation: &Operation) -> String {
        let ran_last = operation.runs.iter().any(|run| run.life == last);
        let paint = if ran_last { Paint::Green } else { Paint::Dim };
        let (mut text, mut life) = (self.paint(paint, name), 0);
        for run in &operation.runs {
            // A process that is named for a run without any other mark has done it.
            let came = run.life != life;
            if came {
                life = run.life;
                text.push_str(&self.paint(paint, superscript(life)));
            }
            match run.how {
                How::Done if came => {}
                How::Done => text.push_str(&self.paint(paint, "✓")),
                How::Failed => text.push_str(&self.paint(Paint::Red, "✗")),
                How::BrokenOff => text.push_str(&self.paint(Paint::Yellow, "†")),
            }
        }
        text
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Bold => 1,
            Paint::Dim => 2,
            Paint::Red => 31,
            Paint::Green => 32,
            Paint::Yellow => 33,
        };
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn line(&self, text: &str) -> io::Result<()> {
        writeln!(io::stdout(), "{text}")
    }
}

fn superscript(life: usize) -> &'static str {
    match life {
        1 => "¹",
        2 => "²",
        3 => "³",
        _ => "ⁿ",
    }
}

/// Where the orders stood when the latest process had ended.
struct Standing {
    ended: usize,
    under_way: usize,
    /// Steps that ran.
    running: usize,
    /// Results in the log of orders under way.
    recorded: usize,
}

impl Standing {
    fn of(demo: &Demo) -> Self {
        let life = demo.records.len();
        let mut standing = Self { ended: 0, under_way: 0, running: 0, recorded: 0 };
        for Order { number, .. } in Order::all() {
            let history = demo.history(life, number);
            if has_ended(history) {
                standing.ended += 1;
            } else if !history.is_empty() {
                standing.under_way += 1;
                standing.recorded += recorded(history).iter().filter(|operation| operation.over).count();
                let runs = Path::of(demo, number).operations.into_iter().flat_map(|operation| operation.runs);
                standing.running += runs.filter(|run| run.life == life && run.how == How::BrokenOff).count();
            }
        }
        standing
    }
}
