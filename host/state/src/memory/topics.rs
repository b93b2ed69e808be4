//! Topics in memory: who is subscribed, and in which order they hear.

use super::backend::Subscriber;
use super::event::{Event, Member};
use super::limits::{Limit, Limits};
use super::mailbox::Waiting;
use super::problem::Problem;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// All topics that anybody is subscribed to.
pub(crate) struct Topics {
    topics: Mutex<HashMap<Arc<str>, Arc<Topic>>>,
    /// Bytes of all events that wait.
    waiting: Arc<AtomicUsize>,
    limits: Limits,
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

impl Topics {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            topics: Mutex::default(),
            waiting: Arc::default(),
            limits: limits.clone(),
        }
    }

    pub(crate) fn join(
        &self,
        topic: &Arc<str>,
        subscriber: Subscriber,
    ) -> Result<Vec<Member>, Problem> {
        // Until the member is in, so that the topic isn't taken for an empty one.
        let mut topics = self.topics.lock();
        let place = topics.entry(topic.clone()).or_default().clone();
        let mut members = place.lock();
        drop(topics);
        let others = members.iter().map(|other| other.member.clone()).collect();
        let joined = Event::Joined {
            topic: topic.clone(),
            member: subscriber.member.clone(),
        };
        self.tell(&members, joined, None);
        members.push(subscriber);
        Ok(others)
    }

    pub(crate) fn rename(&self, topic: &Arc<str>, member: &Member) -> Vec<Member> {
        let Some(place) = self.find(topic) else {
            return Vec::new();
        };
        let mut others = Vec::new();
        for subscriber in place.lock().iter_mut() {
            if subscriber.member.id == member.id {
                subscriber.member.label.clone_from(&member.label);
            } else {
                others.push(subscriber.member.clone());
            }
        }
        others
    }

    pub(crate) fn leave(&self, topic: &Arc<str>, id: &str) {
        let mut topics = self.topics.lock();
        let Some(place) = topics.get(topic).cloned() else {
            return;
        };
        let mut members = place.lock();
        let Some(index) = members.iter().position(|other| *other.member.id == *id) else {
            return;
        };
        let Subscriber { member, .. } = members.swap_remove(index);
        if members.is_empty() {
            topics.remove(topic);
        }
        drop(topics);
        let left = Event::Left {
            topic: topic.clone(),
            member,
        };
        self.tell(&members, left, None);
    }

    pub(crate) fn publish(
        &self,
        topic: &Arc<str>,
        from: Member,
        data: Arc<[u8]>,
    ) -> Result<(), Problem> {
        let Some(place) = self.find(topic) else {
            return Ok(());
        };
        let (topic, speaker) = (topic.clone(), from.id.clone());
        let message = Event::Message { topic, from, data };
        if self.tell(&place.lock(), message, Some(&speaker)) {
            Ok(())
        } else {
            Err(Problem::TooMany(Limit::Waiting))
        }
    }

    fn find(&self, topic: &Arc<str>) -> Option<Arc<Topic>> {
        self.topics.lock().get(topic).cloned()
    }

    /// Tells all members but one. Whether there was room for it to wait; where there is none, they are told
    /// that they missed it.
    fn tell(&self, members: &[Subscriber], event: Event, but: Option<&Arc<str>>) -> bool {
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
