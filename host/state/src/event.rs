//! Events of topics, as a connection hears them: `event` of `wit/events.wit`, but for its own timer.

use std::sync::Arc;

/// A connection that is subscribed to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Unique among all connections, of this server and of others.
    pub id: Arc<str>,
    /// The name that its plugin gives it; may be empty.
    pub label: Arc<str>,
}

/// An event of a topic. The topic has the name that was subscribed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody has said something.
    Message {
        /// Its topic.
        topic: Arc<str>,
        /// The speaker: without a label if that connection isn't subscribed itself.
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
