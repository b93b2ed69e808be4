//! The exercises in the binary, from easy to hard, and copying them out.

use super::files::Files;
use super::read::Cases;
use eco_plugin::Language;
use eco_toolchain::folder::Open;
use eco_toolchain::samples::SampleLanguage;
use eco_toolchain::{BuildError, wit};
use std::borrow::Cow;
use std::path::Path;

type File = (&'static str, &'static [u8]);

/// An exercise of `plugins/exercises/`.
#[derive(Debug)]
pub struct Shipped {
    /// Its folder's name.
    pub slug: &'static str,
    shape: Shape,
    /// Its files, without the solution.
    files: &'static [File],
}

/// The language of an exercise's statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementLanguage {
    /// The language of all eco's texts.
    English,
    /// The language of the course that eco comes from.
    Spanish,
}

/// The statements in the sources, and their names beside each other in a copy, by the language that comes
/// first.
const ENGLISH: &str = "README.md";
const SPANISH: &str = "README.es.md";
const ENGLISH_SECOND: &str = "README.en.md";

/// The starters of a copy: of one language, or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Starters {
    /// Those of plugins.
    Plugins(Option<SampleLanguage>),
    /// Those of programs that read standard input and write standard output.
    Programs(Option<SampleLanguage>),
}

/// The interface that a solution in a compiled language exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Handler,
    Session,
    /// A session that gets events from beside its connection.
    Event,
}

/// The hidden cases of a shipped exercise.
const HIDDEN: &str = "hidden.toml";

macro_rules! shipped {
    ($($slug:literal $shape:ident;)*) => {
        &[$(Shipped {
            slug: $slug,
            shape: Shape::$shape,
            files: &[
                file!($slug, "README.md"),
                file!($slug, "README.es.md"),
                file!($slug, "exercise.toml"),
                file!($slug, "hidden.toml"),
                file!($slug, "starter/javascript/plugin.js"),
                file!($slug, "starter/lua/plugin.lua"),
                file!($slug, "starter/python/plugin.py"),
            ],
        }),*]
    };
}

macro_rules! file {
    ($folder:literal, $path:literal) => {
        (
            $path,
            include_bytes!(concat!("../plugins/exercises/", $folder, "/", $path)),
        )
    };
}

/// A starter in Rust, by links with other names to its files: cargo takes no folder with a `Cargo.toml` into the package of
/// another.
macro_rules! package {
    ($name:literal) => {
        [
            (
                "Cargo.toml",
                include_bytes!(concat!("../rust/", $name, ".toml")),
            ),
            (
                "Cargo.lock",
                include_bytes!(concat!("../rust/", $name, ".lock")),
            ),
            (
                ".cargo/config.toml",
                include_bytes!(concat!("../rust/", $name, ".config")),
            ),
            (
                "src/lib.rs",
                include_bytes!(concat!("../rust/", $name, ".rs")),
            ),
        ]
    };
}

/// Tells git to leave the bytes of a copy alone.
const ATTRIBUTES: File = (
    ".gitattributes",
    include_bytes!("../plugins/exercises/.gitattributes"),
);

/// All of them.
pub const SHIPPED: &[Shipped] = shipped![
    "echo" Handler;
    "upper-case" Handler;
    "line-reversal" Handler;
    "frames" Handler;
    "prime-time" Session;
    "averages" Session;
    "secret-line" Session;
    "tiny-cache" Session;
    "counter" Event;
    "heartbeat" Event;
    "chat" Event;
];

/// The starters of compiled languages, by interface and language.
const STARTERS: [(Shape, SampleLanguage, &[File]); 9] = [
    (Shape::Handler, SampleLanguage::Rust, &package!("handler")),
    (Shape::Session, SampleLanguage::Rust, &package!("session")),
    (Shape::Event, SampleLanguage::Rust, &package!("event")),
    (
        Shape::Event,
        SampleLanguage::C,
        &[file!("starters/event/c", "plugin.c")],
    ),
    (
        Shape::Event,
        SampleLanguage::Wat,
        &[file!("starters/event/wat", "plugin.wat")],
    ),
    (
        Shape::Handler,
        SampleLanguage::C,
        &[file!("starters/handler/c", "plugin.c")],
    ),
    (
        Shape::Session,
        SampleLanguage::C,
        &[file!("starters/session/c", "plugin.c")],
    ),
    (
        Shape::Handler,
        SampleLanguage::Wat,
        &[file!("starters/handler/wat", "plugin.wat")],
    ),
    (
        Shape::Session,
        SampleLanguage::Wat,
        &[file!("starters/session/wat", "plugin.wat")],
    ),
];

/// Those of programs, which are the same for every exercise.
const PROGRAMS: [(SampleLanguage, &[File]); 2] = [
    (
        SampleLanguage::C,
        &[file!("starters/program/c", "program.c")],
    ),
    (
        SampleLanguage::Go,
        &[
            file!("starters/program/go", "go.mod"),
            file!("starters/program/go", "main.go"),
        ],
    ),
];

