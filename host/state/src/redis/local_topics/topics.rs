//! The topics with members here: joining, leaving, and questions about them.

use super::members::{MemberCount, MemberList};
use super::topic::{Ticket, Topic};
use crate::backend::Subscriber;
use crate::counters::TopicCounts;
use crate::event::Member;
use crate::limits::Limits;
use eco_fair::Account;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// All topics that have members here.
pub(in crate::redis) struct LocalTopics {
    pub(super) topics: Mutex<HashMap<Arc<str>, Topic>>,
    /// A member that is gone from Redis has left after so long.
    pub(super) grace: Duration,
    /// Counts the questions, so that their events are told from those of earlier ones.
    tickets: AtomicU64,
    /// Pays for the work that connections of other hosts cause those here.
    pub(super) elsewhere: Arc<Account>,
    /// Told when a topic is doubted.
    pub(super) doubted: Notify,
    /// Bounds the known members of all topics.
    pub(super) known_count: Arc<MemberCount>,
    /// Bounds the members of lists that come.
    pub(super) listing_count: Arc<MemberCount>,
}

impl LocalTopics {
    /// None yet. A member that is gone from Redis has left after `grace`.
    pub(in crate::redis) fn new(limits: &Limits, grace: Duration) -> Self {
        Self {
            topics: Mutex::default(),
            grace,
            tickets: AtomicU64::new(0),
            elsewhere: Arc::default(),
            doubted: Notify::new(),
            known_count: MemberCount::new(limits.members),
            listing_count: MemberCount::new(limits.members),
        }
    }

    /// A ticket for a question.
    pub(in crate::redis) fn ticket(&self) -> u64 {
        self.tickets.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether Redis has listed its members over this connection. Else its channel has to be subscribed to.
    pub(in crate::redis) fn is_listed(&self, name: &str) -> bool {
        let topics = self.topics.lock();
        topics
            .get(name)
            .is_some_and(|topic| topic.known.is_some() && !topic.stale)
    }

    /// The connection is a new one.
    pub(in crate::redis) fn forget_lists(&self) {
        for topic in self.topics.lock().values_mut() {
            topic.stale = true;
            topic.listing = None;
        }
    }

    /// A member comes. It hears the topic from its own `joined` on, which has this ticket, and is told of the others
    /// then.
    pub(in crate::redis) fn enter(&self, name: &Arc<str>, who: Subscriber) -> Ticket {
        let mut topics = self.topics.lock();
        let topic = topics.entry(name.clone()).or_default();
        let (number, id) = (self.ticket(), who.member.id.clone());
        topic.coming.push((number, who));
        topic.ask(number, id)
    }

    /// A member asks for the others. `None` where the topic has no member here.
    pub(in crate::redis) fn ask(&self, name: &str, id: &Arc<str>) -> Option<Ticket> {
        let mut topics = self.topics.lock();
        let topic = topics.get_mut(name)?;
        Some(topic.ask(self.ticket(), id.clone()))
    }

    /// A member is gone, or doesn't come. Whether it was the last one here.
    pub(in crate::redis) fn exit(&self, name: &str, id: &str) -> bool {
        let mut topics = self.topics.lock();
        let Some(topic) = topics.get_mut(name) else {
            return false;
        };
        topic.here.retain(|subscriber| *subscriber.member.id != *id);
        topic
            .coming
            .retain(|(_, subscriber)| *subscriber.member.id != *id);
        topic.asking.retain(|asking| *asking.id != *id);
        let empty = topic.here.is_empty() && topic.coming.is_empty();
        if empty {
            topics.remove(name);
        }
        empty
    }

    pub(in crate::redis) fn rename(&self, name: &str, member: &Member) {
        if let Some(topic) = self.topics.lock().get_mut(name) {
            let coming = topic.coming.iter_mut().map(|(_, subscriber)| subscriber);
            for subscriber in topic.here.iter_mut().chain(coming) {
                if subscriber.member.id == member.id {
                    subscriber.member.label.clone_from(&member.label);
                }
            }
        }
    }

    /// Known members, here and on other hosts.
    pub(in crate::redis) fn audience(&self, name: &str) -> usize {
        let topics = self.topics.lock();
        let known = topics.get(name).and_then(|topic| topic.known.as_ref());
        known.map_or(0, MemberList::len)
    }

    /// Topics with members here, and their known members.
    pub(in crate::redis) fn counts(&self) -> TopicCounts {
        TopicCounts {
            topics: self.topics.lock().len(),
            members: self.known_count.now.load(Ordering::Relaxed),
        }
    }

    pub(in crate::redis) fn has(&self, name: &str) -> bool {
        self.topics.lock().contains_key(name)
    }

    pub(in crate::redis) fn names(&self) -> Vec<Arc<str>> {
        self.topics.lock().keys().cloned().collect()
    }

    /// All members that are here, or come: the latter with their tickets.
    pub(in crate::redis) fn members(&self) -> Vec<(Arc<str>, Member, Option<u64>)> {
        let topics = self.topics.lock();
        let members = topics.iter().flat_map(|(name, topic)| {
            let here = topic.here.iter().map(|who| (who, None));
            let coming = topic
                .coming
                .iter()
                .map(|(number, who)| (who, Some(*number)));
            here.chain(coming)
                .map(|(who, ticket)| (name.clone(), who.member.clone(), ticket))
        });
        members.collect()
    }

    /// Whether that member is here, or comes.
    pub(in crate::redis) fn has_member(&self, name: &str, id: &str) -> bool {
        let topics = self.topics.lock();
        let topic = topics.get(name);
        topic.is_some_and(|topic| topic.payer(id).is_some())
    }

    /// Told when a topic is doubted.
    pub(in crate::redis) fn doubted(&self) -> &Notify {
        &self.doubted
    }

    /// Topics whose numbers can't be trusted before they are listed.
    pub(in crate::redis) fn doubtful(&self) -> Vec<Arc<str>> {
        let topics = self.topics.lock();
        let doubted = topics.iter().filter(|(_, topic)| topic.doubted);
        doubted.map(|(name, _)| name.clone()).collect()
    }
}
