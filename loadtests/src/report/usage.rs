//! What the processes of an installation use while a scenario runs.

use comitia_testkit::Installation;
use serde_json::{Value, json};

use crate::processes::{cpu_seconds, family_cpu_seconds, memory_megabytes};

/// What one process has used.
#[derive(Clone, Debug)]
pub struct Used {
    /// Its name.
    pub name: String,
    /// Seconds of processor time.
    pub cpu_seconds: f64,
    /// The most memory that it had, megabytes; nothing for PostgreSQL, whose processes share theirs.
    pub peak_megabytes: Option<f64>,
}

impl Used {
    /// For machines.
    pub fn json(&self) -> Value {
        json!({
            "name": self.name,
            "cpu_seconds": crate::load::rounded(self.cpu_seconds),
            "peak_megabytes": self.peak_megabytes.map(crate::load::rounded),
        })
    }
}

/// What each process of an installation has used since it began.
///
/// # Errors
/// When one is not there.
pub fn so_far(installation: &Installation) -> anyhow::Result<Vec<Used>> {
    let mut used = Vec::new();
    for (name, pid) in installation.pids() {
        let (cpu_seconds, peak_megabytes) = (cpu_seconds(pid)?, Some(memory_megabytes(pid)?.1));
        used.push(Used { name, cpu_seconds, peak_megabytes });
    }
    if let Some(pid) = installation.postgres.pid() {
        let cpu_seconds = family_cpu_seconds(pid)?;
        used.push(Used { name: "postgresql".to_owned(), cpu_seconds, peak_megabytes: None });
    }
    Ok(used)
}

/// What was used between two looks.
pub fn between(before: &[Used], after: Vec<Used>) -> Vec<Used> {
    let earlier =
        |name: &str| before.iter().find(|used| used.name == name).map_or(0.0, |used| used.cpu_seconds);
    after
        .into_iter()
        .map(|used| Used { cpu_seconds: (used.cpu_seconds - earlier(&used.name)).max(0.0), ..used })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_before_does_not_count() {
        let used =
            |name: &str, cpu_seconds| Used { name: name.to_owned(), cpu_seconds, peak_megabytes: Some(9.0) };
        let between = between(&[used("voting-1", 2.0)], vec![used("voting-1", 5.5), used("spaces-1", 1.0)]);
        assert_eq!(between.iter().map(|used| used.cpu_seconds).collect::<Vec<_>>(), [3.5, 1.0]);
        assert_eq!(between[0].json()["peak_megabytes"], 9.0);
    }
}
