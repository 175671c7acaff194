//! The file that bind(2) makes for a Unix-domain socket.

use std::fs::{remove_file, symlink_metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Whether close removes the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unlink {
    /// As libuv does: whatever has the path by then.
    #[default]
    Always,
    /// The file stays.
    Never,
    /// Unless the path is that of another file by then.
    Own,
}

/// A path, and the file that bind(2) made there.
#[derive(Debug)]
pub struct BoundPath {
    path: PathBuf,
    /// Device and inode. `None` where the file was gone at once.
    file: Option<(u64, u64)>,
    unlink: Unlink,
}

impl BoundPath {
    /// To be called after bind(2).
    pub fn new(path: PathBuf, unlink: Unlink) -> Self {
        let file = file_at(&path);
        BoundPath { path, file, unlink }
    }

    /// Changes the rule.
    pub fn set_unlink(&mut self, unlink: Unlink) {
        self.unlink = unlink;
    }

    /// As it was bound.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file, as `unlink` has it. Between the look at the path and its removal another file may come there:
    /// unlink(2) knows paths only.
    pub fn remove(self) {
        let removes = match self.unlink {
            Unlink::Always => true,
            Unlink::Never => false,
            Unlink::Own => self.file.is_some() && file_at(&self.path) == self.file,
        };
        if removes {
            let _ = remove_file(self.path);
        }
    }
}

/// Device and inode of the file at `path`.
fn file_at(path: &Path) -> Option<(u64, u64)> {
    symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()))
}
