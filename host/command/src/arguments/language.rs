//! Languages as they are typed.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use eco_exercise::StatementLanguage;
use eco_plugin::Language;
use eco_toolchain::samples::SampleLanguage;
use std::sync::LazyLock;

/// A programming language; see [`SampleLanguage`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct LanguageArg(pub(crate) SampleLanguage);

impl ValueEnum for LanguageArg {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<LanguageArg>> =
            LazyLock::new(|| SampleLanguage::all().map(LanguageArg).collect());
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self.0 {
            SampleLanguage::Rust => PossibleValue::new("rust").help("Compiled by cargo"),
            SampleLanguage::C => PossibleValue::new("c").help("Compiled by zig or clang"),
            SampleLanguage::Go => {
                PossibleValue::new("go").help("Compiled by go, with --stdio alone")
            }
            SampleLanguage::Wat => {
                PossibleValue::new("wat").help("WebAssembly text, compiled by eco itself")
            }
            SampleLanguage::Script(language) => script(language),
        })
    }
}

fn script(language: Language) -> PossibleValue {
    let (word, folder) = (language.word(), language.folder());
    let help = "A script that runs as it is";
    let value = PossibleValue::new(word).aliases((folder != word).then_some(folder));
    if language.needs_setup() {
        let setup = format!("eco setup {word}");
        value.help(format!("{help}, after `{setup}`"))
    } else {
        value.help(help)
    }
}

/// A language of an exercise: its starter's, or its statement's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ExerciseLanguageArg {
    Starter(LanguageArg),
    Statement(StatementLanguage),
}

impl ValueEnum for ExerciseLanguageArg {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<ExerciseLanguageArg>> = LazyLock::new(|| {
            let starters = LanguageArg::value_variants().iter().copied();
            let starters = starters.map(ExerciseLanguageArg::Starter);
            let statements = [StatementLanguage::English, StatementLanguage::Spanish];
            let statements = statements.map(ExerciseLanguageArg::Statement);
            starters.chain(statements).collect()
        });
        &ALL
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
