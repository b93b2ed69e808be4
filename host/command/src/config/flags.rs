//! Flags of `eco serve` as they were typed, or as a file has them: to be read as arguments, alone or together.

use crate::serve::ServeArgs;
use clap::error::{Error, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use std::ffi::{OsStr, OsString};
use std::fmt;

/// A flag with its value.
#[derive(Clone)]
pub(crate) struct Flag {
    /// Its name, without the dashes.
    pub(super) name: String,
    /// `None`: it takes none.
    value: Option<OsString>,
}

impl Flag {
    /// One with a value.
    pub(super) fn with(name: &str, value: OsString) -> Self {
        let name = name.to_owned();
        let value = Some(value);
        Self { name, value }
    }

    /// One without.
    pub(super) fn switch(name: &str) -> Self {
        let name = name.to_owned();
        Self { name, value: None }
    }

    /// Its value, as it was typed.
    pub(super) fn value(&self) -> Option<&OsStr> {
        self.value.as_deref()
    }

    fn typed(&self) -> OsString {
        let mut typed = OsString::from(format!("--{}", self.name));
        if let Some(value) = &self.value {
            typed.push("=");
            typed.push(value);
        }
        typed
    }
}

/// The value may be a password.
impl fmt::Debug for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--{}", self.name)
    }
}

/// The arguments of these flags.
///
/// # Errors
/// One of them has a wrong value, or they make no sense together.
pub(super) fn read<'a>(flags: impl Iterator<Item = &'a Flag>) -> Result<ServeArgs, Error> {
    let command = ServeArgs::augment_args(Command::new("eco").no_binary_name(true));
    let matches = command.try_get_matches_from(flags.map(Flag::typed))?;
    ServeArgs::from_arg_matches(&matches)
}

/// The words of an error about flags, in one line.
pub(super) fn words(error: &Error) -> String {
    if let (ErrorKind::ValueValidation, Some(why)) =
        (error.kind(), std::error::Error::source(error))
    {
        return why.to_string();
    }
    let text = error.to_string();
    let first = text.lines().take_while(|line| !line.is_empty());
    let first: Vec<&str> = first.map(str::trim).collect();
    let first = first.join(" ");
    first.strip_prefix("error: ").unwrap_or(&first).to_owned()
}

/// The arguments of `eco serve` that somebody typed.
#[derive(Clone, Debug)]
pub(crate) struct TypedServeArgs {
    /// All of them, each as a flag.
    pub(super) flags: Vec<Flag>,
}

impl TypedServeArgs {
    /// Whether the page that shows the connections is to be opened.
    pub(crate) fn opens_page(&self) -> bool {
        self.flags.iter().any(|flag| flag.name == "open")
    }
}

impl FromArgMatches for TypedServeArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        // That they can be read is known from here on.
        ServeArgs::from_arg_matches(matches)?;
        let command = ServeArgs::augment_args(Command::new("eco"));
        let mut flags = Vec::new();
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            if matches.value_source(id) != Some(ValueSource::CommandLine) {
                continue;
            }
            // The plugin may be named without the flag, and what stands after `--` are arguments of a program.
            let name = argument.get_long().unwrap_or(match argument.is_last_set() {
                true => "arguments",
                false => "plugin",
            });
            if argument.get_action().takes_values() {
                let values = matches.get_raw(id).into_iter().flatten();
                flags.extend(values.map(|value| Flag::with(name, value.to_owned())));
            } else {
                flags.push(Flag::switch(name));
            }
        }
        Ok(Self { flags })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for TypedServeArgs {
    fn augment_args(command: Command) -> Command {
        ServeArgs::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
