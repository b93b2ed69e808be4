//! A file of services, read: the settings of each, with what was typed on the command line.

use super::clashes::clash;
use super::described::{Described, in_order, service};
use super::document::{Document, Mistake};
use super::flags::{Flag, TypedServeArgs, read};
use super::keys::{Keys, OF_NO_FILE, is_of_process, key, unknown};
use super::settings::Reader;
use crate::admin::AdminAddress;
use crate::exit::{Exit, Failure};
use crate::serve::places::share_out;
use crate::serve::service_config::ServiceConfig;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Services of a process. Each has an engine with its pool, which reserves address space, and some a thread or two. More is
/// a mistake. Test: `config::hostile::what_is_far_too_much_is_a_mistake_with_its_place`.
pub(super) const MOST_SERVICES: usize = 100;

/// The key of the services.
pub(super) const SERVICE: &str = "service";

/// The words for a file without one.
const NONE: &str = "it has no service: each begins with [[service]]";

/// The services of these arguments: those of their file, or the only one, which they describe themselves.
///
/// # Errors
/// The file can't be read, or something in it, or on the command line, makes no sense.
pub(crate) fn services(typed: &TypedServeArgs) -> Result<Vec<ServiceConfig>, Failure> {
    let mut services = described_by(typed)?;
    if typed.opens_page() {
        for service in &mut services {
            service.admin.get_or_insert_with(AdminAddress::any_port);
        }
    }
    Ok(services)
}

fn described_by(typed: &TypedServeArgs) -> Result<Vec<ServiceConfig>, Failure> {
    let config = typed.flags.iter().find(|flag| flag.name == "config");
    let Some(path) = config.and_then(Flag::value) else {
        let args = read(typed.flags.iter()).map_err(|error| Exit::Usage.because(error))?;
        let mut alone = vec![ServiceConfig::new(None, args)?];
        share_out(&mut alone)?;
        return Ok(alone);
    };
    if path == "-" {
        return Err(Exit::Usage.saying(
            "--config takes a file with a name, which SIGHUP has read again; eco config check - reads stdin",
        ));
    }
    let flags = typed
        .flags
        .iter()
        .filter(|flag| !OF_NO_FILE.contains(&&*flag.name));
    of_file(Path::new(path), &flags.cloned().collect::<Vec<_>>())
}

/// The services of a file, with these flags of the command line.
///
/// # Errors
/// As of [`services`].
pub(super) fn of_file(path: &Path, typed: &[Flag]) -> Result<Vec<ServiceConfig>, Failure> {
    let wrong = |mistake: Mistake| Exit::Usage.because(mistake);
    let document = Document::read(path).map_err(wrong)?;
    let described = described(&document, typed).map_err(wrong)?;
    if let Some(mistake) = clash(&document, &described) {
        return Err(wrong(mistake));
    }
    let mut configs: Vec<ServiceConfig> = described.into_iter().map(|it| it.config).collect();
    share_out(&mut configs)
        .map_err(|failure| wrong(document.wrong(format!("{:#}", failure.error))))?;
    Ok(configs)
}

fn described(document: &Document, typed: &[Flag]) -> Result<Vec<Described>, Mistake> {
    let keys = Keys::all();
    let mut reader = Reader::new(document, &keys);
    let parsed = DeTable::parse(&document.text);
    // A key that is there twice, say.
    let parsed = parsed.map_err(|error| match error.span() {
        Some(at) => document.mistake(&at, error.message()),
        None => document.wrong(error.message()),
    })?;
    let mut of_all = Vec::new();
    let mut services = None;
    for (name, value) in in_order(parsed.get_ref()) {
        match keys.find(name.get_ref()) {
            _ if name.get_ref() == SERVICE => services = Some(value),
            Some(flag) if is_of_process(key(flag)) => {
                of_all.extend(reader.settings(flag, value)?);
            }
            Some(flag) => {
                let what = format!(
                    "`{}` is about a service: it stands below its [[service]]",
                    key(flag)
                );
                return Err(document.mistake(&name.span(), what));
            }
            None => {
                let known = keys.of_process().map(key).chain([SERVICE]);
                let what = unknown(name.get_ref(), known);
                return Err(document.mistake(&name.span(), what));
            }
        }
    }
    let services = services.ok_or_else(|| document.wrong(NONE))?;
    let tables = tables(document, services)?;
    if let Some(flag) = typed
        .iter()
        .find(|flag| !is_of_process(&flag.name))
        .filter(|_| tables.len() > 1)
    {
        return Err(document.wrong(format!(
            "--{} is about a service, and the file has {}: say it there",
            flag.name,
            tables.len()
        )));
    }
    let described = tables
        .into_iter()
        .map(|(table, at)| service(&mut reader, table, &at, &of_all, typed));
    described.collect()
}

