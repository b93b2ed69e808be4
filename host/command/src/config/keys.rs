//! The keys of a service: the flags of `eco serve` that are about one.

use crate::arguments::hints;
use crate::serve::ServeArgs;
use clap::{Arg, ArgAction, Args as _, Command};
use eco_limits::Limit as _;
use eco_plugin::Budget;

/// The key that names a service, which is no flag.
pub(super) const NAME: &str = "name";

/// Flags that no file has: the file itself, what a person wants to see now, and help.
pub(super) const OF_NO_FILE: [&str; 3] = ["config", "open", "help"];

/// Letters that may differ between a key and the one that was meant.
const SLIPS: usize = 3;

/// The flags of `eco serve`, as far as a file may have them.
pub(super) struct Keys(Vec<Arg>);

impl Keys {
    /// All of them.
    pub(super) fn all() -> Self {
        let mut command = ServeArgs::augment_args(Command::new("eco"));
        command.build();
        let flags = command.get_arguments().filter(|flag| {
            let name = flag.get_long();
            name.is_some_and(|name| !OF_NO_FILE.contains(&name))
        });
        Self(flags.cloned().collect())
    }

    /// Those of a service, in the order of help.
    pub(super) fn of_service(&self) -> impl Iterator<Item = &Arg> {
        self.0.iter().filter(|flag| !is_of_process(key(flag)))
    }

    /// Those of the process, which stand above all services.
    pub(super) fn of_process(&self) -> impl Iterator<Item = &Arg> {
        self.0.iter().filter(|flag| is_of_process(key(flag)))
    }

    /// The key of this name, of a service or of the process.
    pub(super) fn find(&self, name: &str) -> Option<&Arg> {
        self.0.iter().find(|flag| key(flag) == name)
    }
}

/// Whether all services have this flag together.
pub(super) fn is_of_process(key: &str) -> bool {
    key == "admin" || key == Budget::TotalMemory.row().code
}

/// The key of a flag: its name, without the dashes.
pub(super) fn key(flag: &Arg) -> &str {
    flag.get_long().unwrap_or_default()
}

/// Whether a key is there or not, and has no value.
pub(super) fn is_switch(flag: &Arg) -> bool {
    matches!(flag.get_action(), ArgAction::SetTrue)
}

/// Whether a flag may be given several times.
pub(super) fn is_list(flag: &Arg) -> bool {
    matches!(flag.get_action(), ArgAction::Append)
}

/// Whether one value of a flag has several parts, with commas between: `CERT,KEY`.
pub(super) fn has_parts(flag: &Arg) -> bool {
    let names = flag.get_value_names().unwrap_or_default();
    names.iter().any(|name| name.contains(','))
}

/// The words for a key that is none of these: with the one that was meant, if one is near.
pub(super) fn unknown<'a>(typed: &str, keys: impl Iterator<Item = &'a str>) -> String {
    let meant = if hints::is_address(typed) {
        Some("listen")
    } else {
        let near = keys.map(|key| (strsim::osa_distance(typed, key), key));
        let near = near.filter(|(distance, key)| *distance <= SLIPS.min(key.len() / 2));
        near.min().map(|(_, key)| key)
    };
    match meant {
        Some(key) => format!("there is no key `{typed}`: did you mean `{key}`?"),
        None => format!(
            "there is no key `{typed}`: keys are the flags of `eco serve`, without the dashes"
        ),
    }
}
