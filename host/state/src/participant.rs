//! One connection among others: what it is subscribed to, and what it has said in the running call.

use super::backend::{Backend, Page, Subscriber};
use super::event::{Event, Member};
use super::limits::Limit;
use super::mailbox::Mailbox;
use super::problem::Problem;
use super::rate::Rate;
use super::shared::SharedState;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// A connection that takes part. When it is dropped it leaves all topics, and the others are told.
///
/// What it publishes, and where it unsubscribes, takes effect with [`commit`](Self::commit): so that a call
/// that fails has said nothing.
pub struct Participant {
    state: SharedState,
    id: Arc<str>,
    /// The label under each topic.
    topics: HashMap<Arc<str>, Arc<str>>,
    mailbox: Arc<Mailbox>,
    messages: Rate,
    bytes: Rate,
    pending: VecDeque<Pending>,
}

/// What takes effect when the call returns well.
enum Pending {
    Publish(Arc<str>, Arc<[u8]>),
    Unsubscribe(Arc<str>),
}

impl Participant {
    pub(crate) fn new(state: SharedState, id: Arc<str>) -> Self {
        let inner = state.inner();
        let (limits, now) = (&inner.limits, inner.clock.now());
        Self {
            id,
            topics: HashMap::new(),
            mailbox: Arc::new(Mailbox::new(limits)),
            messages: Rate::new(limits.messages_per_second, now),
            bytes: Rate::new(limits.bytes_per_second, now),
            pending: VecDeque::new(),
            state,
        }
    }

    /// Subscribes, or changes the label of a subscription. Returns who else is there. Events come if it
    /// `listens`.
    ///
    /// # Errors
    /// A limit is reached, or it can't be done now.
    pub fn subscribe(
        &mut self,
        topic: &str,
        label: &str,
        listens: bool,
    ) -> Result<Vec<Member>, Problem> {
        let limits = self.state.limits();
        within(topic.len(), limits.topic, Limit::Topic)?;
        within(label.len(), limits.label, Limit::Label)?;
        let is_there = self.topics.contains_key(topic);
        if !is_there && self.topics.len() >= limits.topics {
            return Err(Problem::TooMany(Limit::Topics));
        }
        self.spend(0)?;
        let topic: Arc<str> = topic.into();
        self.pending
            .retain(|pending| !matches!(pending, Pending::Unsubscribe(of) if *of == topic));
        let member = Member {
            id: self.id.clone(),
            label: label.into(),
        };
        let label = member.label.clone();
        let others = if is_there {
            self.backend().rename(&topic, &member)?
        } else {
            let mailbox = listens.then(|| self.mailbox.clone());
            let subscriber = Subscriber { member, mailbox };
            self.backend().join(&topic, subscriber)?
        };
        self.topics.insert(topic, label);
        Ok(others)
    }

    /// Unsubscribes, at [`commit`](Self::commit). Nothing where it isn't subscribed.
    pub fn unsubscribe(&mut self, topic: &str) {
        if let Some((topic, _)) = self.topics.get_key_value(topic) {
            self.pending.push_back(Pending::Unsubscribe(topic.clone()));
        }
    }

    /// Says something to everybody else, at [`commit`](Self::commit).
    ///
    /// # Errors
    /// A limit is reached.
    pub fn publish(&mut self, topic: &str, data: &[u8]) -> Result<(), Problem> {
        let limits = self.state.limits();
        within(topic.len(), limits.topic, Limit::Topic)?;
        within(data.len(), limits.message, Limit::Message)?;
        self.spend(data.len())?;
        let topic = match self.topics.get_key_value(topic) {
            Some((topic, _)) => topic.clone(),
            None => topic.into(),
        };
        self.pending.push_back(Pending::Publish(topic, data.into()));
        Ok(())
    }

