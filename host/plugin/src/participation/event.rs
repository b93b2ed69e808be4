//! Events that a plugin is called for: the types of `wit/events.wit`, which it exports, and what those who observe an engine are
//! told of them.

use eco_state::Event;
use std::sync::Arc;
use wasmtime::component::{ComponentType, Lower};

/// `member` of `wit/topics.wit`.
#[derive(Clone, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Member {
    id: Arc<str>,
    label: Arc<str>,
}

impl From<&eco_state::Member> for Member {
    fn from(member: &eco_state::Member) -> Self {
        Self {
            id: member.id.clone(),
            label: member.label.clone(),
        }
    }
}

/// `message` of `wit/events.wit`.
#[derive(Clone, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Message {
    topic: Arc<str>,
    from: Member,
    data: Arc<[u8]>,
}

/// `presence` of `wit/events.wit`.
#[derive(Clone, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Presence {
    topic: Arc<str>,
    member: Member,
}

/// `missed` of `wit/events.wit`.
#[derive(Clone, ComponentType, Lower)]
#[component(record)]
pub(crate) struct Missed {
    topic: Arc<str>,
    count: Option<u64>,
}

/// `happening` of `wit/events.wit`. Clones share their texts and bytes.
#[derive(Clone, ComponentType, Lower)]
#[component(variant)]
pub(crate) enum Happening {
    #[component(name = "message")]
    Message(Message),
    #[component(name = "joined")]
    Joined(Presence),
    #[component(name = "left")]
    Left(Presence),
    #[component(name = "missed")]
    Missed(Missed),
    #[component(name = "timer")]
    Timer,
}

/// What a plugin's `event` was called for: the kinds of `happening` in `wit/events.wit`. Kinds and fields may come to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CalledFor<'a> {
    /// The plugin's timer was due. For a program: what it waits for beside its input has come, which is mostly a time.
    Timer,
    /// Somebody said something.
    #[non_exhaustive]
    Message {
        /// The topic. Plugins choose its name, perhaps by what peers say.
        topic: &'a str,
    },
    /// Somebody has subscribed.
    #[non_exhaustive]
    Joined {
        /// As in [`Message`](Self::Message).
        topic: &'a str,
    },
    /// Somebody is subscribed no more.
    #[non_exhaustive]
    Left {
        /// As in [`Message`](Self::Message).
        topic: &'a str,
    },
    /// Events did not fit into the connection's mailbox.
    #[non_exhaustive]
    Missed {
        /// As in [`Message`](Self::Message).
        topic: &'a str,
    },
}

impl Happening {
    /// What an observer is told of it.
    pub(crate) fn called_for(&self) -> CalledFor<'_> {
        match self {
            Self::Message(Message { topic, .. }) => CalledFor::Message { topic },
            Self::Joined(Presence { topic, .. }) => CalledFor::Joined { topic },
            Self::Left(Presence { topic, .. }) => CalledFor::Left { topic },
            Self::Missed(Missed { topic, .. }) => CalledFor::Missed { topic },
            Self::Timer => CalledFor::Timer,
        }
    }
}

impl From<&Event> for Happening {
    fn from(event: &Event) -> Self {
        match event {
            Event::Message { topic, from, data } => Self::Message(Message {
                topic: topic.clone(),
                from: from.into(),
                data: data.clone(),
            }),
            Event::Joined { topic, member } => Self::Joined(Presence {
                topic: topic.clone(),
                member: member.into(),
            }),
            Event::Left { topic, member } => Self::Left(Presence {
                topic: topic.clone(),
                member: member.into(),
            }),
            Event::Missed { topic, count } => Self::Missed(Missed {
                topic: topic.clone(),
                count: *count,
            }),
            // Plugins have no type for others.
            other => Self::Missed(Missed {
                topic: other.topic().clone(),
                count: None,
            }),
        }
    }
}
