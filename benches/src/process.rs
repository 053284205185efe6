//! What this process takes of the machine.

use std::fs;

use anyhow::Context;

/// Linux gives times to programs in hundredths of a second, whatever its own clock is.
const TICKS_PER_S: f64 = 100.0;

/// CPU seconds of all threads so far, those of the system on their behalf included.
pub(crate) fn cpu_s() -> anyhow::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("reading /proc/self/stat")?;
    // The name of the program stands in brackets and may hold anything.
    let (_, behind_name) = stat.rsplit_once(')').context("/proc/self/stat has no name")?;
    let mut ticks = behind_name.split_ascii_whitespace().skip(11).map(str::parse::<u32>);
    match (ticks.next(), ticks.next()) {
        (Some(Ok(user)), Some(Ok(system))) => Ok((f64::from(user) + f64::from(system)) / TICKS_PER_S),
        _ => anyhow::bail!("/proc/self/stat has no times"),
    }
}

/// Bytes of this process that are in memory.
pub(crate) fn memory_bytes() -> anyhow::Result<u64> {
    of_status("VmRSS:")
}

/// The most bytes of this process that have been in memory since [`forget_peak`].
pub(crate) fn peak_bytes() -> anyhow::Result<u64> {
    of_status("VmHWM:")
}

/// Counts the most bytes in memory anew.
pub(crate) fn forget_peak() -> anyhow::Result<()> {
    fs::write("/proc/self/clear_refs", "5").context("writing /proc/self/clear_refs")
}

fn of_status(field: &'static str) -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("reading /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let line = line.with_context(|| format!("/proc/self/status has no {field}"))?;
    let kib = line.trim().trim_end_matches("kB").trim().parse::<u64>().with_context(|| format!("{field} no number"))?;
    Ok(kib * 1024)
}
