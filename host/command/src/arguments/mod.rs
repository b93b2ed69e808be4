//! Arguments that several commands have, as they are typed.

pub(crate) mod defaults;
pub(crate) mod hints;
pub(crate) mod language;
pub(crate) mod ranges;
pub(crate) mod secret;
