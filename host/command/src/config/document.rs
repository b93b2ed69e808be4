//! The text of a file, and the places of mistakes in it.

use eco_text::escape::{self, one_line};
use eco_toml::Place;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes of a file. A service with every key there is takes some two thousand. A larger file is refused, unread.
/// Test: `config::hostile::what_is_no_file_of_services_is_refused_and_nobody_waits_for_it`.
pub(super) const LARGEST: usize = 1024 * 1024;

/// A file that was read.
pub(super) struct Document {
    path: PathBuf,
    pub(super) text: String,
}

/// A mistake in a file: `eco.toml:7:3: what is wrong`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) struct Mistake {
    file: PathBuf,
    /// Where, if it has a place.
    place: Option<Place>,
    what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", escape::path(&self.file))?;
        if let Some(place) = self.place {
            write!(f, ":{place}")?;
        }
        write!(f, ": {}", one_line(&self.what))
    }
}

impl Document {
    /// Reads the file, whose syntax is right; `-` is stdin.
    ///
    /// # Errors
    /// It can't be read, is too large, or is no TOML.
    pub(super) fn read(path: &Path) -> Result<Self, Mistake> {
        let unread = |what: String| Mistake {
            file: path.to_owned(),
            place: None,
            what,
        };
        let bytes = match path.as_os_str() == "-" {
            true => read_stdin(),
            false => read_at_most(path, LARGEST),
        };
        let bytes = bytes.map_err(unread)?;
        let text =
            String::from_utf8(bytes).map_err(|_| unread("it is no UTF-8 text".to_owned()))?;
        Self::of(path, text)
    }

    /// A file with this text, whose syntax is right.
    ///
    /// # Errors
    /// It is no TOML.
    pub(super) fn of(path: &Path, text: String) -> Result<Self, Mistake> {
        let path = path.to_owned();
        let document = Self { path, text };
        match eco_toml::mistake(&document.text) {
            None => Ok(document),
            Some(found) => Err(match found.at {
                Some(at) => document.mistake(&at, found.what),
                None => document.wrong(found.what),
            }),
        }
    }

    /// The folder that its relative paths begin in.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// A mistake in this range of bytes.
    pub(super) fn mistake(&self, at: &Range<usize>, what: impl Into<String>) -> Mistake {
        Mistake {
            place: Some(self.place(at)),
            ..self.wrong(what)
        }
    }

    /// A mistake of the file as a whole.
    pub(super) fn wrong(&self, what: impl Into<String>) -> Mistake {
        Mistake {
            file: self.path.clone(),
            place: None,
            what: what.into(),
        }
    }

    /// Where this range begins.
    pub(super) fn place(&self, at: &Range<usize>) -> Place {
        Place::of(&self.text, at.start)
    }
}

fn read_stdin() -> Result<Vec<u8>, String> {
    let read = eco_files::read_at_most(std::io::stdin().lock(), LARGEST);
    within(
        read.map_err(|error| format!("cannot read it: {error}"))?,
        LARGEST,
    )
}

/// Reads a file that is no larger than this. It waits for no pipe.
///
/// # Errors
/// The file can't be read, or is larger; the text says so.
pub(super) fn read_at_most(path: &Path, most: usize) -> Result<Vec<u8>, String> {
    let unread = |error: &dyn fmt::Display| format!("cannot read it: {error}");
    let file = eco_files::open(path).map_err(|error| unread(&error))?;
    let bytes = eco_files::read_unchanged(&file, most).map_err(|error| unread(&error))?;
    within(bytes, most)
}

fn within(bytes: Vec<u8>, most: usize) -> Result<Vec<u8>, String> {
    match bytes.len() <= most {
        true => Ok(bytes),
        false => Err(format!("it is larger than {} KiB", most / 1024)),
    }
}
