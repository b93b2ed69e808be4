//! What happens on a connection, as it is kept.

use eco_net::{EndReason, Limit, SessionCall};
use eco_plugin::{CalledFor, Level};
use eco_text::escape::Escaped;
use std::sync::Arc;
use std::time::Duration;

/// An event of a connection.
#[derive(Clone, Debug)]
pub struct Event {
    /// Counts the events that are kept of this connection, from 0.
    pub number: u64,
    /// The time since it was opened.
    pub at: Duration,
    /// What happened.
    pub kind: Kind,
}

/// What happened on a connection. Texts are one line each, and escaped, as in the log. Kinds may come to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// It has a session.
    Opened,
    /// A chunk came.
    Received(Bytes),
    /// The peer has finished sending.
    ReceivedFin,
    /// The plugin has answered.
    Called {
        /// What it was called with.
        function: SessionCall,
        /// Time by the clock, with all that the call waited for.
        took: Duration,
    },
    /// The plugin was called for an event beside the connection.
    Happened {
        /// Which event.
        event: PluginEvent,
        /// Time by the clock, with all that the call waited for.
        took: Duration,
        /// Its failure.
        error: Option<String>,
    },
    /// The plugin said a line, in quotes.
    Said {
        /// How much it matters.
        level: Level,
        /// The line.
        line: String,
    },
    /// A reply was written.
    Sent(Bytes),
    /// FIN is sent.
    SentFin,
    /// Events that are not kept, since nobody took those before them in time, or there was no memory.
    LeftOut {
        /// How many.
        events: u64,
        /// Bytes from the peer in them.
        received: u64,
        /// Bytes to the peer in them.
        sent: u64,
    },
    /// It has ended. It is the last.
    Ended(Ending),
}

/// The end of a connection.
#[derive(Clone, Debug)]
pub struct Ending {
    /// Why it ended.
    pub reason: EndReason,
    /// The budget that its plugin has broken, if that was the end.
    pub budget: Option<&'static str>,
    /// The limit of the server that was reached, if that was the end.
    pub limit: Option<Limit>,
    /// What went wrong: one line, escaped.
    pub error: Option<String>,
}

/// An event that a plugin is called for: `happening` of `wit/events.wit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginEvent {
    /// Its name there: `timer`, say.
    pub name: &'static str,
    /// The topic, if it is about one.
    pub topic: Option<String>,
}

impl From<CalledFor<'_>> for PluginEvent {
    fn from(event: CalledFor<'_>) -> Self {
        let (name, topic) = match event {
            CalledFor::Timer => ("timer", None),
            CalledFor::Message { topic, .. } => ("message", Some(topic)),
            CalledFor::Joined { topic, .. } => ("joined", Some(topic)),
            CalledFor::Left { topic, .. } => ("left", Some(topic)),
            CalledFor::Missed { topic, .. } => ("missed", Some(topic)),
            _ => ("event", None),
        };
        let topic = topic.map(|topic| Escaped(topic.as_bytes()).to_string());
        Self { name, topic }
    }
}

/// Bytes of a chunk or a reply.
#[derive(Clone, Debug)]
pub struct Bytes {
    /// How many there were.
    pub count: usize,
    /// Their beginning; all of them, mostly.
    pub kept: Arc<[u8]>,
}

impl Bytes {
    /// Keeps so many of these at most.
    pub(crate) fn first(bytes: &[u8], most: usize) -> Self {
        Self {
            count: bytes.len(),
            kept: bytes.get(..most).unwrap_or(bytes).into(),
        }
    }
}

impl Kind {
    /// Bytes of memory that it takes beside itself.
    pub(crate) fn memory(&self) -> usize {
        match self {
            Self::Received(bytes) | Self::Sent(bytes) => bytes.kept.len(),
            Self::Said { line, .. } => line.len(),
            Self::Happened { event, error, .. } => length(&event.topic) + length(error),
            Self::Ended(Ending { error, .. }) => length(error),
            Self::Opened
            | Self::ReceivedFin
            | Self::Called { .. }
            | Self::SentFin
            | Self::LeftOut { .. } => 0,
        }
    }
}

fn length(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, String::len)
}
