//! What connections may share. A limit is one row of the table here, and is counted elsewhere.

use eco_limits::Limit as _;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

eco_limits::limits! {
    /// What plugins may keep and say. What breaks a limit is refused, and nothing is thrown away for it; the
    /// plugin decides what becomes of its connection.
    pub struct Limits {}

    /// One of the [`Limits`].
    pub enum Limit {
        /// Topics of one connection
        ///
        /// Those that it is subscribed to. A chat needs one or two.
        Topics {
            topics: Count = 64,
            code: "topics",
            words: "topics of one connection",
            reason: "Enough for a game with rooms, and a member's presence is told to all others of each.",
            test: "state::topics::limits::each_limit_of_topics_is_an_error_with_a_code_and_named_in_the_log",
        }

        /// Members of all topics together, on all hosts
        ///
        /// Each counted once for each topic.
        Members {
            members: Count = 1_000_000,
            code: "members",
            words: "members of all topics together",
            reason: "Some five hundred for each of 2048 connections.",
            test: "state::topics::limits::each_limit_of_topics_is_an_error_with_a_code_and_named_in_the_log",
        }

        /// Name of a topic
        Topic {
            topic: Size = 256,
            code: "topic-size",
            words: "size of a topic's name",
            reason: "About as much as the name of a file may have on most systems.",
            test: "state::topics::limits::each_limit_of_topics_is_an_error_with_a_code_and_named_in_the_log",
        }

        /// Label of a subscription
        Label {
            label: Size = 256,
            code: "label-size",
            words: "size of a label",
            reason: "A name of a person, with room for more. All members' labels are listed to whoever asks.",
            test: "state::topics::limits::each_limit_of_topics_is_an_error_with_a_code_and_named_in_the_log",
        }

        /// One message
        ///
        /// As many bytes as a chunk has.
        Message {
            message: Size = 64 * KIB,
            code: "message-size",
            words: "size of a message",
            reason: "The default of a chunk, so that what a peer sent goes on in one message.",
            test: "state::topics::limits::each_limit_of_topics_is_an_error_with_a_code_and_named_in_the_log",
        }

        /// A key of the store
        Key {
            key: Size = KIB,
            code: "key-size",
            words: "size of a key",
            reason: "A path of some names.",
            test: "state::store::each_limit_of_the_store_is_an_error_with_a_code_and_named_in_the_log",
        }

        /// A value of the store
        ///
        /// As many bytes as a reply has.
        Value {
            value: Size = MIB,
            code: "value-size",
            words: "size of a value",
            reason: "The default of a reply, so that what was kept can be sent in one.",
            test: "state::store::each_limit_of_the_store_is_an_error_with_a_code_and_named_in_the_log",
        }

        /// Events that wait for one connection
        ///
        /// More are counted, and told by `missed`.
        MailboxEvents {
            mailbox_events: Count = 1024,
            code: "mailbox-events",
            words: "events that wait for one connection",
            reason: "All that one connection may say in a second, while a peer is slow.",
            test: "state::topics::messages::a_peer_that_does_not_read_holds_up_nobody_and_is_told_what_it_missed",
        }

        /// All events that wait for one connection
        ///
        /// More are counted, and told by `missed`.
        Mailbox {
            mailbox: Size = MIB,
            code: "mailbox-size",
            words: "size of the events that wait for one connection",
            reason: "Sixteen of the largest messages.",
            test: "mailbox::tests::who_has_no_room_for_an_event_misses_it",
        }

        /// All events that wait, each counted once, and their places in queues
        ///
        /// An event counts once, however many connections wait for it. Each of its places in their queues counts, too.
        Waiting {
            waiting: Size = 64 * MIB,
            code: "waiting-size",
            words: "size of all events that wait",
            reason: "Sixty-four full mailboxes of events that nobody else waits for.",
            test: "state::topics::limits::messages_that_wait_for_all_together_have_a_limit",
        }

        /// The whole store
        ///
        /// With its keys and what the host needs for each.
        Store {
            store: Size = 64 * MIB,
            code: "store-size",
            words: "size of the store",
            reason: "Some six hundred bytes for each key that there may be.",
            test: "state::store::each_limit_of_the_store_is_an_error_with_a_code_and_named_in_the_log",
        }

        /// Keys of the store
        ///
        /// Of all connections together.
        Keys {
            keys: Count = 100_000,
            code: "store-keys",
            words: "keys of the store",
            reason: "Some dozens for each of 2048 connections.",
            test: "state::store::each_limit_of_the_store_is_an_error_with_a_code_and_named_in_the_log",
        }

        /// Messages and subscriptions of one connection in a second
        ///
        /// As many may come at once.
        MessagesPerSecond {
            messages_per_second: Count = 1000,
            code: "publish-rate",
            words: "messages of one connection in a second",
            reason: "A game that tells a place sixty times a second needs a sixteenth of it.",
            test: "state::topics::limits::each_limit_of_topics_is_an_error_with_a_code_and_named_in_the_log",
        }

        /// Bytes that one connection publishes in a second
        ///
        /// As many may come at once.
        BytesPerSecond {
            bytes_per_second: Size = 4 * MIB,
            code: "publish-size",
            words: "bytes published by one connection in a second",
            reason: "A peer with a line of 32 Mbit/s sends no more.",
            test: "state::topics::limits::each_limit_of_topics_is_an_error_with_a_code_and_named_in_the_log",
        }

        /// Events that one connection causes others in a second
        ///
        /// Each message and each subscription, as often as there are members who hear it. As many may come at once, and
        /// one that more hear may come when none came before.
        DeliveriesPerSecond {
            deliveries_per_second: Count = 100_000,
            code: "delivery-rate",
            words: "events that one connection causes others in a second",
            reason: "A hundred messages a second to a topic with a thousand members.",
            test: "state::topics::limits::each_limit_of_topics_is_an_error_with_a_code_and_named_in_the_log",
        }
    }
}

impl Limit {
    /// Its value, for a person.
    pub fn value(self, limits: &Limits) -> String {
        self.get(limits).to_string()
    }
}
