//! What processes use, from /proc.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;

use anyhow::Context;
use rustix::io::Errno;
use rustix::thread::{CpuSet, Pid, sched_setaffinity};

/// The clock of /proc, ticks a second: fixed for user space on every Linux.
const TICKS: f64 = 100.0;

/// Seconds of processor time that a process has used, with the children that it has waited for.
///
/// # Errors
/// When there is no such process.
pub fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid}"))?;
    ticks(&text).map(|ticks| ticks / TICKS).context("/proc/<pid>/stat is not as expected")
}

/// Seconds of processor time of a process and all its descendants.
///
/// # Errors
/// When there is no such process.
pub fn family_cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let total = cpu_seconds(pid)?;
    // A descendant may end while we look.
    let others = family(pid)?.into_iter().skip(1).map(|pid| cpu_seconds(pid).unwrap_or(0.0));
    Ok(total + others.sum::<f64>())
}

/// The fields after the name, which may itself have spaces and brackets: state, parent, ...
fn fields(stat: &str) -> impl Iterator<Item = &str> {
    stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace()
}

/// User and system time, own and of children that were waited for.
fn ticks(stat: &str) -> Option<f64> {
    let times: Vec<f64> = fields(stat).skip(11).take(4).filter_map(|field| field.parse().ok()).collect();
    (times.len() == 4).then(|| times.iter().sum())
}

/// Lets all threads of a process run on these processors only; those that it starts later too.
///
/// # Errors
/// When there is no such process, or no such processor.
pub fn pin(pid: u32, processors: Range<usize>) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    processors.for_each(|processor| set.set(processor));
    for entry in fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        let Some(thread) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        match sched_setaffinity(Pid::from_raw(thread), &set) {
            // A thread may end while we look.
            Err(Errno::SRCH) | Ok(()) => {}
            Err(error) => return Err(error).context("binding a thread to a processor"),
        }
    }
    Ok(())
}

/// A process and all its descendants.
///
/// # Errors
/// When /proc cannot be read.
pub fn family(pid: u32) -> anyhow::Result<Vec<u32>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process may end while we look.
        let Ok(text) = fs::read_to_string(format!("/proc/{child}/stat")) else { continue };
        if let Some(parent) = fields(&text).nth(1).and_then(|parent| parent.parse().ok()) {
            children.entry(parent).or_default().push(child);
        }
    }
    let (mut found, mut place) = (vec![pid], 0);
    while let Some(parent) = found.get(place) {
        found.extend(children.remove(parent).unwrap_or_default());
        place += 1;
    }
    Ok(found)
}

/// Resident memory of a process now, and the most that it ever had, in megabytes.
///
/// # Errors
/// When there is no such process.
pub fn memory_megabytes(pid: u32) -> anyhow::Result<(f64, f64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid}"))?;
    let of = |name: &str| kilobytes(&text, name).map(|kilobytes| kilobytes / 1024.0);
    of("VmRSS:").zip(of("VmHWM:")).context("/proc/<pid>/status is not as expected")
}

/// Forgets the most memory that a process ever had: from now on the most is what it has from now on.
///
/// # Errors
/// When there is no such process, or it is somebody else's.
pub fn forget_peak(pid: u32) -> anyhow::Result<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").with_context(|| format!("the peak of process {pid}"))
}

fn kilobytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The processor's name, the number of processors, and the memory in megabytes.
///
/// # Errors
/// When /proc cannot be read.
pub fn machine() -> anyhow::Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let name = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let memory = fs::read_to_string("/proc/meminfo")?;
    let gigabytes = kilobytes(&memory, "MemTotal:").unwrap_or(0.0) / 1024.0 / 1024.0;
    let count = std::thread::available_parallelism()?;
    Ok(format!("{} x {count}, {gigabytes:.0} GB", name.map_or("unknown", |(_, name)| name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_a_strange_name() {
        let stat = "17 (a) b (c) S 5 17 17 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 5 6 7";
        assert_eq!(ticks(stat), Some(100.0));
        assert_eq!(fields(stat).nth(1), Some("5"));
        assert_eq!(ticks("garbage"), None);
    }

    #[test]
    fn a_process_knows_itself() {
        let own = std::process::id();
        assert!(cpu_seconds(own).unwrap() >= 0.0);
        let (now, most) = memory_megabytes(own).unwrap();
        assert!(now > 0.5 && most >= now);
        assert!(cpu_seconds(u32::MAX).is_err());
    }
}
