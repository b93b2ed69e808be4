//! The common parts of commands' arguments: budgets, limits, languages, programs, ranges, TLS, and hints in errors.

pub(crate) mod budgets;
pub(crate) mod flag_table;
pub(crate) mod hints;
pub(crate) mod language;
pub(crate) mod limits;
pub(crate) mod program;
pub(crate) mod proxy_protocol;
pub(crate) mod ranges;
pub(crate) mod secret;
pub(crate) mod server;
pub(crate) mod tls;
