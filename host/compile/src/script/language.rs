//! The languages of scripts.

use std::path::Path;

const MIB: usize = 1024 * 1024;

/// A language whose source files are plugins as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// QuickJS, part of eco.
    JavaScript,
    /// Lua 5.4, part of eco.
    Lua,
    /// CPython 3.14, which `eco setup python` builds once for a user.
    Python,
}

impl Language {
    /// The language of a file, told by the end of its name.
    pub fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "js" | "mjs" | "cjs" => Some(Self::JavaScript),
            "lua" => Some(Self::Lua),
            "py" => Some(Self::Python),
            _ => None,
        }
    }

    /// For a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::JavaScript => "JavaScript",
            Self::Lua => "Lua",
            Self::Python => "Python",
        }
    }

    /// Instructions of WebAssembly that count as one unit of a script's work, so that the same idea takes a like
    /// part of a budget of fuel in each language. Lua's interpreter needs fewest. Beside it the solutions of the
    /// exercises that eco brings take 3.3 times as many in JavaScript and 7.4 times as many in Python, in the
    /// geometric mean of their cases; a call that does nothing takes twice and 24 times as many.
    /// Test: `exercises::shipped::the_same_idea_takes_a_like_part_of_the_fuel_in_each_language`.
    pub const fn instructions_per_unit(self) -> u64 {
        match self {
            Self::Lua => 1,
            Self::JavaScript => 3,
            Self::Python => 8,
        }
    }

    /// Bytes of memory with which a small script runs. The interpreter needs nearly all of it.
    /// Test: `scripts::errors::too_little_memory_for_the_interpreter_says_how_much_is_enough`.
    pub fn least_memory(self) -> usize {
        match self {
            Self::JavaScript => 2 * MIB,
            Self::Lua => MIB,
            Self::Python => 24 * MIB,
        }
    }
}
