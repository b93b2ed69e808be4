//! The log on stderr.
//!
//! It owns the choice of events. [`mod@line`] makes each a line; every text of the log passes it. [`queue`] keeps lines
//! until stderr is read.

mod args;
mod line;
mod queue;
mod service;

pub(crate) use args::{LogArgs, LogFormat};
pub(crate) use service::span as service_span;

use args::LogLevel;
use eco_contract::SAID;
use line::{Form, LogLine};
pub(crate) use queue::Lost;
use queue::{Origin, Queue, Room};
use std::io::IsTerminal as _;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_core::span::Current;

/// The lines that wait while nobody reads stderr.
static QUEUE: Queue = Queue::new(Room::of(OWN), Room::of(SAYINGS));

/// Bytes of eco's own lines that wait: 100,000 lines about connections, or 10,000 of the longest. Further lines are lost
/// and counted, since a stuck log must not hold up the server.
/// Test: `queue::tests::what_there_is_no_room_for_is_counted_where_it_is_missing`.
const OWN: usize = 16 * 1024 * 1024;

/// Bytes of lines with words of plugins and peers that wait. They take no room of [`OWN`], so they cost no line of eco's.
/// Further lines are lost and counted.
/// Test: `escaping::lines_of_plugins_cost_the_log_no_line_of_eco_and_are_counted`.
const SAYINGS: usize = 2 * 1024 * 1024;

/// Starts the log. It shows eco's own events, and none of the libraries below it.
///
/// # Errors
/// The system has no thread left for writing.
pub(super) fn start(args: &LogArgs) -> std::io::Result<()> {
    let level = match args.level() {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let form = match args.log_format {
        LogFormat::Json => Form::Json,
        LogFormat::Text => {
            let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            if std::io::stderr().is_terminal() && !plain {
                Form::Coloured
            } else {
                Form::Plain
            }
        }
    };
    QUEUE.write_to(std::io::stderr(), move |lost| are_missing(form, lost))?;
    // It can't fail: `main` calls this once.
    let _ = tracing::subscriber::set_global_default(Log { level, form });
    Ok(())
}

/// The numbers of lines that were lost so far.
pub(super) fn lost() -> Lost {
    QUEUE.lost_ever()
}

/// Writes the waiting lines, if somebody reads them. It must be called before the process ends.
pub(super) fn finish() {
    QUEUE.finish();
}

/// The subscriber that puts each event of eco into the queue.
struct Log {
    level: LevelFilter,
    form: Form,
}

/// Whether the target is a crate of eco's, such as `eco` or `eco_net`. A target begins with the crate's name.
fn is_own(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or(target);
    name == "eco" || name.starts_with("eco_")
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // The spans of connections and calls say nothing that the fields of an event don't.
        is_own(metadata.target())
            && match metadata.is_span() {
                true => service::is_span(metadata),
                false => *metadata.level() <= self.level,
            }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = LogLine::new(self.form, *event.metadata().level());
        event.record(&mut line);
        if let Some(service) = service::name() {
            line.text("service", &service);
        }
        let origin = match event.metadata().target() {
            SAID => Origin::Said,
            _ => Origin::Own,
        };
        QUEUE.push(&line.finish(), origin);
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        service::new(attributes)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, span: &Id) {
        service::enter(span);
    }

    fn exit(&self, span: &Id) {
        service::exit(span);
    }

    fn current_span(&self) -> Current {
        service::current()
    }
}

/// The line in the place of lost ones. It is shown at any level, as they would have been.
fn are_missing(form: Form, lost: Lost) -> String {
    let mut line = LogLine::new(form, Level::WARN);
    line.text(
        "message",
        &"lines are missing here: they came faster than the log was read",
    );
    line.number("own", &lost.own);
    line.number("said", &lost.said);
    line.finish()
}
