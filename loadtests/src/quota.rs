//! A share of a processor for a group of processes, as a container's CPU limit gives it: a quota of the kernel's scheduler in a
//! control group (cgroup v1 or v2).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::io::Errno;

/// How often the share is given anew, in microseconds. A tenth of what containers have, so that a group that has used up its
/// share waits milliseconds for the next.
const PERIOD_MICROS: u64 = 10_000;

/// Processes that share a part of the processors, until this is dropped.
#[derive(Debug)]
pub struct Quota {
    group: PathBuf,
    /// Where the processes came from, and go back to.
    parent: PathBuf,
}

impl Quota {
    /// An empty group that may use `thousandths` of one processor. Nothing where this process may make no group.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn new(thousandths: u64) -> anyhow::Result<Option<Self>> {
        let own = fs::read_to_string("/proc/self/cgroup").context("/proc/self/cgroup")?;
        let (v1, v2) = places(&own);
        let micros = PERIOD_MICROS * thousandths / 1000;
        for parent in v1 {
            let files =
                [("cpu.cfs_period_us", PERIOD_MICROS.to_string()), ("cpu.cfs_quota_us", micros.to_string())];
            if let Some(quota) = Self::within(&parent, &files) {
                return Ok(Some(quota));
            }
        }
        for parent in v2 {
            if let Some(quota) = Self::within(&parent, &[("cpu.max", format!("{micros} {PERIOD_MICROS}"))]) {
                return Ok(Some(quota));
            }
        }
        Ok(None)
    }

    fn within(parent: &Path, files: &[(&str, String)]) -> Option<Self> {
        let group = parent.join(format!("comitia-{}", std::process::id()));
        fs::create_dir(&group).ok()?;
        let quota = Self { group, parent: parent.to_owned() };
        // A file that is not there belongs to a controller that is not: writing must not make it.
        let set = |(name, value): &(&str, String)| {
            let path = quota.group.join(name);
            path.exists() && fs::write(path, value).is_ok()
        };
        files.iter().all(set).then_some(quota)
    }

    /// Takes a process in, with all its threads and those it starts from now on. One that has ended meanwhile needs no quota.
    ///
    /// # Errors
    /// When the kernel does not allow it.
    pub fn add(&self, pid: u32) -> anyhow::Result<()> {
        match fs::write(self.group.join("cgroup.procs"), pid.to_string()) {
            Err(error) if error.raw_os_error() != Some(Errno::SRCH.raw_os_error()) => {
                Err(error).with_context(|| format!("taking process {pid} into {}", self.group.display()))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        let processes = fs::read_to_string(self.group.join("cgroup.procs")).unwrap_or_default();
        for pid in processes.lines() {
            // A process may have ended meanwhile.
            let _ = fs::write(self.parent.join("cgroup.procs"), pid);
        }
        if let Err(error) = fs::remove_dir(&self.group) {
            eprintln!("{} stays behind: {error}", self.group.display());
        }
    }
}

/// Where a group may be made, by the lines of /proc/self/cgroup: beside or below the own one, in both versions.
fn places(own: &str) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut v1, mut v2) = (Vec::new(), Vec::new());
    for line in own.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let below = |root: &str| Path::new(root).join(path.trim_start_matches('/'));
        if controllers.is_empty() {
            // Processes and controllers of children exclude each other in v2, so the own group's parent is tried too.
            let own = below("/sys/fs/cgroup");
            v2.extend(own.parent().filter(|parent| parent.starts_with("/sys/fs/cgroup")).map(Path::to_owned));
            v2.insert(0, own);
        } else if controllers.split(',').any(|controller| controller == "cpu") {
            v1.push(below(&format!("/sys/fs/cgroup/{controllers}")));
        }
    }
    (v1, v2)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::processes;

    #[test]
    fn places_are_those_of_the_own_group() {
        let path = PathBuf::from;
        let v2 = places("0::/user.slice/a.scope\n").1;
        assert_eq!(v2, [path("/sys/fs/cgroup/user.slice/a.scope"), path("/sys/fs/cgroup/user.slice")]);
        assert_eq!(places("0::/\n").1, [path("/sys/fs/cgroup")], "never above the root");
        let v1 = places("4:memory:/x\n3:cpu,cpuacct:/docker/1\n").0;
        assert_eq!(v1, [path("/sys/fs/cgroup/cpu,cpuacct/docker/1")]);
        assert_eq!(places("garbage"), (vec![], vec![]));
    }

    #[test]
    fn a_process_gets_its_share_and_no_more() {
        let Some(quota) = Quota::new(200).unwrap() else {
            eprintln!("SKIPPED: no control group may be made here");
            return;
        };
        let mut child = std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        quota.add(child.id()).unwrap();
        let (begun, before) = (Instant::now(), processes::cpu_seconds(child.id()).unwrap());
        while begun.elapsed() < Duration::from_secs(1) {
            std::thread::yield_now();
        }
        let used = processes::cpu_seconds(child.id()).unwrap() - before;
        let share = used / begun.elapsed().as_secs_f64();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(share < 0.3, "{share} of a processor instead of 0.2");
        let group = quota.group.clone();
        drop(quota);
        assert!(!group.exists());
    }
}
