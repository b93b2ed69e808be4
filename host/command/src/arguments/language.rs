//! Languages as they are typed.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use eco_exercise::StatementLanguage;
use eco_toolchain::samples::SampleLanguage;

/// A programming language; see [`SampleLanguage`].
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LanguageArg {
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

/// A language of an exercise: its starter's, or its statement's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ExerciseLanguageArg {
    Starter(LanguageArg),
    Statement(StatementLanguage),
}

impl ExerciseLanguageArg {
    const ENGLISH: Self = Self::Statement(StatementLanguage::English);
    const SPANISH: Self = Self::Statement(StatementLanguage::Spanish);
}

impl ValueEnum for ExerciseLanguageArg {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Starter(LanguageArg::Rust),
            Self::Starter(LanguageArg::C),
            Self::Starter(LanguageArg::Wat),
            Self::Starter(LanguageArg::JavaScript),
            Self::Starter(LanguageArg::Lua),
            Self::Starter(LanguageArg::Python),
            Self::ENGLISH,
            Self::SPANISH,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Starter(language) => language.to_possible_value(),
            Self::Statement(StatementLanguage::English) => {
                Some(PossibleValue::new("en").help("The statement in English first"))
            }
            Self::Statement(StatementLanguage::Spanish) => {
                Some(PossibleValue::new("es").help("El enunciado en español primero"))
            }
        }
    }
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
