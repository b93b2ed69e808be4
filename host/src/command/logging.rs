//! The log on stderr.

use super::args::{LogArgs, LogFormat};
use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

/// Lines that wait while nobody reads stderr. When there are more the next ones are lost: a log
/// that is stuck must not hold up the server.
/// Test: `logs::a_log_that_nobody_reads_holds_up_nobody`.
const WAITING: usize = 10_000;

/// What writes the waiting lines when it is dropped.
static WRITER: Mutex<Option<WorkerGuard>> = Mutex::new(None);

/// Starts it. Only eco's own events are shown, not those of the libraries below it.
pub(super) fn start(args: &LogArgs) {
    let level = match (args.quiet, args.verbose) {
        (true, _) => LevelFilter::ERROR,
        (_, true) => LevelFilter::DEBUG,
        _ => LevelFilter::INFO,
    };
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING)
        .finish(std::io::stderr());
    *WRITER.lock().unwrap_or_else(PoisonError::into_inner) = Some(guard);
    let layer = fmt::layer().with_writer(writer).with_target(false);
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

/// Writes what is waiting, as far as somebody reads it. To be called before the process ends.
pub(super) fn finish() {
    drop(WRITER.lock().unwrap_or_else(PoisonError::into_inner).take());
}
