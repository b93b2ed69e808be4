//! The model: a few lines that say what connections hear, and what the store has.

use std::collections::{BTreeMap, VecDeque};

/// An event that a connection hears, with the number of its connection.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    Message(usize, u64, String, Vec<u8>),
    Joined(usize, u64, String),
    Left(usize, u64, String),
}

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) connections: Vec<Connection>,
    pub(crate) numbers: u64,
    pub(crate) now: u64,
    pub(crate) store: BTreeMap<usize, (Vec<u8>, Option<u64>)>,
    /// The generation of the keys that were set together, and the time at which they expire.
    pub(crate) many: (usize, u64),
}

#[derive(Default)]
pub(crate) struct Connection {
    pub(crate) number: u64,
    /// Its labels by topic.
    pub(crate) topics: BTreeMap<usize, String>,
    /// Messages, and unsubscriptions, by topic.
    pub(crate) pending: Vec<(usize, Option<Vec<u8>>)>,
    /// Events that it is to hear.
    pub(crate) hears: VecDeque<Heard>,
}

impl Model {
    pub(crate) fn connect(&mut self) -> Connection {
        self.numbers += 1;
        Connection {
            number: self.numbers,
            ..Connection::default()
        }
    }

    pub(crate) fn tell(&mut self, topic: usize, but: u64, heard: &Heard) {
        for connection in &mut self.connections {
            if connection.topics.contains_key(&topic) && connection.number != but {
                connection.hears.push_back(heard.clone());
            }
        }
    }

    pub(crate) fn leave(&mut self, index: usize, topic: usize) {
        let number = self.connections[index].number;
        if let Some(label) = self.connections[index].topics.remove(&topic) {
            let of = |heard: &Heard| match heard {
                Heard::Message(topic, ..) | Heard::Joined(topic, ..) | Heard::Left(topic, ..) => {
                    *topic
                }
            };
            self.connections[index]
                .hears
                .retain(|heard| of(heard) != topic);
            self.tell(topic, number, &Heard::Left(topic, number, label));
        }
    }

    pub(crate) fn value(&mut self, key: usize) -> Option<Vec<u8>> {
        let now = self.now;
        let (value, _) = self
            .store
            .get(&key)
            .filter(|(_, ends)| ends.is_none_or(|ends| ends > now))?;
        Some(value.clone())
    }
}
