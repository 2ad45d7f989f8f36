//! Finding PostgreSQL's server programs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use comitia_core::environment;

use crate::EmbeddedError;

/// A folder with `initdb` and `postgres`.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
    /// The major version, where the folder's name says it (Debian).
    major: Option<String>,
}

impl Programs {
    /// All that the machine has, the preferred first: the one named in `COMITIA_POSTGRES_BIN` alone, else Debian's,
    /// newest first, else those on `PATH`.
    pub(crate) fn all() -> Result<Vec<Self>, EmbeddedError> {
        if let Some(named) = environment::variable("COMITIA_POSTGRES_BIN").filter(|named| !named.is_empty()) {
            let folder = PathBuf::from(named);
            let programs = Self::in_folder(&folder).ok_or(EmbeddedError::WrongPrograms(folder))?;
            return Ok(vec![programs]);
        }
        let mut found: Vec<Self> = children(Path::new("/usr/lib/postgresql"))
            .into_iter()
            .filter_map(|version| Self::in_folder(&version.join("bin")))
            .collect();
        found.sort_by_key(|programs| std::cmp::Reverse(programs.number()));
        let path = environment::variable("PATH").unwrap_or_default();
        found.extend(std::env::split_paths(OsStr::new(&path)).filter_map(|folder| {
            // A link on PATH leads to the folder that also has the other programs.
            let target = folder.join("initdb").canonicalize().ok()?;
            Self::in_folder(target.parent()?)
        }));
        if found.is_empty() { Err(EmbeddedError::NotInstalled) } else { Ok(found) }
    }

    /// The programs for the cluster in `data`: those of its major version, or the preferred ones for a new cluster.
    pub(crate) fn for_cluster(data: &Path) -> Result<Self, EmbeddedError> {
        let all = Self::all()?;
        let made_by =
            std::fs::read_to_string(data.join("PG_VERSION")).ok().map(|text| text.trim().to_owned());
        let fitting = match &made_by {
            None => all.first(),
            Some(made_by) => all.iter().find(|programs| programs.version().as_ref() == Some(made_by)),
        };
        match (fitting, made_by) {
            (Some(programs), _) => Ok(programs.clone()),
            (None, None) => Err(EmbeddedError::NotInstalled),
            (None, Some(made_by)) => {
                let mut installed: Vec<String> = all.iter().filter_map(Self::version).collect();
                installed.dedup();
                let installed = installed.join(", ");
                Err(EmbeddedError::WrongVersion { data: data.to_owned(), made_by, installed })
            }
        }
    }

    /// The path of one program.
    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }

    fn in_folder(folder: &Path) -> Option<Self> {
        if !folder.join("initdb").is_file() || !folder.join("postgres").is_file() {
            return None;
        }
        let major = folder
            .strip_prefix("/usr/lib/postgresql")
            .ok()
            .and_then(|rest| rest.components().next())
            .map(|version| version.as_os_str().to_string_lossy().into_owned());
        Some(Self { folder: folder.to_owned(), major })
    }

    fn number(&self) -> u32 {
        self.major.as_deref().and_then(|major| major.parse().ok()).unwrap_or(0)
    }

    /// The major version, asked of the program where the folder does not say it.
    fn version(&self) -> Option<String> {
        if self.major.is_some() {
            return self.major.clone();
        }
        // "postgres (PostgreSQL) 17.2"
        let output = std::process::Command::new(self.path("postgres")).arg("--version").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split_whitespace().find_map(|word| {
            let major = word.split('.').next()?;
            major.parse::<u32>().ok().map(|number| number.to_string())
        })
    }
}

fn children(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder)
        .map(|entries| entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_of_a_version_that_is_not_installed_says_what_to_install() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("PG_VERSION"), "9\n").unwrap();
        let error = Programs::for_cluster(data.path()).unwrap_err().to_string();
        assert!(error.contains("postgresql-9"), "{error}");
    }
}