impl Starters {
    /// Whether there are such starters.
    pub fn exist(self) -> bool {
        match self {
            Self::Plugins(only) => only.is_none_or(|only| only != SampleLanguage::Go),
            Self::Programs(only) => {
                only.is_none_or(|only| PROGRAMS.iter().any(|(language, _)| *language == only))
            }
        }
    }

    /// The language of the first that somebody looks at.
    pub fn first(self) -> SampleLanguage {
        let (Self::Plugins(only) | Self::Programs(only)) = self;
        only.unwrap_or(match self {
            Self::Plugins(_) => SampleLanguage::Script(Language::JavaScript),
            Self::Programs(_) => SampleLanguage::C,
        })
    }
}

impl Shipped {
    /// Its files, with the hidden cases.
    pub fn files(&self) -> Files {
        Files::Shipped(self.slug, self.files)
    }

    /// Whether a program can solve it, which knows nothing of other connections.
    pub fn suits_programs(&self) -> bool {
        self.shape != Shape::Event
    }

    /// The place of a language's starter in the folder that [`write`](Self::write) makes: a script, or the
    /// folder of its sources.
    pub fn starter(&self, language: SampleLanguage) -> String {
        let folder = language.folder();
        match language.script() {
            Some(script) => format!("starter/{folder}/plugin.{}", script.extension()),
            None => format!("starter/{folder}"),
        }
    }

    /// Copies it into the folder `folder`, which is new or empty: the wanted cases, with these
    /// starters. The statement in `first` is its `README.md`.
    ///
    /// # Errors
    /// The folder has something already, or it can't be written.
    pub fn write(
        &self,
        folder: &Path,
        cases: Cases,
        starters: Starters,
        first: StatementLanguage,
    ) -> Result<(), BuildError> {
        let folder = Open::make_or_take_empty(folder)?;
        let wanted = |path: &str| match (starters, path.strip_prefix("starter/")) {
            (Starters::Programs(_), Some(_)) => false,
            (Starters::Plugins(Some(only)), Some(path)) => {
                path.split('/').next() == Some(only.folder())
            }
            _ => path != HIDDEN || cases == Cases::All,
        };
        for (path, bytes) in self.files.iter().filter(|(path, _)| wanted(path)) {
            let (path, bytes) = placed(path, bytes, first);
            match path.starts_with("README.") {
                true => folder.write(path, self.with_starter(&bytes, starters).as_bytes())?,
                false => folder.write(path, &bytes)?,
            }
        }
        folder.write(ATTRIBUTES.0, ATTRIBUTES.1)?;
        let is = |only: Option<SampleLanguage>, language| only.is_none_or(|only| only == language);
        match starters {
            Starters::Plugins(only) => {
                for (shape, language, files) in &STARTERS {
                    if *shape == self.shape && is(only, *language) {
                        write_starter(&folder, *language, files)?;
                    }
                }
            }
            Starters::Programs(only) => {
                for (language, files) in &PROGRAMS {
                    if is(only, *language) {
                        write_starter(&folder, *language, files)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The starter that statements name.
const NAMED: &str = "starter/javascript/plugin.js";

impl Shipped {
    /// A statement that names a starter of these. What stands behind it keeps its column.
    fn with_starter(&self, statement: &[u8], starters: Starters) -> String {
        let starter = self.starter(starters.first());
        let column = format!("{NAMED}   ");
        let width = column.len();
        let text = String::from_utf8_lossy(statement);
        let text = text.replace(&column, &format!("{starter:width$}"));
        text.replace(NAMED, &starter)
    }
}

/// The place of a file in a copy, and its contents there: statements link to each other.
fn placed<'a>(
    path: &'a str,
    bytes: &'a [u8],
    first: StatementLanguage,
) -> (&'a str, Cow<'a, [u8]>) {
    let (place, other) = match (first, path) {
        (StatementLanguage::Spanish, ENGLISH) => (ENGLISH_SECOND, (SPANISH, ENGLISH)),
        (StatementLanguage::Spanish, SPANISH) => (ENGLISH, (ENGLISH, ENGLISH_SECOND)),
        _ => return (path, bytes.into()),
    };
    let link = |to: &str| format!("]({to})");
    let text = String::from_utf8_lossy(bytes);
    let text = text.replacen(&link(other.0), &link(other.1), 1);
    (place, text.into_bytes().into())
}

fn write_starter(
    folder: &Open,
    language: SampleLanguage,
    files: &[File],
) -> Result<(), BuildError> {
    let place = Path::new("starter").join(language.folder());
    for (path, bytes) in files {
        folder.write(place.join(path), bytes)?;
    }
    match language {
        SampleLanguage::Rust => wit::write(folder, &place),
        _ => Ok(()),
    }
}
