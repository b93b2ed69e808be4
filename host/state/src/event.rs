//! Events of topics, as a connection hears them: `event` of `wit/events.wit`, but for its own timer.

use std::sync::Arc;

/// A connection that is subscribed to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Unique among all connections, of this server and of others. That of a connection ends in a digit.
    pub id: Arc<str>,
    /// The name that its plugin gives it; may be empty.
    pub label: Arc<str>,
}

impl Member {
    /// Whether it is a [`Listener`](super::Listener) of a host: nobody is told that it comes and goes, or that it is there.
    /// A [`TopicsBackend`](super::TopicsBackend) keeps it as any other; [`deliver`](super::deliver) and
    /// [`Participant::subscribe`](super::Participant::subscribe) leave it out.
    pub fn is_listener(&self) -> bool {
        self.id.ends_with(LISTENER)
    }
}

/// The end of the ids of listeners. Those of connections end in a digit, whatever the name of their host, and other hosts
/// of one Redis see nothing but the id.
pub(crate) const LISTENER: char = '~';

/// A kind of event of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// Somebody has said something.
    Message,
    /// Somebody comes or goes.
    Presence,
}

/// An event of a topic. The topic has the name that was subscribed to. Clones share their texts and bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Somebody has said something.
    Message {
        /// Its topic.
        topic: Arc<str>,
        /// The speaker: without a label if it is a connection that isn't subscribed itself.
        from: Member,
        /// Its bytes.
        data: Arc<[u8]>,
    },
    /// Somebody has subscribed.
    Joined {
        /// The topic.
        topic: Arc<str>,
        /// The member.
        member: Member,
    },
    /// Somebody is subscribed no more.
    Left {
        /// The topic.
        topic: Arc<str>,
        /// The member.
        member: Member,
    },
    /// Events were left out here, as they did not fit into the mailbox.
    Missed {
        /// Their topic.
        topic: Arc<str>,
        /// How many; `None` if nobody knows.
        count: Option<u64>,
    },
}

impl Event {
    /// Its topic.
    pub fn topic(&self) -> &Arc<str> {
        match self {
            Self::Message { topic, .. }
            | Self::Joined { topic, .. }
            | Self::Left { topic, .. }
            | Self::Missed { topic, .. } => topic,
        }
    }

    /// Its kind: whoever hears messages is told of missed events.
    pub(crate) fn kind(&self) -> EventKind {
        match self {
            Self::Message { .. } | Self::Missed { .. } => EventKind::Message,
            Self::Joined { .. } | Self::Left { .. } => EventKind::Presence,
        }
    }

    /// Whether it is about the coming and going of a listener, of which nobody is told.
    pub(crate) fn is_of_listener(&self) -> bool {
        match self {
            Self::Joined { member, .. } | Self::Left { member, .. } => member.is_listener(),
            Self::Message { .. } | Self::Missed { .. } => false,
        }
    }

    /// Bytes of memory of its texts. Each counts, though others may share it: the event may be its last owner.
    pub(crate) fn texts(&self) -> usize {
        let text = |bytes: usize| TEXT + bytes;
        let of = |member: &Member| text(member.id.len()) + text(member.label.len());
        let said = match self {
            Self::Message { data, from, .. } => text(data.len()) + of(from),
            Self::Joined { member, .. } | Self::Left { member, .. } => of(member),
            Self::Missed { .. } => 0,
        };
        said + text(self.topic().len())
    }
}

/// Bytes that a text takes beside its own: the counts of references, and the allocator's.
const TEXT: usize = 32;
