//! Topics in memory: their members, and the order of events.

use super::lookup::Lookup;
use crate::backend::{Answer, Subscriber, TopicsBackend, now};
use crate::counters::TopicCounts;
use crate::delivery::{deliver, is_same};
use crate::event::{Event, EventKind, Member};
use crate::limits::{Limit, Limits};
use crate::problem::Problem;
use eco_fair::Account;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// All topics that have members.
pub(crate) struct MemoryTopics {
    topics: Mutex<Lookup<Arc<str>, Arc<Topic>>>,
    /// Members of all of them, and how many there may be.
    members: AtomicUsize,
    most_members: usize,
}

/// One topic.
#[derive(Default)]
struct Topic {
    /// The lock orders comings, goings and messages, so that all members hear the same in the same order.
    members: Mutex<Members>,
    /// How many of them hear messages, and how many presence, to be read without the lock.
    hear: AtomicUsize,
    watch: AtomicUsize,
}

impl Topic {
    fn count(&self, event: EventKind) -> &AtomicUsize {
        match event {
            EventKind::Message => &self.hear,
            EventKind::Presence => &self.watch,
        }
    }

    /// Counts one more, or one less.
    fn counts(&self, who: &Subscriber, by: fn(&AtomicUsize)) {
        for event in [EventKind::Message, EventKind::Presence] {
            if who.hearing.includes(event) {
                by(self.count(event));
            }
        }
    }
}

#[derive(Default)]
struct Members {
    all: Vec<Subscriber>,
    /// The last one has left. The next to come takes another topic in its place.
    is_over: bool,
}

impl MemoryTopics {
    /// None yet.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            topics: Mutex::default(),
            members: AtomicUsize::new(0),
            most_members: limits.members,
        }
    }

    fn find(&self, topic: &str) -> Option<Arc<Topic>> {
        self.topics.lock().get(topic).cloned()
    }

    fn find_or_make(&self, topic: &Arc<str>) -> Arc<Topic> {
        let mut topics = self.topics.lock();
        topics.get_or_default(topic.clone()).clone()
    }

    /// Takes a topic out that is over, unless there is another in its place already.
    fn remove(&self, topic: &Arc<str>, over: &Arc<Topic>) {
        let mut topics = self.topics.lock();
        if topics.get(topic).is_some_and(|it| Arc::ptr_eq(it, over)) {
            topics.remove(topic);
        }
    }
}

impl TopicsBackend for MemoryTopics {
    fn join<'a>(&'a self, topic: &'a Arc<str>, who: Subscriber) -> Answer<'a, Vec<Member>> {
        if self.members.fetch_add(1, Ordering::Relaxed) >= self.most_members {
            self.members.fetch_sub(1, Ordering::Relaxed);
            return now(Err(Problem::TooMany(Limit::Members)));
        }
        // The map's lock is not held while a topic's is waited for.
        loop {
            let found = self.find_or_make(topic);
            let mut members = found.members.lock();
            if members.is_over {
                drop(members);
                self.remove(topic, &found);
                continue;
            }
            let others = members.all.iter().map(|other| other.member.clone());
            let others = others.collect();
            let joined = Event::Joined {
                topic: topic.clone(),
                member: who.member.clone(),
            };
            // Those without room are told that they missed it.
            let _ = deliver(joined, &members.all, None, &who.payer);
            found.counts(&who, |count| {
                count.fetch_add(1, Ordering::Relaxed);
            });
            members.all.push(who);
            return now(Ok(others));
        }
    }

    fn rename<'a>(&'a self, topic: &'a Arc<str>, member: &'a Member) -> Answer<'a, Vec<Member>> {
        let Some(found) = self.find(topic) else {
            return now(Ok(Vec::new()));
        };
        let mut others = Vec::new();
        for subscriber in &mut found.members.lock().all {
            if is_same(&subscriber.member.id, &member.id) {
                subscriber.member.label.clone_from(&member.label);
            } else {
                others.push(subscriber.member.clone());
            }
        }
        now(Ok(others))
    }

    fn counts(&self) -> TopicCounts {
        TopicCounts {
            topics: self.topics.lock().len(),
            members: self.members.load(Ordering::Relaxed),
        }
    }

    fn audience(&self, topic: &str, event: EventKind) -> usize {
        let found = self.find(topic);
        found.map_or(0, |found| found.count(event).load(Ordering::Relaxed))
    }

    fn publish<'a>(
        &'a self,
        topic: &'a Arc<str>,
        from: Member,
        data: Arc<[u8]>,
        payer: &'a Arc<Account>,
    ) -> Answer<'a, ()> {
        let Some(found) = self.find(topic) else {
            return now(Ok(()));
        };
        let (topic, speaker) = (topic.clone(), from.id.clone());
        let message = Event::Message { topic, from, data };
        let members = found.members.lock();
        now(deliver(message, &members.all, Some(&speaker), payer))
    }

    fn leave(&self, topic: &Arc<str>, id: &Arc<str>) {
        let Some(found) = self.find(topic) else {
            return;
        };
        let mut members = found.members.lock();
        let mut all = members.all.iter();
        let Some(index) = all.position(|other| is_same(&other.member.id, id)) else {
            return;
        };
        let who = members.all.swap_remove(index);
        self.members.fetch_sub(1, Ordering::Relaxed);
        found.counts(&who, |count| {
            count.fetch_sub(1, Ordering::Relaxed);
        });
        let Subscriber { member, payer, .. } = who;
        if members.all.is_empty() {
            members.is_over = true;
            drop(members);
            return self.remove(topic, &found);
        }
        let left = Event::Left {
            topic: topic.clone(),
            member,
        };
        let _ = deliver(left, &members.all, None, &payer);
    }
}
