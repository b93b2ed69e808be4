//! A language as it is typed.

use clap::ValueEnum;
use eco_toolchain::samples::SampleLanguage;

/// See [`SampleLanguage`].
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LanguageArg {
    /// Compiled by cargo
    Rust,
    /// Compiled by zig or clang
    C,
    /// WebAssembly text, compiled by eco itself
    Wat,
    /// A script that runs as it is
    #[value(name = "js", alias = "javascript")]
    JavaScript,
    /// A script that runs as it is
    Lua,
    /// A script that runs as it is, after `eco setup python`
    Python,
}

impl From<LanguageArg> for SampleLanguage {
    fn from(typed: LanguageArg) -> Self {
        match typed {
            LanguageArg::Rust => Self::Rust,
            LanguageArg::C => Self::C,
            LanguageArg::Wat => Self::Wat,
            LanguageArg::JavaScript => Self::JavaScript,
            LanguageArg::Lua => Self::Lua,
            LanguageArg::Python => Self::Python,
        }
    }
}
