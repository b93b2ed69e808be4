//! One service of a file: its name, its settings, and the value that is to blame where they make no sense.

use super::document::{Document, Mistake};
use super::flags::{Flag, read, words};
use super::keys::{NAME, is_of_process, key, unknown};
use super::settings::{Reader, Setting};
use crate::serve::service_config::ServiceConfig;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Bytes of a service's name, which stands in each of its lines of the log. A longer one is a mistake.
/// Test: `config::mistakes::each_mistake_is_told_with_its_line_and_column`.
pub(super) const LONGEST_NAME: usize = 64;

/// A service of the file.
pub(super) struct Described {
    pub(super) config: ServiceConfig,
    pub(super) settings: Vec<Setting>,
    /// The place of its name.
    pub(super) at: Range<usize>,
}

/// The keys of a table with their values, as they stand in the file.
pub(super) fn in_order<'a, 'i>(
    table: &'a DeTable<'i>,
) -> Vec<(&'a Spanned<DeString<'i>>, &'a Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

/// Reads a service.
///
/// # Errors
/// A key or a value is wrong.
pub(super) fn service(
    reader: &mut Reader<'_>,
    table: &DeTable<'_>,
    at: &Range<usize>,
    of_all: &[Setting],
    typed: &[Flag],
) -> Result<Described, Mistake> {
    let document = reader.document;
    let (mut name, mut settings) = (None, Vec::new());
    for (found, value) in in_order(table) {
        let flag = reader.keys.find(found.get_ref());
        match flag {
            _ if found.get_ref() == NAME => name = Some((name_of(document, value)?, value.span())),
            Some(flag) if is_of_process(key(flag)) => {
                let what = format!(
                    "`{}` is for all services together: it stands above the first [[service]]",
                    key(flag)
                );
                return Err(document.mistake(&found.span(), what));
            }
            Some(flag) => settings.extend(reader.settings(flag, value)?),
            None => {
                let known = reader.keys.of_service().map(key).chain([NAME]);
                let what = unknown(found.get_ref(), known);
                return Err(document.mistake(&found.span(), what));
            }
        }
    }
    let Some((name, at)) = name else {
        return Err(document.mistake(at, "a service has a name: name = \"chat\", say"));
    };
    let is_typed = |key: &str| typed.iter().any(|flag| flag.name == key);
    let of_file: Vec<&Setting> = of_all.iter().chain(&settings).collect();
    let counts: Vec<&Setting> = of_file
        .into_iter()
        .filter(|setting| !is_typed(&setting.flag.name))
        .collect();
    let flags = counts.iter().map(|setting| &setting.flag).chain(typed);
    let config = config_of(&name, flags);
    let config = config.map_err(|what| {
        let blamed = blame(&name, &counts, &what);
        match blamed {
            Some((at, what)) => document.mistake(at, what),
            None if config_of(&name, typed.iter()).err().as_ref() == Some(&what) => {
                document.wrong(format!("what is typed beside it: {what}"))
            }
            None => document.mistake(&at, what),
        }
    })?;
    Ok(Described {
        config,
        settings,
        at,
    })
}

/// The name of a service.
fn name_of(document: &Document, value: &Spanned<DeValue<'_>>) -> Result<String, Mistake> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    match value.get_ref().as_str() {
        Some(name) if (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_part) => {
            Ok(name.to_owned())
        }
        _ => {
            let what = format!(
                "a name has 1 to {LONGEST_NAME} letters of ASCII, digits, hyphens, underscores and dots"
            );
            Err(document.mistake(&value.span(), what))
        }
    }
}

/// The settings of these flags; or what is wrong with them.
fn config_of<'a>(
    name: &str,
    flags: impl Iterator<Item = &'a Flag>,
) -> Result<ServiceConfig, String> {
    let args = read(flags).map_err(|error| words(&error))?;
    ServiceConfig::new(Some(name), args).map_err(|failure| format!("{:#}", failure.error))
}

/// The setting that is to blame for what is wrong: it is wrong by itself in the same way, or is named first. With the words
/// for it.
fn blame<'a>(
    name: &str,
    settings: &[&'a Setting],
    what: &str,
) -> Option<(&'a Range<usize>, String)> {
    let alone = |setting: &Setting| config_of(name, std::iter::once(&setting.flag)).err();
    // What the environment says may be wrong, too.
    let is_of_environment = config_of(name, std::iter::empty()).is_err();
    let is_wrong = |setting: &&&Setting| alone(setting).is_some_and(|found| found == what);
    let is_named = |setting: &&&Setting| {
        let rest = what.strip_prefix("--");
        let rest = rest.and_then(|rest| rest.strip_prefix(&*setting.flag.name));
        rest.is_some_and(|rest| rest.starts_with(' '))
    };
    let mut all = settings.iter();
    let wrong = all.find(is_wrong).filter(|_| !is_of_environment);
    let setting = wrong.or_else(|| settings.iter().find(is_named))?;
    let key = &setting.flag.name;
    let what = match setting.is_secret {
        true => format!("`{key}` takes no such value as its ${{...}} stand for"),
        // Some begin with the flag.
        false if is_named(&setting) => what.trim_start_matches('-').to_owned(),
        false => format!("{key}: {what}"),
    };
    Some((&setting.at, what))
}
