//! Putting an event into the mailboxes of all who hear it.

use super::backend::Subscriber;
use super::event::Event;
use super::limits::Limits;
use super::mailbox::Waiting;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// What waits for all connections together, and how much that may be.
pub(crate) struct Delivery {
    /// Bytes of all events that wait.
    waiting: Arc<AtomicUsize>,
    limits: Limits,
}

impl Delivery {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            waiting: Arc::default(),
            limits: limits.clone(),
        }
    }

    /// Tells all members but one. Whether there was room for it to wait; where there is none, they are told
    /// that they missed it.
    pub(crate) fn tell<'a>(
        &self,
        members: impl IntoIterator<Item = &'a Subscriber>,
        event: Event,
        but: Option<&Arc<str>>,
    ) -> bool {
        let topic = event.topic().clone();
        let waiting = Waiting::new(event, &self.waiting, &self.limits);
        for subscriber in members {
            if let Some(mailbox) = &subscriber.mailbox
                && Some(&subscriber.member.id) != but
            {
                match &waiting {
                    Some(waiting) => mailbox.put(waiting),
                    None => mailbox.miss(&topic),
                }
            }
        }
        waiting.is_some()
    }
}
