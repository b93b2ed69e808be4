//! The file of `--html`.

use super::page;
use super::report::Report;
use crate::command::exit::{Exit, Failure};
use anyhow::Context as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file that is opened before anything is measured, so that a path that can't be written to
/// is no disappointment at the end.
pub(super) struct Page {
    path: PathBuf,
    file: File,
}

impl Page {
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        // What is there stays until there is something to put in its place.
        let mut options = File::options();
        match options.write(true).create(true).truncate(false).open(path) {
            Ok(file) => Ok(Self {
                path: path.to_owned(),
                file,
            }),
            Err(error) => Err(Exit::Usage.saying(format!(
                "cannot write the page to {}: {error}",
                path.display()
            ))),
        }
    }

    pub(super) fn write(mut self, report: &Report) -> Result<(), Failure> {
        let page = page::page(report);
        let written = self.file.set_len(0);
        let written = written.and_then(|()| self.file.write_all(page.as_bytes()));
        written.with_context(|| format!("cannot write the page to {}", self.path.display()))?;
        Ok(())
    }

    /// Leaves things as they were.
    pub(super) fn discard(self) {
        if self.file.metadata().is_ok_and(|file| file.len() == 0) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
