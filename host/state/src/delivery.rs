//! Delivers an event to the mailboxes of all who hear it.

use super::backend::Subscriber;
use super::event::Event;
use super::limits::Limit;
use super::problem::Problem;
use eco_fair::Account;
use std::sync::Arc;

/// Delivers an event to all of these who hear such events, but one: it puts the event into their mailboxes, and wakes
/// those that wait. It never waits itself. `payer` pays for their work. All of them are of one state.
///
/// Nobody is told of the coming and going of listeners ([`Member::is_listener`](super::Member::is_listener)).
///
/// # Errors
/// [`Limit::Waiting`] has no room for the event: those who would have heard it are told that they missed it.
pub fn deliver<'a>(
    event: Event,
    to: impl IntoIterator<Item = &'a Subscriber>,
    but: Option<&Arc<str>>,
    payer: &Arc<Account>,
) -> Result<(), Problem> {
    if event.is_of_listener() {
        return Ok(());
    }
    let (topic, kind) = (event.topic().clone(), event.kind());
    let hears = |who: &&Subscriber| {
        who.hearing.includes(kind) && but.is_none_or(|but| !is_same(but, &who.member.id))
    };
    let mut to = to.into_iter().filter(hears).peekable();
    let Some(first) = to.peek() else {
        return Ok(());
    };
    let waiting = first.mailbox.waiting(event, payer);
    for who in to {
        match &waiting {
            Some(waiting) => who.mailbox.put(waiting),
            None => who.mailbox.miss(&topic),
        }
    }
    waiting.map(drop).ok_or(Problem::TooMany(Limit::Waiting))
}

/// Whether two ids are the same. Those of this host's connections mostly share their memory.
pub(crate) fn is_same(one: &Arc<str>, other: &Arc<str>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}
