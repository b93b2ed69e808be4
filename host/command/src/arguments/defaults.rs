//! The libraries' defaults, as help shows them.

use bytesize::ByteSize;
use eco_net::Limits;
use eco_plugin::{Budget, Budgets};
use eco_state::Limit;
use std::time::Duration;

/// Help for a budget, with its default for servers, and for clients where that differs.
pub(crate) fn budget(what: &str, budget: Budget) -> String {
    let value = |budgets: Budgets| short(&budgets.value(budget));
    let (server, client) = (value(Budgets::server(0)), value(Budgets::client(0)));
    if server == client {
        format!("{what} [default: {server}]")
    } else {
        format!("{what} [default: {server}, send, load: {client}]")
    }
}

/// Help for a limit of the server that is a size.
pub(crate) fn size(what: &str, limit: fn(&Limits) -> usize) -> String {
    let bytes = ByteSize(limit(&Limits::default()) as u64);
    format!("{what} [default: {}]", short(&bytes.to_string()))
}

/// Help for a limit of the server that is a time.
pub(crate) fn time(what: &str, limit: fn(&Limits) -> Option<Duration>) -> String {
    let time = limit(&Limits::default()).map_or_else(
        || "never".to_owned(),
        |time| humantime::format_duration(time).to_string(),
    );
    format!("{what} [default: {time}]")
}

/// Help for a limit of what connections share.
pub(crate) fn limit(what: &str, limit: Limit) -> String {
    let value = limit.value(&eco_state::Limits::default());
    format!("{what} [default: {}]", short(&value))
}

/// A value in the form that can be typed: `64KiB`, `100000`.
pub(crate) fn short(value: &str) -> String {
    value.replace(".0 ", "").replace(" elements", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_help_shows_can_be_typed() {
        let help = budget("Memory", Budget::Memory);
        assert_eq!(help, "Memory [default: 64MiB, send, load: 1GiB]");
        assert_eq!(budget("Table", Budget::Table), "Table [default: 100000]");
        assert_eq!(size("", |limits| limits.chunk_size), " [default: 64KiB]");
        assert_eq!(time("", |limits| limits.idle_timeout), " [default: 10m]");
    }
}
