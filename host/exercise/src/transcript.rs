//! The transcript of a run, for the student to read.
//!
//! It owns how much of it is kept.

use eco_text::escape::Escaped;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// Events that are kept: the last ones, which lead to the failure. Single bytes make many.
/// Test: `judging::feedback::a_long_dialogue_shows_its_end`.
const EVENTS: usize = 24;

/// The last events of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Transcript {
    events: VecDeque<Event>,
    /// The exercise's names for its connections, if it has some.
    #[serde(with = "texts")]
    names: Vec<Arc<str>>,
    /// The number of events before these.
    pub omitted: usize,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Counted from 1.
    pub connection: usize,
    /// Its side.
    pub by: Side,
    /// The event in words: quoted bytes, escaped, or words in parentheses.
    pub what: String,
}

/// One side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The tester.
    Client,
    /// The plugin.
    Plugin,
}

impl Side {
    /// The direction of its bytes, from the plugin's point of view.
    pub fn arrow(self) -> &'static str {
        match self {
            Self::Client => "-->",
            Self::Plugin => "<--",
        }
    }
}

impl Transcript {
    /// An empty one, for connections with these names.
    pub(super) fn of(names: Vec<Arc<str>>) -> Self {
        Self {
            names,
            ..Self::default()
        }
    }

    /// The name of a connection, or its number, which counts from 1.
    pub fn label(&self, connection: usize) -> String {
        let name = self.names.get(connection.wrapping_sub(1));
        name.map_or_else(|| connection.to_string(), |name| name.to_string())
    }

    pub(super) fn bytes(&mut self, connection: usize, by: Side, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.add(connection, by, Escaped(bytes).to_string());
        }
    }

    /// Adds an event without bytes.
    pub(super) fn note(&mut self, connection: usize, by: Side, what: &str) {
        self.add(connection, by, format!("({what})"));
    }

    fn add(&mut self, connection: usize, by: Side, what: String) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
            self.omitted += 1;
        }
        self.events.push_back(Event {
            connection: connection + 1,
            by,
            what,
        });
    }

    /// Approximate bytes of its events.
    pub(super) fn size(&self) -> usize {
        let events = self.events.iter();
        events
            .map(|event| size_of::<Event>() + event.what.len())
            .sum()
    }

    /// Omits all its events, and counts them.
    pub(super) fn forget(&mut self) {
        self.omitted += self.events.len();
        self.events = VecDeque::new();
    }

    /// The events, in order.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }

    /// Whether more than one connection appears.
    pub fn has_several_connections(&self) -> bool {
        self.events.iter().any(|event| event.connection > 1)
    }
}

/// Shared texts, serialized as plain ones.
mod texts {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use std::sync::Arc;

    pub(super) fn serialize<S: Serializer>(texts: &[Arc<str>], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(texts.iter().map(|text| &**text))
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Vec<Arc<str>>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        Ok(texts.into_iter().map(Arc::from).collect())
    }
}
