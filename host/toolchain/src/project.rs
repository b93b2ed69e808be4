//! A folder with the sources of a plugin or a program: its language, and its build.

use super::error::BuildError;
use super::{c, go, rust, wat};
use eco_compile::Language;
use eco_isolated::Program;
use eco_text::escape::OsText;
use std::path::{Path, PathBuf};

/// A folder that can be built.
#[derive(Debug)]
pub struct Project {
    folder: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Rust(rust::Crate),
    Go(Vec<PathBuf>),
    C(Vec<PathBuf>),
    Wat(PathBuf),
    Script(PathBuf),
}

/// The product of a build.
#[derive(Debug)]
pub enum Built {
    /// A component or a program, in this file.
    Made(PathBuf),
    /// Nothing: this script runs as it is.
    Script(PathBuf),
}

impl Built {
    /// The file that can be served.
    pub fn path(&self) -> &Path {
        match self {
            Self::Made(path) | Self::Script(path) => path,
        }
    }
}

impl Project {
    /// Finds out what is in `folder`: what builds for a whole language first (a `Cargo.toml`, then Go
    /// files, then those of C), then a single source.
    ///
    /// # Errors
    /// There is nothing that eco can build, or more than one thing.
    pub fn find(folder: &Path) -> Result<Self, BuildError> {
        if folder.is_file() {
            return Err(BuildError::NoFolder(folder.to_owned()));
        }
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
            .map_err(BuildError::file(folder))?;
        // Editors and systems leave hidden files beside the real ones.
        let hidden = |path: &Path| {
            path.file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
        };
        files.retain(|path| path.is_file() && !hidden(path));
        files.sort();
        let ending = |end: &str| -> Vec<PathBuf> {
            let has = |path: &&PathBuf| path.extension().is_some_and(|found| found == end);
            files.iter().filter(has).cloned().collect()
        };
        let (go, c) = (ending("go"), ending("c"));
        let kind = if folder.join("Cargo.toml").is_file() {
            Kind::Rust(rust::Crate::of(folder)?)
        } else if !go.is_empty() {
            Kind::Go(go)
        } else if !c.is_empty() {
            Kind::C(c)
        } else {
            single(folder, &files)?
        };
        Ok(Self {
            folder: folder.to_owned(),
            kind,
        })
    }

    /// Builds it. The compiler's own messages go to stderr as they come. `maker` is a program that does as
    /// [`if_helper`](crate::if_helper) says: it makes the component, since the sources may be anybody's.
    ///
    /// It waits, in a thread of a tokio runtime that may ([`eco_isolated::run_blocking`]).
    ///
    /// # Errors
    /// A tool is missing or fails, or what it makes is no plugin.
    pub fn build(&self, maker: &Program) -> Result<Built, BuildError> {
        let output = self.output();
        match &self.kind {
            Kind::Rust(kind) => rust::build(*kind, &self.folder, &output, maker)?,
            Kind::Go(sources) => go::build(&self.folder, sources, &output, maker)?,
            Kind::C(sources) => c::build(&self.folder, sources, &output, maker)?,
            Kind::Wat(source) => wat::build(source, &output, maker)?,
            Kind::Script(path) => return Ok(Built::Script(path.clone())),
        }
        Ok(Built::Made(output))
    }

    /// The product of an earlier build, if it is there. The sources may have changed since.
    pub fn built_before(&self) -> Option<PathBuf> {
        Some(self.output()).filter(|path| path.is_file())
    }

    /// `upper/upper.wasm` for the folder `upper`.
    fn output(&self) -> PathBuf {
        let whole = std::fs::canonicalize(&self.folder).unwrap_or_else(|_| self.folder.clone());
        let mut name = whole.file_name().unwrap_or("plugin".as_ref()).to_owned();
        // Not with_extension, which takes what follows a dot in the name for one.
        name.push(".wasm");
        self.folder.join(name)
    }
}

/// The one file of `files` that is a plugin by itself.
fn single(folder: &Path, files: &[PathBuf]) -> Result<Kind, BuildError> {
    let mut found: Vec<Kind> = files.iter().filter_map(|path| kind_of(path)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(kind), true) => Ok(kind),
        (None, _) => Err(BuildError::Nothing(folder.to_owned())),
        (Some(_), false) => Err(BuildError::Several {
            folder: folder.to_owned(),
            found: files
                .iter()
                .filter(|path| kind_of(path).is_some())
                .filter_map(|path| Some(OsText(path.file_name()?).to_string()))
                .collect(),
        }),
    }
}

fn kind_of(path: &Path) -> Option<Kind> {
    if path.extension()? == "wat" {
        return Some(Kind::Wat(path.to_owned()));
    }
    Language::of_file(path).map(|_| Kind::Script(path.to_owned()))
}
