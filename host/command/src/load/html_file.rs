//! The file of `--html`.

use crate::exit::{Exit, Failure};
use crate::output::new_file::NewFile;
use anyhow::Context as _;
use eco_load::{Report, page};
use eco_text::escape;
use std::path::{Path, PathBuf};

/// The file for the page. Its path is checked before the load runs, so that a mistake in it costs no figures. An older
/// file stays until the page is written.
pub(super) struct HtmlFile {
    path: PathBuf,
    file: NewFile,
}

impl HtmlFile {
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
