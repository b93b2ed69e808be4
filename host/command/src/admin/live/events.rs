//! What happens on one connection, as JSON. Whoever asks waits for it.

use super::connections::EndingFields;
use super::json::{self, milliseconds};
use super::query;
use crate::admin::figures::Figures;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use eco_admin::Answer;
use eco_capture::{Bytes, Event, Events, Kind};
use eco_plugin::Level;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;

/// An answer waits so long for the first event. A connection of the server has 30 seconds in all, and ten are left to take it.
/// Proxies, too, mostly wait for longer. Test: `admin::live::whoever_asks_for_events_waits_for_them`.
const WAIT: Duration = Duration::from_secs(20);

/// Events of a connection.
#[derive(Serialize)]
struct Answered {
    /// What to ask for next.
    next: u64,
    /// Whether no more will come.
    is_over: bool,
    events: Vec<Numbered>,
}

#[derive(Serialize)]
struct Numbered {
    n: u64,
    /// Milliseconds since the connection was opened.
    at: f64,
    #[serde(flatten)]
    what: What,
}

/// As [`Kind`].
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum What {
    Opened,
    Received(BytesFields),
    #[serde(rename = "fin-received")]
    ReceivedFin,
    Called {
        function: &'static str,
        /// Milliseconds.
        took: f64,
        event: Option<EventFields>,
        error: Option<String>,
    },
    Said {
        level: &'static str,
        line: String,
    },
    Sent(BytesFields),
    #[serde(rename = "fin-sent")]
    SentFin,
    #[serde(rename = "gap")]
    LeftOut {
        events: u64,
        received: u64,
        sent: u64,
    },
    Ended(EndingFields),
}

/// What the plugin was called for.
#[derive(Serialize)]
struct EventFields {
    kind: &'static str,
    topic: Option<String>,
}

#[derive(Serialize)]
struct BytesFields {
    /// How many there were.
    bytes: usize,
    /// The beginning of them, which is mostly all, in base64.
    data: String,
}

/// The answer to `service=NAME&id=5&from=0`. The only service of a command line has no name.
pub(super) fn answer(
    figures: Arc<Figures>,
    query: &str,
) -> impl Future<Output = Answer> + Send + use<> {
    let number = |name| query::value(query, name).and_then(|number| number.parse::<u64>().ok());
    let (id, from) = (number("id"), number("from"));
    let name = query::value(query, "service");
    async move {
        let (Some(id), Some(from)) = (id, from) else {
            return Answer::text(400, "say which: /events.json?service=NAME&id=5&from=0\n");
        };
        let Some(service) = figures.service(name.as_deref()) else {
            return Answer::text(404, "there is no such service\n");
        };
        // The service itself may go meanwhile.
        let capture = service.capture().clone();
        drop(service);
        match capture.events(id, from, WAIT).await {
            Some(events) => json::answer(&Answered::from(events)),
            None => Answer::text(
                404,
                "there is no such connection, or it ended too long ago\n",
            ),
        }
    }
}

impl From<Events> for Answered {
    fn from(events: Events) -> Self {
        Self {
            next: events.next,
            is_over: events.is_over,
            events: events.events.into_iter().map(Numbered::from).collect(),
        }
    }
}

impl From<Event> for Numbered {
    fn from(event: Event) -> Self {
        Self {
            n: event.number,
            at: milliseconds(event.at),
            what: event.kind.into(),
        }
    }
}

impl From<Kind> for What {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Opened => Self::Opened,
            Kind::Received(bytes) => Self::Received(bytes.into()),
            Kind::ReceivedFin => Self::ReceivedFin,
            Kind::Called { function, took } => Self::Called {
                function: function.name(),
                took: milliseconds(took),
                event: None,
                error: None,
            },
            Kind::Happened { event, took, error } => Self::Called {
                function: "event",
                took: milliseconds(took),
                event: Some(EventFields {
                    kind: event.name,
                    topic: event.topic,
                }),
                error,
            },
            Kind::Said { level, line } => Self::Said {
                level: name(level),
                line,
            },
            Kind::Sent(bytes) => Self::Sent(bytes.into()),
            Kind::SentFin => Self::SentFin,
            Kind::LeftOut {
                events,
                received,
                sent,
            } => Self::LeftOut {
                events,
                received,
                sent,
            },
            Kind::Ended(ending) => Self::Ended(ending.into()),
            // A kind that this page does not know is left out, too.
            _ => Self::LeftOut {
                events: 1,
                received: 0,
                sent: 0,
            },
        }
    }
}

impl From<Bytes> for BytesFields {
    fn from(bytes: Bytes) -> Self {
        Self {
            bytes: bytes.count,
            data: BASE64_STANDARD.encode(&bytes.kept),
        }
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}
