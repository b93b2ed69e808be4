//! One connection among others: what it is subscribed to, and what it has said in the running call.

use super::backend::{Page, StoreBackend, Subscriber, TopicsBackend};
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
    labels: HashMap<Arc<str>, Arc<str>>,
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
            labels: HashMap::new(),
            mailbox: Arc::new(Mailbox::new(limits)),
            messages: Rate::new(limits.messages_per_second, now),
            bytes: Rate::new(limits.bytes_per_second, now),
            pending: VecDeque::new(),
            state,
        }
    }

    /// How others know it.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Subscribes, or changes the label of a subscription. Returns who else is there. Events come if it
    /// `listens`.
    ///
    /// # Errors
    /// A limit is reached, or it can't be done now.
    pub async fn subscribe(
        &mut self,
        topic: &str,
        label: &str,
        listens: bool,
    ) -> Result<Vec<Member>, Problem> {
        let limits = self.state.limits();
        Limit::Topic.admit(topic.len(), limits)?;
        Limit::Label.admit(label.len(), limits)?;
        let is_there = self.labels.contains_key(topic);
        if !is_there && self.labels.len() >= limits.topics {
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
        if is_there {
            let others = self.topics().rename(&topic, &member).await?;
            self.labels.insert(topic, label);
            return Ok(others);
        }
        let mailbox = listens.then(|| self.mailbox.clone());
        // Before the answer is there: whoever doesn't wait for it leaves all the same.
        self.labels.insert(topic.clone(), label);
        let others = self
            .topics()
            .join(&topic, Subscriber { member, mailbox })
            .await;
        if others.is_err() {
            self.leave(&topic);
        }
        others
    }

    /// Unsubscribes, at [`commit`](Self::commit). Nothing where it isn't subscribed.
    pub fn unsubscribe(&mut self, topic: &str) {
        if let Some((topic, _)) = self.labels.get_key_value(topic) {
            self.pending.push_back(Pending::Unsubscribe(topic.clone()));
        }
    }

    /// Says something to everybody else, at [`commit`](Self::commit).
    ///
    /// # Errors
    /// A limit is reached.
    pub fn publish(&mut self, topic: &str, data: &[u8]) -> Result<(), Problem> {
        let limits = self.state.limits();
        Limit::Topic.admit(topic.len(), limits)?;
        Limit::Message.admit(data.len(), limits)?;
        self.topics().is_there()?;
        self.spend(data.len())?;
        let topic = match self.labels.get_key_value(topic) {
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
    pub async fn commit(&mut self) -> Result<(), Problem> {
        let mut result = Ok(());
        while let Some(one) = self.commit_one().await {
            result = result.and(one);
        }
        result
    }

    /// The next thing that it has said takes effect. `None` where there is none: whoever makes way for others in
    /// between calls this, as each may have many that hear it.
    pub async fn commit_one(&mut self) -> Option<Result<(), Problem>> {
        Some(match self.pending.pop_front()? {
            Pending::Publish(topic, data) => {
                let label = self.labels.get(&topic).cloned();
                let from = Member {
                    id: self.id.clone(),
                    label: label.unwrap_or_default(),
                };
                self.topics().publish(&topic, from, data).await
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

    /// See [`StoreBackend::get`].
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Problem> {
        self.check_key(key)?;
        self.store().get(key).await
    }

    /// See [`StoreBackend::set`].
    pub async fn set(
        &self,
        key: &str,
        value: &[u8],
        time_to_live: Option<Duration>,
    ) -> Result<(), Problem> {
        self.check_key(key)?;
        self.check_value(value)?;
        self.store().set(key, value, time_to_live).await
    }

    /// See [`StoreBackend::compare_and_set`].
    pub async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Problem> {
        self.check_key(key)?;
        for value in [expected, new].into_iter().flatten() {
            self.check_value(value)?;
        }
        self.store().compare_and_set(key, expected, new).await
    }

    /// See [`StoreBackend::add`].
    pub async fn add(&self, key: &str, delta: i64) -> Result<i64, Problem> {
        self.check_key(key)?;
        self.store().add(key, delta).await
    }

    /// See [`StoreBackend::delete`].
    pub async fn delete(&self, key: &str) -> Result<bool, Problem> {
        self.check_key(key)?;
        self.store().delete(key).await
    }

    /// See [`StoreBackend::keys`].
    pub async fn keys(
        &self,
        prefix: &str,
        more: Option<&str>,
        limit: usize,
    ) -> Result<Page, Problem> {
        self.check_key(prefix)?;
        self.check_key(more.unwrap_or_default())?;
        self.store().keys(prefix, more, limit).await
    }

    fn topics(&self) -> &dyn TopicsBackend {
        &*self.state.inner().topics
    }

    fn store(&self) -> &dyn StoreBackend {
        &*self.state.inner().store
    }

    fn leave(&mut self, topic: &Arc<str>) {
        if self.labels.remove(topic).is_some() {
            self.topics().leave(topic, &self.id);
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
        Limit::Key.admit(key.len(), self.state.limits())
    }

    fn check_value(&self, value: &[u8]) -> Result<(), Problem> {
        Limit::Value.admit(value.len(), self.state.limits())
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        for topic in std::mem::take(&mut self.labels).into_keys() {
            self.topics().leave(&topic, &self.id);
        }
    }
}
