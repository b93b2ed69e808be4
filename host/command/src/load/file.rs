//! The file of `--html`.

use crate::exit::{Exit, Failure};
use anyhow::Context as _;
use eco_load::{Report, page};
use eco_text::escape;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file that is opened before anything is measured, so that a path that can't be written to is no
/// disappointment at the end.
pub(super) struct Page {
    path: PathBuf,
    file: File,
    /// Whether it is to be removed again: it was not there, and nothing is in it.
    unused: bool,
}

impl Page {
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        // What is there stays until there is something to put in its place.
        let new = File::options().write(true).create_new(true).open(path);
        let unused = new.is_ok();
        let file = new.or_else(|_| File::options().write(true).open(path));
        let file = file.map_err(|error| {
            let path = escape::path(path);
            Exit::Usage.saying(format!("cannot write the page to {path}: {error}"))
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            unused,
        })
    }

    pub(super) fn write(mut self, report: &Report) -> Result<(), Failure> {
        let page = page(report);
        self.unused = false;
        // A device has no length that could be set.
        let _ = self.file.set_len(0);
        let written = self.file.write_all(page.as_bytes());
        written
            .with_context(|| format!("cannot write the page to {}", escape::path(&self.path)))?;
        Ok(())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if self.unused {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
