//! Where state is kept, as it is typed, and what is said when it can't be had.

use super::exit::{Exit, Failure};
use clap::ValueHint;
use eco_state::{Location, OpenError};

/// Where it is when no flag says so: a password on the command line is seen by all users of a machine.
const VARIABLE: &str = "ECO_STATE";

const PLACES: &str = "Where it is kept: memory:, file:PATH (the store outlives the server), or \
    redis://[USER:PASSWORD@]HOST[:PORT][/DB] (many servers share all of it; rediss:// with TLS) \
    [default: the variable ECO_STATE, else memory:]";

/// The longest name of a namespace, in bytes. It is in every key. A longer one is usage.
/// Test: `keeping::what_can_not_be_had_is_said_with_what_to_do`.
const LONGEST_NAMESPACE: usize = 200;

/// Where state is kept, and under which name.
#[derive(Debug, clap::Args)]
pub(super) struct StateArgs {
    #[arg(long, value_name = "PLACE", value_hint = ValueHint::Other, help = PLACES)]
    state: Option<Location>,
    /// The name under which it is kept, so that two services don't meet [default: the plugin's name]
    #[arg(long, value_name = "NAME", value_parser = namespace)]
    namespace: Option<String>,
}

impl StateArgs {
    /// Where it is kept.
    pub(super) fn location(&self) -> Result<Location, Failure> {
        match (&self.state, std::env::var(VARIABLE)) {
            (Some(location), _) => Ok(location.clone()),
            (None, Ok(text)) => text
                .parse()
                .map_err(|error| Exit::Usage.saying(format!("{VARIABLE} is no place: {error}"))),
            (None, Err(_)) => Ok(Location::Memory),
        }
    }

    /// The name under which it is kept, if one was given.
    pub(super) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
}

fn namespace(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > LONGEST_NAMESPACE {
        Err(format!("it has 1 to {LONGEST_NAMESPACE} bytes"))
    } else {
        Ok(text.to_owned())
    }
}

/// The namespace of a plugin: its name, without where it lies and what it ends with.
pub(super) fn namespace_of(plugin: &str) -> String {
    let path = std::path::Path::new(plugin);
    let name = path.file_stem().unwrap_or(path.as_os_str());
    let name = name.to_string_lossy();
    let end = name.floor_char_boundary(LONGEST_NAMESPACE);
    name.get(..end).unwrap_or_default().to_owned()
}

/// State can't be had.
pub(super) fn not_there(error: OpenError) -> Failure {
    let (exit, next) = match &error {
        OpenError::InUse(_) => (
            Exit::Unavailable,
            "One server has it at a time: stop the other, or keep the state of both on a Redis (--state redis://...).",
        ),
        OpenError::File { .. } => (
            Exit::Usage,
            "It must be a file that eco has made, or a new one in a folder that can be written to.",
        ),
        OpenError::Url(_) => (
            Exit::Usage,
            "It is like redis://127.0.0.1:6379, or rediss://user:password@host:6380/0.",
        ),
        OpenError::Unreachable { .. } => (
            Exit::Unavailable,
            "Is a Redis running there, 6.0 or newer, and are user and password right? `redis-cli -u URL ping` asks it.",
        ),
    };
    exit.saying(format!("{error}\n{next}"))
}
