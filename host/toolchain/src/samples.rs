//! The samples of `plugins/`, from which `eco new` makes a folder.

use super::error::BuildError;
use super::{folder, wit};
use eco_compile::Language;
use std::path::Path;

/// A language that `eco new` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleLanguage {
    /// Compiled by cargo.
    Rust,
    /// Compiled by zig or clang.
    C,
    /// WebAssembly text, compiled by eco itself.
    Wat,
    /// A script, which runs as it is.
    Script(Language),
}

/// The subject of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One function: upper case.
    Handler,
    /// A whole connection: numbered lines.
    Session,
    /// A connection among others: a chat room.
    Chat,
    /// The client of the numbered lines.
    Client,
}

macro_rules! files {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../../plugins/", $path)))),*]
    };
}

/// All the files of the samples that are built, by their path in `plugins/`. Those of scripts are in `eco_compile`.
const FILES: &[(&str, &str)] = files![
    "rust/upper/Cargo.toml" "rust/upper/.cargo/config.toml" "rust/upper/Cargo.lock" "rust/upper/src/lib.rs"
    "rust/lines/Cargo.toml" "rust/lines/.cargo/config.toml" "rust/lines/Cargo.lock" "rust/lines/src/lib.rs"
    "rust/chat/Cargo.toml" "rust/chat/.cargo/config.toml" "rust/chat/Cargo.lock" "rust/chat/src/lib.rs"
    "rust/client/Cargo.toml" "rust/client/.cargo/config.toml" "rust/client/Cargo.lock" "rust/client/src/lib.rs"
    "c/upper/upper.c" "c/lines/lines.c" "c/chat/chat.c" "c/client/client.c"
    "wat/upper/upper.wat" "wat/lines/lines.wat" "wat/chat/chat.wat" "wat/client/client.wat"
];

/// Not committed, in what `eco new` makes: all that building makes.
const IGNORED: &str = "/build/\n/target/\n/*.wasm\n";

impl SampleLanguage {
    /// All of them, in the order in which they are named.
    pub fn all() -> impl Iterator<Item = Self> {
        let built = [Self::Rust, Self::C, Self::Wat];
        built.into_iter().chain(Language::ALL.map(Self::Script))
    }

    /// The folder of its samples and starters.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
            Self::Wat => "wat",
            Self::Script(language) => language.folder(),
        }
    }

    /// The language of the script, which runs as it is; `None` where there is something to build.
    pub fn script(self) -> Option<Language> {
        match self {
            Self::Rust | Self::C | Self::Wat => None,
            Self::Script(language) => Some(language),
        }
    }
}

impl Shape {
    /// All of them, from the simplest on.
    pub const ALL: [Self; 4] = [Self::Handler, Self::Session, Self::Chat, Self::Client];

    /// The name of the sample.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Handler => "upper",
            Self::Session => "lines",
            Self::Chat => "chat",
            Self::Client => "client",
        }
    }
}

/// Writes a sample into the new folder `folder`, with `name` for the sample's own name.
///
/// # Errors
/// The folder exists, or can't be written.
pub fn write(
    folder: &Path,
    name: &str,
    language: SampleLanguage,
    shape: Shape,
) -> Result<(), BuildError> {
    let folder = folder::Open::make(folder)?;
    let sample = shape.folder();
    if let Some(script) = language.script() {
        let file = format!("{name}.{}", script.extension());
        for (_, text) in script.samples().filter(|(name, _)| *name == sample) {
            folder.write(&file, text.as_bytes())?;
        }
    }
    let prefix = format!("{}/{sample}/", language.folder());
    for (path, text) in FILES {
        if let Some(path) = path.strip_prefix(&prefix) {
            let path = path.replace(&format!("{sample}."), &format!("{name}."));
            let package = |of: &str| format!("name = \"{of}\"");
            let text = text.replace(&package(sample), &package(name));
            folder.write(path, text.as_bytes())?;
        }
    }
    if language == SampleLanguage::Rust {
        wit::write(&folder, Path::new(""))?;
    }
    folder.write(".gitignore", IGNORED.as_bytes())
}
