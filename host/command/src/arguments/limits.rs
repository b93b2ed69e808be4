//! The flags of the limits of what connections share.

use super::budgets::size;
use super::defaults;
use crate::state::args::StateArgs;
use bytesize::ByteSize;
use eco_state::{Limit, Limits};

/// The limits of [`eco_state::Limits`], as far as they are given.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What connections share: topics and a store")]
pub(crate) struct SharedArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,
    #[arg(long, value_name = "N", help = defaults::limit("Topics of one connection", Limit::Topics))]
    topics: Option<usize>,
    #[arg(long, value_name = "N", help = defaults::limit("Members of all topics together, on all hosts", Limit::Members))]
    members: Option<usize>,
    #[arg(long, value_name = "SIZE", help = defaults::limit("Name of a topic", Limit::Topic))]
    topic_size: Option<ByteSize>,
    #[arg(long, value_name = "SIZE", help = defaults::limit("Label of a subscription", Limit::Label))]
    label_size: Option<ByteSize>,
    #[arg(long, value_name = "SIZE", help = defaults::limit("One message", Limit::Message))]
    message_size: Option<ByteSize>,
    #[arg(long, value_name = "SIZE", help = defaults::limit("A key of the store", Limit::Key))]
    key_size: Option<ByteSize>,
    #[arg(long, value_name = "SIZE", help = defaults::limit("A value of the store", Limit::Value))]
    value_size: Option<ByteSize>,
    #[arg(long, value_name = "N", help = defaults::limit("Events that wait for one connection", Limit::MailboxEvents))]
    mailbox_events: Option<usize>,
    #[arg(long, value_name = "SIZE", help = defaults::limit("All events that wait for one connection", Limit::Mailbox))]
    mailbox_size: Option<ByteSize>,
    #[arg(long, value_name = "SIZE", help = defaults::limit("All events that wait, each counted once, and their places in queues", Limit::Waiting))]
    waiting_size: Option<ByteSize>,
    #[arg(long, value_name = "SIZE", help = defaults::limit("The whole store", Limit::Store))]
    store_size: Option<ByteSize>,
    #[arg(long, value_name = "N", help = defaults::limit("Keys of the store", Limit::Keys))]
    store_keys: Option<usize>,
    #[arg(long, value_name = "N", help = defaults::limit("Messages and subscriptions of one connection in a second", Limit::MessagesPerSecond))]
    publish_rate: Option<usize>,
    #[arg(long, value_name = "SIZE", help = defaults::limit("Bytes that one connection publishes in a second", Limit::BytesPerSecond))]
    publish_size: Option<ByteSize>,
    #[arg(long, value_name = "N", help = defaults::limit("Events that one connection causes others in a second", Limit::DeliveriesPerSecond))]
    delivery_rate: Option<usize>,
}

impl SharedArgs {
    /// The limits, with the defaults for what is not given.
    pub(crate) fn limits(&self) -> Limits {
        let defaults = Limits::default();
        let set = |given: Option<ByteSize>, default| given.map_or(default, size);
        Limits {
            topics: self.topics.unwrap_or(defaults.topics),
            members: self.members.unwrap_or(defaults.members),
            topic: set(self.topic_size, defaults.topic),
            label: set(self.label_size, defaults.label),
            message: set(self.message_size, defaults.message),
            key: set(self.key_size, defaults.key),
            value: set(self.value_size, defaults.value),
            mailbox_events: self.mailbox_events.unwrap_or(defaults.mailbox_events),
            mailbox: set(self.mailbox_size, defaults.mailbox),
            waiting: set(self.waiting_size, defaults.waiting),
            store: set(self.store_size, defaults.store),
            keys: self.store_keys.unwrap_or(defaults.keys),
            messages_per_second: self.publish_rate.unwrap_or(defaults.messages_per_second),
            bytes_per_second: set(self.publish_size, defaults.bytes_per_second),
            deliveries_per_second: self.delivery_rate.unwrap_or(defaults.deliveries_per_second),
        }
    }
}
