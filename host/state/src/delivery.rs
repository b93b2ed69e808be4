//! Delivers an event to the mailboxes of all who hear it.

use super::backend::{EventKind, Subscriber};
use super::event::Event;
use super::limits::Limits;
use super::waiting::Waiting;
use eco_fair::Account;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// Delivers, and counts the bytes that wait for all connections together.
pub(crate) struct Delivery {
    /// Bytes of all events that wait.
    waiting: Arc<AtomicUsize>,
    limits: Limits,
}

impl Delivery {
    /// For the mailboxes that are made with the same `waiting`.
    pub(crate) fn new(limits: &Limits, waiting: &Arc<AtomicUsize>) -> Self {
        Self {
            waiting: waiting.clone(),
            limits: limits.clone(),
        }
    }

    /// Tells all members but one who hear such events. `payer` pays for their work. Whether there was room for the
    /// event; where there is none, they are told that they missed it.
    pub(crate) fn tell<'a>(
        &self,
        members: impl IntoIterator<Item = &'a Subscriber>,
        event: Event,
        but: Option<&Arc<str>>,
        payer: &Arc<Account>,
    ) -> bool {
        let topic = event.topic().clone();
        let kind = match event {
            Event::Message { .. } => EventKind::Message,
            Event::Joined { .. } | Event::Left { .. } | Event::Missed { .. } => EventKind::Presence,
        };
        let waiting = Waiting::new(event, payer, &self.waiting, &self.limits);
        for subscriber in members {
            if let Some(mailbox) = subscriber.mailbox_for(kind)
                && but.is_none_or(|but| !is_same(but, &subscriber.member.id))
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

/// Whether two ids are the same. Those of this host's connections mostly share their memory.
pub(crate) fn is_same(one: &Arc<str>, other: &Arc<str>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}
