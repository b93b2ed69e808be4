//! Why a plugin could not be built.
//!
//! A text has its causes in it. So a cause is a field and no `source()`: a printed chain of errors would say it twice.

use bytesize::ByteSize;
use eco_compile::Language;
use eco_isolated::Ended;
use eco_text::escape::{self, one_line};
use std::path::PathBuf;

/// A build that did not come to its end. The texts say what to do next.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A folder without anything that eco knows how to build.
    #[error(
        "nothing to build in {}\neco looks for a Cargo.toml (Rust), .go files (Go), .c files (C), one .wat file (WebAssembly text), or one script ({}). `eco new` makes a folder that builds.", escape::path(.0), Language::extensions()
    )]
    Nothing(PathBuf),
    /// A file where a folder is wanted.
    #[error("{} is a file\neco builds folders; a script runs as it is: eco serve -p FILE.", escape::path(.0))]
    NoFolder(PathBuf),
    /// A folder with several things that could be meant.
    #[error("{} has several plugins: {}\nGive each a folder of its own, or name the file.", escape::path(.folder), one_line(.found.join(", ")))]
    Several {
        /// The folder.
        folder: PathBuf,
        /// The files.
        found: Vec<String>,
    },
    /// A new folder whose name is taken.
    #[error("{} exists already\nTake another name, or remove it first; nothing was changed.", escape::path(.0))]
    Exists(PathBuf),
    /// A file or folder that can't be read or written.
    #[error("{}: {error}", escape::path(.path))]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A link where building writes.
    #[error(
        "{} is a link\neco writes into the folder that it builds, and nowhere else: remove the link, or take its place with what it leads to.", escape::path(.0)
    )]
    Link(PathBuf),
    /// A tool that is not there.
    #[error("{what}\n{install}")]
    Missing {
        /// The tool.
        what: String,
        /// The ways to get it on Debian, macOS and Windows.
        install: &'static str,
    },
    /// A tool that failed, and has printed why.
    #[error("{0} failed; what it says stands above")]
    Failed(String),
    /// The product of a tool can't be a plugin.
    #[error("{what}: {why:#}\n{next}")]
    Unfit {
        /// The file.
        what: String,
        /// Its mistake.
        why: anyhow::Error,
        /// The next step.
        next: &'static str,
    },
    /// A source, or the product of a tool, that is too large to be looked at.
    #[error("{} is larger than {}", escape::path(.path), ByteSize(*most as u64))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes that it may have.
        most: usize,
    },
    /// Making a component of it has ended the process that did so.
    #[error("no component can be made of {}: {ended}\n{}", escape::path(.path), whose(.ended))]
    Unmade {
        /// The file.
        path: PathBuf,
        /// How.
        ended: Ended,
    },
}

impl BuildError {
    /// An input or output error at `path`.
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        |error| Self::File { path, error }
    }
}

fn whose(ended: &Ended) -> &'static str {
    if ended.is_internal() {
        "This is not the plugin's fault."
    } else {
        "eco makes components of what toolchains make; this looks like an attack, or a generator gone wild."
    }
}