    /// What it has said takes effect, in its order.
    ///
    /// # Errors
    /// The first problem that came up.
    pub fn commit(&mut self) -> Result<(), Problem> {
        let mut result = Ok(());
        while let Some(one) = self.commit_one() {
            result = result.and(one);
        }
        result
    }

    /// The next thing that it has said takes effect. `None` where there is none: whoever makes way for others in
    /// between calls this, as each may have many that hear it.
    pub fn commit_one(&mut self) -> Option<Result<(), Problem>> {
        Some(match self.pending.pop_front()? {
            Pending::Publish(topic, data) => {
                let label = self.topics.get(&topic).cloned();
                let from = Member {
                    id: self.id.clone(),
                    label: label.unwrap_or_default(),
                };
                self.backend().publish(&topic, from, data)
            }
            Pending::Unsubscribe(topic) => {
                self.leave(&topic);
                Ok(())
            }
        })
    }

    /// Forgets what it has said since the last [`commit`](Self::commit).
    pub fn roll_back(&mut self) {
        self.pending.clear();
    }

    /// Ready when an event waits for it; else the task is woken when one comes.
    pub fn poll_event(&self, cx: &Context<'_>) -> Poll<()> {
        self.mailbox.poll(cx)
    }

    /// The next event that waits for it.
    pub fn next_event(&mut self) -> Option<Arc<Event>> {
        self.mailbox.take()
    }

    /// See [`Backend::get`].
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Problem> {
        self.check_key(key)?;
        self.backend().get(key)
    }

    /// See [`Backend::set`].
    pub fn set(
        &self,
        key: &str,
        value: &[u8],
        time_to_live: Option<Duration>,
    ) -> Result<(), Problem> {
        self.check_key(key)?;
        self.check_value(value)?;
        self.backend().set(key, value, time_to_live)
    }

    /// See [`Backend::compare_and_set`].
    pub fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Problem> {
        self.check_key(key)?;
        self.check_value(new.unwrap_or_default())?;
        self.backend().compare_and_set(key, expected, new)
    }

    /// See [`Backend::add`].
    pub fn add(&self, key: &str, delta: i64) -> Result<i64, Problem> {
        self.check_key(key)?;
        self.backend().add(key, delta)
    }

    /// See [`Backend::delete`].
    pub fn delete(&self, key: &str) -> Result<bool, Problem> {
        self.check_key(key)?;
        self.backend().delete(key)
    }

    /// See [`Backend::keys`].
    pub fn keys(&self, prefix: &str, more: Option<&str>, limit: usize) -> Result<Page, Problem> {
        self.check_key(prefix)?;
        self.backend().keys(prefix, more, limit)
    }

    fn backend(&self) -> &dyn Backend {
        &*self.state.inner().backend
    }

    fn leave(&mut self, topic: &Arc<str>) {
        if self.topics.remove(topic).is_some() {
            self.backend().leave(topic, &self.id);
            self.mailbox.forget(topic);
        }
    }

    /// A message of so many bytes.
    fn spend(&mut self, bytes: usize) -> Result<(), Problem> {
        let now = self.state.inner().clock.now();
        if !self.messages.has(1, now) {
            return Err(Problem::TooMany(Limit::MessagesPerSecond));
        }
        if !self.bytes.has(bytes, now) {
            return Err(Problem::TooMany(Limit::BytesPerSecond));
        }
        self.messages.take(1);
        self.bytes.take(bytes);
        Ok(())
    }

    fn check_key(&self, key: &str) -> Result<(), Problem> {
        within(key.len(), self.state.limits().key, Limit::Key)
    }

    fn check_value(&self, value: &[u8]) -> Result<(), Problem> {
        within(value.len(), self.state.limits().value, Limit::Value)
    }
}

fn within(length: usize, most: usize, limit: Limit) -> Result<(), Problem> {
    if length > most {
        Err(Problem::TooLarge(limit))
    } else {
        Ok(())
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        for topic in std::mem::take(&mut self.topics).into_keys() {
            self.backend().leave(&topic, &self.id);
        }
    }
}
