//! The log on stderr.

use super::args::{LogArgs, LogFormat};
use std::io::IsTerminal as _;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// Starts it. Only eco's own events are shown, not those of the libraries below it.
pub(super) fn start(args: &LogArgs) {
    let level = match (args.quiet, args.verbose) {
        (true, _) => LevelFilter::ERROR,
        (_, true) => LevelFilter::DEBUG,
        _ => LevelFilter::INFO,
    };
    let layer = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let layer = match args.log_format {
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
        LogFormat::Text => {
            let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            layer
                .with_ansi(std::io::stderr().is_terminal() && !plain)
                .boxed()
        }
    };
    let eco = Targets::new().with_target("eco_host", level);
    tracing_subscriber::registry()
        .with(layer.with_filter(eco))
        .init();
}
