//! Temporary folders, which a test that was killed leaves behind and the next one clears away.

use std::path::Path;
use std::sync::Once;

use anyhow::Context;
use tempfile::TempDir;

const PREFIX: &str = "comitia-test-";

/// A folder of this process, removed with the value.
pub(crate) fn make() -> anyhow::Result<TempDir> {
    static SWEEP: Once = Once::new();
    SWEEP.call_once(|| sweep(&std::env::temp_dir()));
    let prefix = format!("{PREFIX}{}-", std::process::id());
    tempfile::Builder::new()
        .prefix(&prefix)
        // PostgreSQL's user has to get in when the test runs as root; what is inside is private.
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o711))
        .tempdir()
        .context("making a temporary folder")
}

/// Removes the folders of processes that are gone.
fn sweep(temporary: &Path) {
    let Ok(entries) = std::fs::read_dir(temporary) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let owner =
            name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.split('-').next()?.parse::<u32>().ok());
        if owner.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists()) {
            crate::disk::unmount(&entry.path());
            // Somebody else's, or another process is at it too.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_dead_processes_go_and_others_stay() {
        let temporary = tempfile::tempdir().unwrap();
        let living = temporary.path().join(format!("{PREFIX}{}-a", std::process::id()));
        let dead = temporary.path().join(format!("{PREFIX}4194999-a"));
        let other = temporary.path().join("other-4194999-a");
        for folder in [&living, &dead, &other] {
            std::fs::create_dir(folder).unwrap();
        }
        sweep(temporary.path());
        assert!(living.exists() && other.exists() && !dead.exists());
    }
}
