//! The account that a server runs under, and the folders it can reach.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::EmbeddedError;

/// An account of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// The account to drop to: none unless this process is root, else `postgres`, else `nobody`.
    pub(crate) fn for_server() -> Result<Option<Self>, EmbeddedError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| find(&accounts, name))
            .map(Some)
            .ok_or(EmbeddedError::NoAccount)
    }

    /// Makes `folder`, for this account alone.
    pub(crate) fn make_folder(account: Option<Self>, folder: &Path) -> Result<(), EmbeddedError> {
        std::fs::create_dir_all(folder)
            .map_err(EmbeddedError::folder("could not make the folder", folder))?;
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder, private)
            .map_err(EmbeddedError::folder("could not keep others out of the folder", folder))?;
        let Some(account) = account else { return Ok(()) };
        chown(folder, Some(account.uid), Some(account.gid))
            .map_err(EmbeddedError::folder("could not give the server's user the folder", folder))
    }

    /// Whether this account may go through every folder above `path`.
    pub(crate) fn reaches(self, path: &Path) -> bool {
        path.ancestors().skip(1).all(|folder| {
            let Ok(metadata) = std::fs::metadata(folder) else { return true };
            let needed = if metadata.uid() == self.uid {
                0o100
            } else if metadata.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            metadata.mode() & needed != 0
        })
    }
}

/// The account called `name` in the text of `/etc/passwd`.
fn find(accounts: &str, name: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { uid, gid })
    })
}

/// Where the cluster of the data folder `data` lies: inside it, unless the server's account cannot go there (a
/// clone under `/root`, say). Then it lies in a new folder under `/var/lib/comitia`, and the data folder has a link
/// to it.
pub(crate) fn server_home(data: &Path, account: Option<Account>) -> Result<PathBuf, EmbeddedError> {
    let inside = data.join("postgres");
    if let Ok(target) = std::fs::read_link(&inside) {
        Account::make_folder(account, &target)?;
        return Ok(target);
    }
    if inside.exists() || account.is_none_or(|account| account.reaches(&inside)) {
        Account::make_folder(account, &inside)?;
        return Ok(inside);
    }
    let outside =
        Path::new("/var/lib/comitia").join(hex::encode(comitia_core::random::bytes::<8>())).join("postgres");
    if let Some(parent) = outside.parent() {
        std::fs::create_dir_all(parent)
            .map_err(EmbeddedError::folder("could not make the folder", parent))?;
    }
    Account::make_folder(account, &outside)?;
    std::os::unix::fs::symlink(&outside, &inside)
        .map_err(EmbeddedError::folder("could not make the link", &inside))?;
    tracing::info!(data = %data.display(), cluster = %outside.display(),
        "the server's user cannot reach the data folder; the cluster lies elsewhere");
    Ok(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts =
            "root:x:0:0::/root:/bin/sh\npostgres2:x:9:9::/:/bin/sh\npostgres:x:103:110:,,,:/x:/bin/sh\n";
        assert_eq!(find(accounts, "postgres"), Some(Account { uid: 103, gid: 110 }));
        assert_eq!(find(accounts, "post"), None);
    }

    #[test]
    fn a_private_folder_above_is_not_reached() {
        let data = tempfile::tempdir().unwrap();
        let inside = data.path().join("a/b");
        std::fs::create_dir_all(&inside).unwrap();
        let stranger = Account { uid: 54_321, gid: 54_321 };
        std::fs::set_permissions(data.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(stranger.reaches(&inside));
        std::fs::set_permissions(data.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!stranger.reaches(&inside));
    }
}
