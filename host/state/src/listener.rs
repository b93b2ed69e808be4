//! The host's own ear on a topic.

use super::backend::{Backends, Hearing, Subscriber};
use super::event::{Event, Member};
use super::limits::Limit;
use super::mailbox::Mailbox;
use super::problem::Problem;
use eco_fair::Account;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

/// Listens to a topic, without being a member that others know of. It stops when it is dropped.
///
/// It hears what members hear, in the same order: messages of plugins and of hosts, this one among them, and members
/// that come and go. Its mailbox is bounded as theirs are ([`Limits::mailbox`](super::Limits::mailbox) and
/// [`mailbox_events`](super::Limits::mailbox_events)); what finds no room there is counted, and told by
/// [`Event::Missed`] at its place. On Redis that comes, too, when a link was broken, without a count.
///
/// To the rates and the accounts of those who speak it is one more who hears them: a plugin that is alone in a topic may
/// notice that there are very many. Read it or drop it. One that nobody reads has a full mailbox, which counts for
/// [`Limits::waiting`](super::Limits::waiting): some sixty of these leave plugins no room to publish.
pub struct Listener {
    backends: Arc<Backends>,
    id: Arc<str>,
    topic: Arc<str>,
    mailbox: Arc<Mailbox>,
    members: Vec<Member>,
}

impl Listener {
    /// See [`SharedState::listen`](super::SharedState::listen).
    pub(crate) async fn new(
        backends: &Arc<Backends>,
        id: Arc<str>,
        topic: &str,
        payer: &Arc<Account>,
    ) -> Result<Self, Problem> {
        Limit::Topic.admit(topic.len(), &backends.limits)?;
        // Before it has joined: a caller that doesn't wait for the answer leaves all the same.
        let mut listener = Self {
            mailbox: Arc::new(Mailbox::new(&backends.limits, &backends.waiting)),
            backends: backends.clone(),
            id,
            topic: topic.into(),
            members: Vec::new(),
        };
        let who = Subscriber {
            member: Member {
                id: listener.id.clone(),
                label: Arc::default(),
            },
            hearing: Hearing::All,
            mailbox: listener.mailbox.clone(),
            payer: payer.clone(),
        };
        let joining = backends.topics.join(&listener.topic, who).await;
        listener.members = joining?;
        listener.members.retain(|member| !member.is_listener());
        Ok(listener)
    }

    /// The topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The topic's members at the moment from which it hears, in no order. [`Event::Joined`] and [`Event::Left`] tell of
    /// changes since then.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The next event. It waits until there is one, however long that takes.
    ///
    /// Cancel safe: an event is taken from the mailbox as the future is ready, so that none is lost where it is dropped.
    pub async fn next(&mut self) -> Event {
        loop {
            // A topic that is never silent leaves the thread to other tasks.
            tokio::task::coop::consume_budget().await;
            if let Some(heard) = self.mailbox.take() {
                return (*heard).clone();
            }
            poll_fn(|cx| self.mailbox.poll(cx)).await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.backends.topics.leave(&self.topic, &self.id);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listener({:?})", self.topic)
    }
}
