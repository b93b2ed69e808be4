//! What connections may share: each limit, its default, and its name.

use std::fmt;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// What plugins may keep and say. What breaks a limit is refused, and nothing is thrown away for it; the
/// plugin decides what becomes of its connection.
///
/// Test: `state::topics::limits::each_limit_of_topics_is_an_error_with_a_code_and_named_in_the_log`,
/// `state::topics::messages::a_peer_that_does_not_read_holds_up_nobody_and_is_told_what_it_missed`,
/// `state::topics::limits::messages_that_wait_for_all_together_have_a_limit`,
/// `state::store::each_limit_of_the_store_is_an_error_with_a_code_and_named_in_the_log`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Topics that one connection is subscribed to. A chat needs one or two.
    pub topics: usize,
    /// Members of all topics together, on all hosts, each counted once for each topic.
    pub members: usize,
    /// Bytes of a topic's name.
    pub topic: usize,
    /// Bytes of a label.
    pub label: usize,
    /// Bytes of one message. As many as a chunk has.
    pub message: usize,
    /// Bytes of a key.
    pub key: usize,
    /// Bytes of a value. As many as a reply has.
    pub value: usize,
    /// Events that wait for one connection. More are counted, and told by `missed`.
    pub mailbox_events: usize,
    /// Bytes of them. More are counted, and told by `missed`.
    pub mailbox: usize,
    /// Bytes of all events that wait: each once, however many wait for it, and its place in each of their queues.
    pub waiting: usize,
    /// Bytes of the whole store, with its keys and what the host needs for each.
    pub store: usize,
    /// Keys of the whole store.
    pub keys: usize,
    /// Messages and subscriptions of one connection in a second; as many may come at once.
    pub messages_per_second: usize,
    /// Bytes that one connection publishes in a second; as many may come at once.
    pub bytes_per_second: usize,
    /// Events that one connection has others told of in a second: each message and each subscription, as often as
    /// there are members who hear it. As many may come at once, and one that more hear may come when none came before.
    pub deliveries_per_second: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            topics: 64,
            members: 1_000_000,
            topic: 256,
            label: 256,
            message: 64 * KIB,
            key: KIB,
            value: MIB,
            mailbox_events: 1024,
            mailbox: MIB,
            waiting: 64 * MIB,
            store: 64 * MIB,
            keys: 100_000,
            messages_per_second: 1000,
            bytes_per_second: 4 * MIB,
            deliveries_per_second: 100_000,
        }
    }
}

/// One of the [`Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// `Limits::topics`.
    Topics,
    /// `Limits::members`.
    Members,
    /// `Limits::topic`.
    Topic,
    /// `Limits::label`.
    Label,
    /// `Limits::message`.
    Message,
    /// `Limits::key`.
    Key,
    /// `Limits::value`.
    Value,
    /// `Limits::mailbox_events`.
    MailboxEvents,
    /// `Limits::mailbox`.
    Mailbox,
    /// `Limits::waiting`.
    Waiting,
    /// `Limits::store`.
    Store,
    /// `Limits::keys`.
    Keys,
    /// `Limits::messages_per_second`.
    MessagesPerSecond,
    /// `Limits::bytes_per_second`.
    BytesPerSecond,
    /// `Limits::deliveries_per_second`.
    DeliveriesPerSecond,
}

impl Limit {
    /// All, in the order of the table in `host/README.md`.
    pub const ALL: [Self; 15] = [
        Self::Topics,
        Self::Members,
        Self::Topic,
        Self::Label,
        Self::Message,
        Self::Key,
        Self::Value,
        Self::MailboxEvents,
        Self::Mailbox,
        Self::Waiting,
        Self::Store,
        Self::Keys,
        Self::MessagesPerSecond,
        Self::BytesPerSecond,
        Self::DeliveriesPerSecond,
    ];

    /// The limit in a word, stable: logs and tests use it, and the flag has its name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Topics => "topics",
            Self::Members => "members",
            Self::Topic => "topic-size",
            Self::Label => "label-size",
            Self::Message => "message-size",
            Self::Key => "key-size",
            Self::Value => "value-size",
            Self::MailboxEvents => "mailbox-events",
            Self::Mailbox => "mailbox-size",
            Self::Waiting => "waiting-size",
            Self::Store => "store-size",
            Self::Keys => "store-keys",
            Self::MessagesPerSecond => "publish-rate",
            Self::BytesPerSecond => "publish-size",
            Self::DeliveriesPerSecond => "delivery-rate",
        }
    }

    /// Its value: bytes, or how many.
    pub fn of(self, limits: &Limits) -> usize {
        match self {
            Self::Topics => limits.topics,
            Self::Members => limits.members,
            Self::Topic => limits.topic,
            Self::Label => limits.label,
            Self::Message => limits.message,
            Self::Key => limits.key,
            Self::Value => limits.value,
            Self::MailboxEvents => limits.mailbox_events,
            Self::Mailbox => limits.mailbox,
            Self::Waiting => limits.waiting,
            Self::Store => limits.store,
            Self::Keys => limits.keys,
            Self::MessagesPerSecond => limits.messages_per_second,
            Self::BytesPerSecond => limits.bytes_per_second,
            Self::DeliveriesPerSecond => limits.deliveries_per_second,
        }
    }

    /// Its value, for a person.
    pub fn value(self, limits: &Limits) -> String {
        let value = self.of(limits);
        match self {
            Self::Topics
            | Self::Members
            | Self::MailboxEvents
            | Self::Keys
            | Self::MessagesPerSecond
            | Self::DeliveriesPerSecond => value.to_string(),
            Self::Topic
            | Self::Label
            | Self::Message
            | Self::Key
            | Self::Value
            | Self::Mailbox
            | Self::Waiting
            | Self::Store
            | Self::BytesPerSecond => bytesize::ByteSize(value as u64).to_string(),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Topics => "topics of one connection",
            Self::Members => "members of all topics together",
            Self::Topic => "size of a topic's name",
            Self::Label => "size of a label",
            Self::Message => "size of a message",
            Self::Key => "size of a key",
            Self::Value => "size of a value",
            Self::MailboxEvents => "events that wait for one connection",
            Self::Mailbox => "size of the events that wait for one connection",
            Self::Waiting => "size of all events that wait",
            Self::Store => "size of the store",
            Self::Keys => "keys of the store",
            Self::MessagesPerSecond => "messages of one connection in a second",
            Self::BytesPerSecond => "bytes published by one connection in a second",
            Self::DeliveriesPerSecond => "events that one connection causes others in a second",
        })
    }
}
