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
    /// Compiled by go. There are programs in it, and no plugins.
    Go,
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
    /// No plugin: a program that greets, and sends lines back.
    Program,
}

macro_rules! files {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!("../plugins/", $path)))),*]
    };
}

/// A package of cargo, by links with other names to its files: cargo takes no folder with a `Cargo.toml` into the package
/// of another.
macro_rules! packages {
    ($($name:literal)*) => {
        [$([
            (concat!("rust/", $name, "/Cargo.toml"), include_str!(concat!("../rust/", $name, ".toml"))),
            (concat!("rust/", $name, "/Cargo.lock"), include_str!(concat!("../rust/", $name, ".lock"))),
            (concat!("rust/", $name, "/.cargo/config.toml"), include_str!(concat!("../rust/", $name, ".config"))),
            (concat!("rust/", $name, "/src/lib.rs"), include_str!(concat!("../rust/", $name, ".rs"))),
        ]),*]
    };
}

/// The files of the samples in Rust, by their path in `plugins/`.
const RUST: [[(&str, &str); 4]; 4] = packages!["upper" "lines" "chat" "client"];

/// The program in Rust.
const RUST_PROGRAM: &[(&str, &str)] = &[
    (
        "rust/greeter/Cargo.toml",
        include_str!("../rust/greeter.toml"),
    ),
    (
        "rust/greeter/Cargo.lock",
        include_str!("../rust/greeter.lock"),
    ),
    (
        "rust/greeter/src/main.rs",
        include_str!("../rust/greeter.rs"),
    ),
];

/// Those of the others that are built. Those of scripts are in `eco_compile`.
const OTHERS: &[(&str, &str)] = files![
    "c/upper/upper.c" "c/lines/lines.c" "c/chat/chat.c" "c/client/client.c"
    "wat/upper/upper.wat" "wat/lines/lines.wat" "wat/chat/chat.wat" "wat/client/client.wat"
    "c/greeter/greeter.c" "go/greeter/go.mod" "go/greeter/main.go"
];

/// Not committed, in what `eco new` makes: all that building makes.
const IGNORED: &str = "/build/\n/target/\n/*.wasm\n";

impl SampleLanguage {
    /// All of them, in the order in which they are named.
    pub fn all() -> impl Iterator<Item = Self> {
        let built = [Self::Rust, Self::C, Self::Go, Self::Wat];
        built
            .into_iter()
            .chain(Language::ALL.iter().copied().map(Self::Script))
    }

    /// Those that have a sample of this shape.
    pub fn with(shape: Shape) -> impl Iterator<Item = Self> {
        Self::all().filter(move |language| language.has(shape))
    }

    /// The folder of its samples and starters.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
            Self::Go => "go",
            Self::Wat => "wat",
            Self::Script(language) => language.folder(),
        }
    }

    /// The language of the script, which runs as it is; `None` where there is something to build.
    pub fn script(self) -> Option<Language> {
        match self {
            Self::Rust | Self::C | Self::Go | Self::Wat => None,
            Self::Script(language) => Some(language),
        }
    }

    /// Whether there is a sample of this shape.
    pub fn has(self, shape: Shape) -> bool {
        match shape {
            Shape::Program => matches!(self, Self::Rust | Self::C | Self::Go),
            Shape::Handler | Shape::Session | Shape::Chat | Shape::Client => self != Self::Go,
        }
    }
}

impl Shape {
    /// Those of plugins, from the simplest on.
    pub const ALL: [Self; 4] = [Self::Handler, Self::Session, Self::Chat, Self::Client];

    /// The name of the sample.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Handler => "upper",
            Self::Session => "lines",
            Self::Chat => "chat",
            Self::Client => "client",
            Self::Program => "greeter",
        }
    }
}

/// Writes a sample into the new folder `folder`, with `name` for the sample's own name. There are no sources in it where
/// the language [has](SampleLanguage::has) no such sample.
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
    let of_cargo = RUST.as_flattened().iter().chain(RUST_PROGRAM);
    for (path, text) in of_cargo.chain(OTHERS) {
        if let Some(path) = path.strip_prefix(&prefix) {
            let path = path.replace(&format!("{sample}."), &format!("{name}."));
            let (package, module) = (
                |of: &str| format!("name = \"{of}\""),
                |of: &str| format!("module {of}\n"),
            );
            let text = text.replace(&package(sample), &package(name));
            let text = text.replace(&module(sample), &module(name));
            folder.write(path, text.as_bytes())?;
        }
    }
    if language == SampleLanguage::Rust && shape != Shape::Program {
        wit::write(&folder, Path::new(""))?;
    }
    folder.write(".gitignore", IGNORED.as_bytes())
}
