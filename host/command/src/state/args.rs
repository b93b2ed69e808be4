//! The arguments that say where state is kept, and the messages about it.

use crate::exit::{Exit, Failure};
use clap::ValueHint;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap_lex::OsStrExt as _;
use eco_state::{Location, LocationError, Namespaces, OpenError, SharedState};
use eco_text::escape::{OsText, one_line};
use std::ffi::{OsStr, OsString};
use std::fmt;

/// The variable that stands in for `--state`. All users of a machine can read a password on a command line.
const VARIABLE: &str = "ECO_STATE";

const PLACES: &str = "Where it is kept: memory:, file:PATH or file:///PATH (the store outlives the server), or \
    redis://[USER:PASSWORD@]HOST[:PORT][/DB] (many servers share all of it; rediss:// with TLS) \
    [default: the variable ECO_STATE, else memory:]";

/// The longest name of a namespace, in bytes. It is a part of every key. A longer one is refused as usage.
/// Test: `state::file::commands::a_store_that_can_not_be_had_is_reported_with_the_next_step`.
const LONGEST_NAMESPACE: usize = 200;

/// A namespace stands in braces in the keys of Redis. With a brace in it, one namespace's topic could be another's store.
const BRACES: [char; 2] = ['{', '}'];

/// The arguments for the place and the namespace.
#[derive(Debug, clap::Args)]
pub(crate) struct StateArgs {
    #[arg(long, value_name = "PLACE", value_hint = ValueHint::Other, value_parser = OsStringValueParser::new().map(TypedPlace), help = PLACES)]
    state: Option<TypedPlace>,
    /// The name under which it is kept, so that two services don't meet [default: the plugin's name]
    #[arg(long, value_name = "NAME", value_parser = namespace)]
    namespace: Option<String>,
}

/// A place as it was typed. It may have a password, so neither `Debug` nor clap's errors show it: clap does not parse it.
#[derive(Clone)]
struct TypedPlace(OsString);

impl fmt::Debug for TypedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedPlace")
    }
}

impl StateArgs {
    /// The place, from the flag or the variable.
    pub(crate) fn location(&self) -> Result<Location, Failure> {
        let typed = self.state.clone().map(|TypedPlace(text)| ("--state", text));
        let set = || std::env::var_os(VARIABLE).map(|text| (VARIABLE, text));
        let Some((name, text)) = typed.or_else(set) else {
            return Ok(Location::Memory);
        };
        location(text).map_err(|error| Exit::Usage.saying(format!("{name} is no place: {error}")))
    }

    /// The namespace, if one was given.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
}

/// Parses a place. A file's path need not be UTF-8.
fn location(text: OsString) -> Result<Location, String> {
    match (text.to_str(), text.strip_prefix("file:")) {
        (Some(text), _) => text
            .parse()
            .map_err(|error: LocationError| error.to_string()),
        (None, Some(path)) if !path.starts_with("//") => Ok(Location::File(path.into())),
        (None, _) => Err("only the PATH of file:PATH may be anything but UTF-8 text".to_owned()),
    }
}

fn namespace(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > LONGEST_NAMESPACE {
        Err(format!("it has 1 to {LONGEST_NAMESPACE} bytes"))
    } else if text.contains(BRACES) {
        Err("it has no { and no }, which end it on a Redis".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// The namespace of a plugin: its file's name without folder and extension, with `_` for braces.
pub(crate) fn namespace_of(plugin: &OsStr) -> String {
    let path = std::path::Path::new(plugin);
    let name = path.file_stem().unwrap_or(path.as_os_str());
    let name = OsText(name).to_string().replace(BRACES, "_");
    let end = name.floor_char_boundary(LONGEST_NAMESPACE);
    name.get(..end).unwrap_or_default().to_owned()
}

/// Other namespaces that a warning names. `eco state list` has all of them.
/// Test: `state::file::store::a_renamed_plugin_is_told_of_what_was_kept_under_its_old_name`.
const NAMED: usize = 8;

/// Logs the namespace, where the store outlives the server. Warns of others where this one is empty, since the plugin may
/// have been renamed.
pub(crate) async fn tell_namespace(state: &SharedState, location: &Location, namespace: &str) {
    match location {
        Location::Memory => return,
        Location::File(_) => match state.namespaces().await {
            Ok(there) => warn_of_others(&there, location, namespace),
            Err(problem) => tracing::warn!("{problem}"),
        },
        // Many services share a Redis, so other namespaces are usual.
        _ => {}
    }
    tracing::info!(namespace, "the store is kept in {location}");
}

fn warn_of_others(there: &Namespaces, location: &Location, namespace: &str) {
    let names = &there.names;
    if names.is_empty() || names.iter().any(|name| name == namespace) {
        return;
    }
    let some = names
        .iter()
        .take(NAMED)
        .map(|name| format!("`{}`", one_line(name)));
    let some = some.collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    tracing::warn!(
        "nothing is kept under the name `{}` in {location}, but under {some}{more}: was the plugin renamed? --namespace NAME goes on with what is there",
        one_line(namespace)
    );
}

/// The failure when the store or the topics can't be opened.
pub(crate) fn not_there(error: OpenError) -> Failure {
    let (exit, next) = match &error {
        OpenError::InUse(_) => (
            Exit::Unavailable,
            "One server has it at a time: stop the other, or keep the state of both on a Redis (--state redis://...).",
        ),
        OpenError::File { .. } => (
            Exit::Usage,
            "It must be a file that eco has made, or a new one in a folder that can be written to.",
        ),
        OpenError::System { .. } => (
            Exit::Internal,
            "The system refused it: is the disk full, or is there a limit (ulimit -f, ulimit -n)?",
        ),
        OpenError::Url(_) => (
            Exit::Usage,
            "It is like redis://127.0.0.1:6379, or rediss://user:password@host:6380/0.",
        ),
        OpenError::Unreachable { .. } => (
            Exit::Unavailable,
            "Is a Redis running there, 6.0 or newer, and are user and password right? `redis-cli -u URL ping` asks it.",
        ),
        OpenError::NotBuiltIn { .. } => (
            Exit::Usage,
            "Keep the state elsewhere, memory: is always there, or take an eco that is built with it.",
        ),
        _ => (
            Exit::Unavailable,
            "Keep the state elsewhere: memory: is always there.",
        ),
    };
    exit.saying(format!("{error}\n{next}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_namespace_has_a_brace() {
        for wrong in ["{", "}", "a}:topic:b", "{}", ""] {
            assert!(namespace(wrong).is_err(), "{wrong}");
        }
        assert_eq!(namespace("a b").as_deref(), Ok("a b"));
        assert_eq!(
            namespace_of(OsStr::new("rooms/a}:topic:b{.js")),
            "a_:topic:b_"
        );
        assert_eq!(namespace_of(OsStr::new("chat.js")), "chat");
    }
}
