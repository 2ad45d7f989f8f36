//! A disk that can be full.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use rustix::fs::{FallocateFlags, fallocate, statvfs};
use tempfile::TempDir;

use crate::folder;

/// The place of the file system in its folder.
const MOUNTED: &str = "mounted";
/// The file that takes what is free.
const BALLAST: &str = "ballast";

/// A small file system (ext4 in a file) that can be filled up. It takes the right to mount: root, as on a build machine.
#[derive(Debug)]
pub struct SmallDisk {
    mounted: PathBuf,
    folder: TempDir,
}

impl SmallDisk {
    /// Makes and mounts one with room for so many megabytes, its own structures included.
    ///
    /// # Errors
    /// When this process may not mount, or the programs for it are missing.
    pub fn mount(megabytes: u64) -> anyhow::Result<Self> {
        let folder = folder::make()?;
        let (image, mounted) = (folder.path().join("image"), folder.path().join(MOUNTED));
        File::create(&image)?.set_len(megabytes << 20)?;
        std::fs::create_dir(&mounted)?;
        // Without space that only root may use: PostgreSQL is not root.
        run(Command::new("/sbin/mke2fs").args(["-q", "-t", "ext4", "-m", "0"]).arg(&image))?;
        run(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(&mounted))?;
        Ok(Self { mounted, folder })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.mounted
    }

    /// Takes all the space that is free now. What others free later is free, until this is called again.
    ///
    /// # Errors
    /// Those of the disk, save that it is full.
    pub fn fill(&self) -> anyhow::Result<()> {
        let file = File::options().create(true).append(true).open(self.mounted.join(BALLAST))?;
        loop {
            let disk = statvfs(&self.mounted)?;
            let free = disk.f_bavail * disk.f_frsize;
            let length = file.metadata()?.len();
            if free == 0 {
                return Ok(());
            }
            match fallocate(&file, FallocateFlags::empty(), length, free) {
                Ok(()) => {}
                // The blocks that say where the others are need some too; the last few are written one by one.
                Err(rustix::io::Errno::NOSPC) => return fill_by_blocks(&file, disk.f_frsize),
                Err(error) => return Err(error).context("filling the disk"),
            }
        }
    }

    /// Gives the space back.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn free(&self) -> anyhow::Result<()> {
        match std::fs::remove_file(self.mounted.join(BALLAST)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context("the ballast"),
            _ => Ok(()),
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        unmount(self.folder.path());
    }
}

/// Unmounts the disk of a folder, if it has one. Lazily: a server that is being killed may still have files open.
pub(crate) fn unmount(folder: &Path) {
    let mounted = folder.join(MOUNTED);
    if mounted.exists() {
        let _ = run(Command::new("umount").arg("--lazy").arg(mounted));
    }
}

fn fill_by_blocks(file: &File, block: u64) -> anyhow::Result<()> {
    loop {
        let length = file.metadata()?.len();
        match fallocate(file, FallocateFlags::empty(), length, block) {
            Ok(()) => {}
            Err(rustix::io::Errno::NOSPC) => return Ok(()),
            Err(error) => return Err(error).context("filling the disk"),
        }
    }
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot run {name}"))?;
    let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    anyhow::ensure!(output.status.success(), "{name}: {text}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_takes_nothing_until_it_is_freed() {
        let disk = match SmallDisk::mount(16) {
            Ok(disk) => disk,
            Err(error) => {
                eprintln!("skipped: no disk can be mounted here ({error:#})");
                return;
            }
        };
        let file = disk.path().join("file");
        std::fs::write(&file, vec![1; 1 << 20]).unwrap();
        disk.fill().unwrap();
        let full = std::fs::write(disk.path().join("other"), vec![1; 1 << 16]);
        assert_eq!(full.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
        disk.free().unwrap();
        std::fs::write(disk.path().join("other"), vec![1; 1 << 20]).unwrap();
        assert_eq!(std::fs::read(&file).unwrap().len(), 1 << 20);
    }
}
