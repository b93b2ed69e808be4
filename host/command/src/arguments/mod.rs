//! What the arguments of several commands have in common: languages, ranges, defaults in help, and errors that help.

pub(crate) mod defaults;
pub(crate) mod hints;
pub(crate) mod language;
pub(crate) mod ranges;
pub(crate) mod secret;
