//! One file of cases: its text, its values, and the lines of its mistakes.

use super::format::FORMAT;
use super::line_ends;
use crate::files::Files;
use crate::mistake::Mistake;
use eco_toml::Place;
use serde::de::DeserializeOwned;
use std::ops::Range;

/// Bytes of `exercise.toml` or `hidden.toml`. A larger file is refused, since reading it takes many times its bytes.
/// Long messages go into files of their own.
/// Test: `exercises::hostile::files::a_file_of_cases_that_is_too_large_is_refused`.
const LARGEST: usize = 512 * 1024;

/// A file whose mistakes have lines.
pub(super) struct Document<'a> {
    pub(super) files: &'a Files,
    name: &'static str,
    /// Its text, with line ends of LF alone.
    pub(super) text: String,
    /// Lines with a string that had CRLF at its line ends.
    pub(super) crlf: Vec<usize>,
}

impl<'a> Document<'a> {
    pub(super) fn open(files: &'a Files, name: &'static str) -> Result<Self, Mistake> {
        let failed = |what: String| Mistake {
            file: files.path(name),
            line: None,
            what,
        };
        let bytes = files
            .read(name, LARGEST)
            .map_err(|error| failed(format!("cannot read it: {error}")))?;
        let text =
            String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8 text".to_owned()))?;
        Ok(Self {
            files,
            name,
            crlf: line_ends::in_strings(&text),
            text: line_ends::unified(text),
        })
    }

    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, Mistake> {
        let mistake = |what: String, at: Option<Range<usize>>| match at {
            Some(at) => self.mistake(at, what),
            None => self.wrong(what),
        };
        if let Some(found) = eco_toml::mistake(&self.text) {
            return Err(mistake(found.what, found.at));
        }
        let parsed = toml::from_str(&self.text);
        parsed.map_err(|error| mistake(error.message().to_owned(), error.span()))
    }

    pub(super) fn wrong(&self, what: impl Into<String>) -> Mistake {
        Mistake {
            file: self.files.path(self.name),
            line: None,
            what: what.into(),
        }
    }

    pub(super) fn mistake(&self, at: Range<usize>, what: impl Into<String>) -> Mistake {
        Mistake {
            line: Some(Place::of(&self.text, at.start).line),
            ..self.wrong(what)
        }
    }

    pub(super) fn check_format(&self, format: u32) -> Result<(), Mistake> {
        if format == FORMAT {
            Ok(())
        } else {
            Err(self.wrong(format!(
                "format {format} is unknown here: this eco reads format {FORMAT}"
            )))
        }
    }
}
