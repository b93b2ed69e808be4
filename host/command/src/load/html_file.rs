//! The file of `--html`.

use crate::exit::{Exit, Failure};
use crate::output::new_file::NewFile;
use anyhow::Context as _;
use eco_load::{Report, page};
use eco_text::escape;
use std::path::{Path, PathBuf};

/// A file whose place is looked at before anything is measured, so that a path that can't be written to is no
/// disappointment at the end. What is there stays until there is something to put in its place.
pub(super) struct Page {
    path: PathBuf,
    file: NewFile,
}

impl Page {
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let file = NewFile::at(path).map_err(|error| {
            let path = escape::path(path);
            Exit::Usage.saying(format!("cannot write the page to {path}: {error}"))
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    pub(super) fn write(self, report: &Report) -> Result<(), Failure> {
        let written = self.file.write(page(report).as_bytes());
        written
            .with_context(|| format!("cannot write the page to {}", escape::path(&self.path)))?;
        Ok(())
    }
}
