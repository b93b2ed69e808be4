//! The common parts of commands' arguments: languages, ranges, defaults in help, and hints in errors.

pub(crate) mod defaults;
pub(crate) mod hints;
pub(crate) mod language;
pub(crate) mod ranges;
pub(crate) mod secret;
