//! The languages of scripts.
//!
//! It owns the list. Each language is one file, with one [`Spec`]: add the file, and its lines here.

/// The samples of a language in `plugins/`, by their names.
macro_rules! samples {
    ($folder:literal, $extension:literal) => {
        samples!($folder, $extension, "upper" "lines" "chat" "client")
    };
    ($folder:literal, $extension:literal, $($name:literal)*) => {
        [$((
            $name,
            include_str!(concat!("../../../plugins/", $folder, "/", $name, "/", $name, ".", $extension)),
        )),*]
    };
}

/// The interpreter in `plugins/interpreters/` that is part of eco.
macro_rules! embedded {
    ($name:literal) => {
        Origin::Embedded(Embedded::new(
            include_bytes!(concat!(
                "../../../plugins/interpreters/",
                $name,
                "/",
                $name,
                ".wasm"
            )),
            include_bytes!(concat!(
                "../../../plugins/interpreters/",
                $name,
                "/",
                $name,
                ".cwasm"
            )),
        ))
    };
}

#[cfg(feature = "javascript")]
mod javascript;
#[cfg(feature = "lua")]
mod lua;
#[cfg(feature = "python")]
mod python;
pub(crate) mod spec;

use spec::{Case, Origin, Spec};
use std::path::Path;

/// A language whose source files are plugins as they are.
///
/// Each is there with the feature of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// QuickJS, part of eco.
    #[cfg(feature = "javascript")]
    JavaScript,
    /// Lua 5.4, part of eco.
    #[cfg(feature = "lua")]
    Lua,
    /// CPython 3.14, which `eco setup python` builds once for a user.
    #[cfg(feature = "python")]
    Python,
}

impl Language {
    /// All languages, in the order in which messages name them.
    pub const ALL: &'static [Self] = &[
        #[cfg(feature = "javascript")]
        Self::JavaScript,
        #[cfg(feature = "lua")]
        Self::Lua,
        #[cfg(feature = "python")]
        Self::Python,
    ];

    pub(crate) fn spec(self) -> &'static Spec {
        match self {
            #[cfg(feature = "javascript")]
            Self::JavaScript => &javascript::JAVASCRIPT,
            #[cfg(feature = "lua")]
            Self::Lua => &lua::LUA,
            #[cfg(feature = "python")]
            Self::Python => &python::PYTHON,
        }
    }

    /// The language of a file, told by the end of its name.
    pub fn of_file(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.iter().copied().find(|language| {
            language.extension() == extension
                || language.spec().other_extensions.contains(&&*extension)
        })
    }

    /// The usual end of a script's name in each language, for a person: `.js, .lua, .py`.
    pub fn extensions() -> String {
        let all = Self::ALL.iter();
        let ends: Vec<String> = all.map(|it| format!(".{}", it.extension())).collect();
        ends.join(", ")
    }

    /// The name for a person.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// Its name in one word, as a person types it.
    pub fn word(self) -> &'static str {
        self.spec().word
    }

    /// Its folder in `plugins/`, which has its page and its samples. Starters of exercises lie in a folder of the same
    /// name.
    pub fn folder(self) -> &'static str {
        self.spec().folder
    }

    /// The usual end of a script's name, without the dot.
    pub fn extension(self) -> &'static str {
        self.spec().extension
    }

    /// The samples, by their names.
    pub fn samples(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.spec().samples.into_iter()
    }

    /// Whether its interpreter has to be set up before a script runs.
    pub fn needs_setup(self) -> bool {
        matches!(self.spec().interpreter, Origin::SetUp)
    }

    /// Its advice for a person who has a program with sockets.
    pub fn from_sockets(self) -> Option<&'static str> {
        self.spec().from_sockets
    }

    /// Its convention for names of several words.
    pub(crate) fn case(self) -> Case {
        self.spec().case
    }

    /// Instructions of WebAssembly that count as one unit of a script's work, so that the same idea takes a like part
    /// of a budget of fuel in each language. Lua's interpreter needs the fewest. In comparison, solutions of eco's own
    /// exercises take 3.3 times as many in JavaScript and 7.4 times as many in Python, in the geometric mean of their
    /// cases; an empty call takes twice and 24 times as many.
    /// Test: `exercises::shipped::the_same_idea_takes_a_like_part_of_the_fuel_in_each_language`.
    pub fn instructions_per_unit(self) -> u64 {
        self.spec().instructions_per_unit
    }

    /// Bytes of memory with which a small script runs. The interpreter needs nearly all of it.
    /// Test: `scripts::errors::too_little_memory_for_the_interpreter_says_how_much_is_enough`.
    pub fn least_memory(self) -> usize {
        self.spec().least_memory
    }
}
