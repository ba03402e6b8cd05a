//! What the system says of a process.

use super::Outcome;
use std::fs;

pub(super) const MIB: f64 = 1024.0 * 1024.0;

/// Of `getconf CLK_TCK`, which is the same on every Linux of today.
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory that is really there.
pub(super) fn resident_bytes(pid: u32) -> Outcome<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes * 1024)
}

/// Time on a processor so far, its own and the system's.
pub(super) fn processor_seconds(pid: u32) -> Outcome<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name before may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("no stat")?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).ok_or("no ticks");
    Ok((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}
