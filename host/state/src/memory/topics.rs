//! Topics in memory: who is subscribed, and in which order they hear.

use crate::backend::{Answer, Subscriber, TopicsBackend, now};
use crate::delivery::Delivery;
use crate::event::{Event, Member};
use crate::limits::{Limit, Limits};
use crate::problem::Problem;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// All topics that anybody is subscribed to.
pub(crate) struct MemoryTopics {
    topics: Mutex<HashMap<Arc<str>, Arc<Topic>>>,
    delivery: Delivery,
    /// Members of all of them, and how many there may be.
    members: AtomicUsize,
    most_members: usize,
}

/// Who is subscribed to one topic. While it is locked nobody comes, goes or speaks: so all hear the same
/// in the same order.
#[derive(Default)]
struct Topic(Mutex<Vec<Subscriber>>);

impl Topic {
    fn lock(&self) -> MutexGuard<'_, Vec<Subscriber>> {
        self.0.lock()
    }
}

impl MemoryTopics {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            topics: Mutex::default(),
            delivery: Delivery::new(limits),
            members: AtomicUsize::new(0),
            most_members: limits.members,
        }
    }

    fn find(&self, topic: &Arc<str>) -> Option<Arc<Topic>> {
        self.topics.lock().get(topic).cloned()
    }
}

impl TopicsBackend for MemoryTopics {
    fn join<'a>(&'a self, topic: &'a Arc<str>, who: Subscriber) -> Answer<'a, Vec<Member>> {
        if self.members.fetch_add(1, Ordering::Relaxed) >= self.most_members {
            self.members.fetch_sub(1, Ordering::Relaxed);
            return now(Err(Problem::TooMany(Limit::Members)));
        }
        // Until the member is in, so that the topic isn't taken for an empty one.
        let mut topics = self.topics.lock();
        let place = topics.entry(topic.clone()).or_default().clone();
        let mut members = place.lock();
        drop(topics);
        let others = members.iter().map(|other| other.member.clone()).collect();
        let joined = Event::Joined {
            topic: topic.clone(),
            member: who.member.clone(),
        };
        self.delivery.tell(&*members, joined, None);
        members.push(who);
        now(Ok(others))
    }

    fn rename<'a>(&'a self, topic: &'a Arc<str>, member: &'a Member) -> Answer<'a, Vec<Member>> {
        let Some(place) = self.find(topic) else {
            return now(Ok(Vec::new()));
        };
        let mut others = Vec::new();
        for subscriber in place.lock().iter_mut() {
            if subscriber.member.id == member.id {
                subscriber.member.label.clone_from(&member.label);
            } else {
                others.push(subscriber.member.clone());
            }
        }
        now(Ok(others))
    }

    fn publish<'a>(&'a self, topic: &'a Arc<str>, from: Member, data: Arc<[u8]>) -> Answer<'a, ()> {
        let Some(place) = self.find(topic) else {
            return now(Ok(()));
        };
        let (topic, speaker) = (topic.clone(), from.id.clone());
        let message = Event::Message { topic, from, data };
        let fits = self.delivery.tell(&*place.lock(), message, Some(&speaker));
        now(if fits {
            Ok(())
        } else {
            Err(Problem::TooMany(Limit::Waiting))
        })
    }

    fn leave(&self, topic: &Arc<str>, id: &Arc<str>) {
        let mut topics = self.topics.lock();
        let Some(place) = topics.get(topic).cloned() else {
            return;
        };
        let mut members = place.lock();
        let Some(index) = members.iter().position(|other| other.member.id == *id) else {
            return;
        };
        let Subscriber { member, .. } = members.swap_remove(index);
        self.members.fetch_sub(1, Ordering::Relaxed);
        if members.is_empty() {
            topics.remove(topic);
        }
        drop(topics);
        let left = Event::Left {
            topic: topic.clone(),
            member,
        };
        self.delivery.tell(&*members, left, None);
    }
}