/// The tables of services, each with its place.
fn tables<'a, 'i>(
    document: &Document,
    services: &'a Spanned<DeValue<'i>>,
) -> Result<Vec<(&'a DeTable<'i>, Range<usize>)>, Mistake> {
    let wrong = |at: &Range<usize>| document.mistake(at, "a service begins with [[service]]");
    let all = services
        .get_ref()
        .as_array()
        .ok_or_else(|| wrong(&services.span()))?;
    if all.is_empty() {
        return Err(document.mistake(&services.span(), NONE));
    }
    if let Some(first) = all.get(MOST_SERVICES) {
        let what = format!(
            "{} services are too many: a process has {MOST_SERVICES} at the most",
            all.len()
        );
        return Err(document.mistake(&first.span(), what));
    }
    let tables = all.iter().map(|value| {
        let table = value.get_ref().as_table();
        table
            .map(|table| (table, value.span()))
            .ok_or_else(|| wrong(&value.span()))
    });
    tables.collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "total-memory = 7\n[[service]]\nname = 'a'\nlisten = ['[::1]:7', \"unix:s\"]\n\
        watch = false\n[[service]]\nname = 'b'\ncpu = '${file:x}'\ntable = 0x10\n'\u{e4}' = {}\n";

    /// A text in which some places have something else.
    fn damaged() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "",
            "\n",
            "'",
            "\"",
            "[",
            "]]",
            "{",
            "}",
            "=",
            ",",
            ".",
            "$",
            "${",
            "1",
            "\u{e4}",
            "\0",
            "[[service]]\nname = 'c'\n",
            "listen = ['127.0.0.1:1', '0.0.0.0:1']\n",
            "true",
            "tls",
        ]);
        let change = (any::<prop::sample::Index>(), 0..8_usize, pieces);
        prop::collection::vec(change, 1..4).prop_map(|changes| {
            let mut letters: Vec<char> = TEXT.chars().collect();
            for (at, removed, piece) in changes {
                let at = at.index(letters.len());
                let end = (at + removed).min(letters.len());
                letters.splice(at..end, piece.chars());
            }
            letters.into_iter().collect()
        })
    }

    proptest! {
        /// Whatever is in it, a file is read, or has a mistake at a place that is there.
        #[test]
        fn a_file_is_services_or_a_mistake_at_a_place_that_is_there(text in damaged()) {
            let read = Document::of(Path::new("eco.toml"), text.clone()).and_then(|document| {
                let services = described(&document, &[])?;
                clash(&document, &services).map_or(Ok(()), Err)
            });
            if let Err(mistake) = read {
                let told = mistake.to_string();
                let place = told.strip_prefix("eco.toml:").unwrap();
                let mut numbers = place.split(':').map(str::parse::<usize>);
                if let (Some(Ok(line)), Some(Ok(column))) = (numbers.next(), numbers.next()) {
                    // At the end, the place is that of what is missing.
                    let found = text.split('\n').nth(line - 1);
                    let letters = found.unwrap_or_default().chars().count();
                    prop_assert!(found.is_some() && column <= letters + 1, "{text}\n{told}");
                }
            }
        }
    }
}
