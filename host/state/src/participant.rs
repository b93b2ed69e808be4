//! One connection among others: what it is subscribed to, and what it has said in the running call.

use super::backend::{EventKind, Hears, Page, StoreBackend, Subscriber, TopicsBackend};
use super::event::Member;
use super::limits::Limit;
use super::mailbox::{Heard, Mailbox};
use super::problem::Problem;
use super::rate::Rate;
use super::shared::SharedState;
use eco_fair::Account;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Processor time that it takes about to tell one connection of one event, beside what its plugin does then: it is woken
/// and called, and what it replies is written (`tests/benches/SHARED.md`). Whoever has it told pays that.
const DELIVERY: Duration = Duration::from_micros(10);
/// And to list one member for one who subscribes.
const LISTED: Duration = Duration::from_micros(1);

/// What a connection can hear of its topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// Nothing: it only wants to be seen.
    Nothing,
    /// What is said, and not who comes and goes.
    Messages,
    /// Everything.
    All,
}

/// A connection that takes part. When it is dropped it leaves all topics, and the others are told.
///
/// What it publishes, and where it unsubscribes, takes effect with [`commit`](Self::commit): so that a call
/// that fails has said nothing.
pub struct Participant {
    state: SharedState,
    id: Arc<str>,
    /// The label under each topic.
    labels: BTreeMap<Arc<str>, Arc<str>>,
    mailbox: Arc<Mailbox>,
    messages: Rate,
    bytes: Rate,
    deliveries: Rate,
    /// Pays for what it makes others do.
    payer: Arc<Account>,
    pending: VecDeque<Pending>,
    /// Bytes that this takes.
    pending_size: usize,
}

/// Bytes that an entry of what is pending takes beside its texts: its place, and the counts of references.
const PENDING: usize = 96;

/// What takes effect when the call returns well.
enum Pending {
    Publish(Arc<str>, Arc<[u8]>),
    Unsubscribe(Arc<str>),
}

impl Pending {
    fn size(&self) -> usize {
        let texts = match self {
            Self::Publish(topic, data) => topic.len() + data.len(),
            Self::Unsubscribe(topic) => topic.len(),
        };
        PENDING + texts
    }

    fn is_unsubscription(&self, of: &str) -> bool {
        matches!(self, Self::Unsubscribe(topic) if **topic == *of)
    }
}

impl Participant {
    pub(crate) fn new(state: SharedState, id: Arc<str>, payer: Arc<Account>) -> Self {
        let inner = state.inner();
        let (limits, now) = (&inner.limits, inner.clock.now());
        Self {
            id,
            labels: BTreeMap::new(),
            mailbox: Arc::new(Mailbox::new(limits, &inner.waiting)),
            messages: Rate::new(limits.messages_per_second, now),
            bytes: Rate::new(limits.bytes_per_second, now),
            deliveries: Rate::new(limits.deliveries_per_second, now),
            payer,
            pending: VecDeque::new(),
            pending_size: 0,
            state,
        }
    }

    /// How others know it.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// A call begins: what it may publish is what its connection has saved up until now, however long it takes.
    pub fn begin_call(&mut self) {
        let now = self.state.inner().clock.now();
        self.messages.fill(now);
        self.bytes.fill(now);
        self.deliveries.fill(now);
    }

    /// Bytes of what it has said and what has not taken effect yet.
    pub fn pending_size(&self) -> usize {
        self.pending_size
    }

    /// Subscribes, or changes the label of a subscription. Returns who else is there. What it hears of the topic is
    /// decided here.
    ///
    /// # Errors
    /// A limit is reached, or it can't be done now.
    pub async fn subscribe(
        &mut self,
        topic: &str,
        label: &str,
        hearing: Hearing,
    ) -> Result<Vec<Member>, Problem> {
        let limits = self.state.limits();
        Limit::Topic.admit(topic.len(), limits)?;
        Limit::Label.admit(label.len(), limits)?;
        let is_there = self.labels.contains_key(topic);
        if !is_there && self.labels.len() >= limits.topics {
            return Err(Problem::TooMany(Limit::Topics));
        }
        let told = self.topics().audience(topic, EventKind::Presence);
        self.spend(0, told)?;
        let topic: Arc<str> = topic.into();
        self.pending
            .retain(|pending| !pending.is_unsubscription(&topic));
        self.pending_size = self.pending.iter().map(Pending::size).sum();
        let member = Member {
            id: self.id.clone(),
            label: label.into(),
        };
        let label = member.label.clone();
        if is_there {
            let others = self.topics().rename(&topic, &member).await?;
            self.labels.insert(topic, label);
            self.pay(LISTED, others.len());
            return Ok(others);
        }
        let hears = match hearing {
            Hearing::Nothing => Hears::Nothing,
            Hearing::Messages => Hears::Messages(self.mailbox.clone()),
            Hearing::All => Hears::All(self.mailbox.clone()),
        };
        let who = Subscriber {
            member,
            hears,
            payer: self.payer.clone(),
        };
        // Before the answer is there: whoever doesn't wait for it leaves all the same.
        self.labels.insert(topic.clone(), label);
        let others = self.topics().join(&topic, who).await;
        match &others {
            Ok(others) => {
                self.pay(LISTED, others.len());
                self.pay(DELIVERY, told);
            }
            Err(_) => self.leave(&topic),
        }
        others
    }

    /// How many hear such an event of a topic.
    pub fn audience(&self, topic: &str, event: EventKind) -> usize {
        self.topics().audience(topic, event)
    }

    /// How many are told when the next thing that it has said takes effect. Zero where there is none.
    pub fn next_audience(&self) -> usize {
        match self.pending.front() {
            Some(Pending::Publish(topic, _)) => self.audience(topic, EventKind::Message),
            Some(Pending::Unsubscribe(topic)) => self.audience(topic, EventKind::Presence),
            None => 0,
        }
    }

    /// That was done for so many.
    fn pay(&self, for_each: Duration, many: usize) {
        let many = u32::try_from(many).unwrap_or(u32::MAX);
        if many > 0 {
            let time = for_each.saturating_mul(many);
            self.payer.charge(time, Instant::now());
        }
    }

    /// Unsubscribes, at [`commit`](Self::commit). Nothing where it isn't subscribed.
    pub fn unsubscribe(&mut self, topic: &str) {
        let mut pending = self.pending.iter();
        let is_leaving = pending.any(|pending| pending.is_unsubscription(topic));
        if let (false, Some((topic, _))) = (is_leaving, self.labels.get_key_value(topic)) {
            let topic = topic.clone();
            self.push(Pending::Unsubscribe(topic));
        }
    }

    fn push(&mut self, pending: Pending) {
        self.pending_size += pending.size();
        self.pending.push_back(pending);
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
        self.spend(data.len(), self.audience(topic, EventKind::Message))?;
        let topic = match self.labels.get_key_value(topic) {
            Some((topic, _)) => topic.clone(),
            None => topic.into(),
        };
        self.push(Pending::Publish(topic, data.into()));
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
        let next = self.pending.pop_front()?;
        self.pending_size -= next.size();
        Some(match next {
            Pending::Publish(topic, data) => {
                let label = self.labels.get(&topic).cloned();
                let from = Member {
                    id: self.id.clone(),
                    label: label.unwrap_or_default(),
                };
                self.pay(DELIVERY, self.audience(&topic, EventKind::Message));
                let payer = &self.payer;
                self.topics().publish(&topic, from, data, payer).await
            }
            Pending::Unsubscribe(topic) => {
                self.leave(&topic);
                Ok(())
            }
        })
    }

    /// Whether it is subscribed to anything.
    pub fn has_topics(&self) -> bool {
        !self.labels.is_empty()
    }

    /// Leaves one of its topics, at once. How many are told, or `None` where it is subscribed to nothing any more.
    pub fn leave_one(&mut self) -> Option<usize> {
        let (topic, _) = self.labels.first_key_value()?;
        let topic = topic.clone();
        let told = self.audience(&topic, EventKind::Presence);
        self.leave(&topic);
        Some(told)
    }

    /// Forgets what it has said since the last [`commit`](Self::commit).
    pub fn roll_back(&mut self) {
        self.pending.clear();
        self.pending_size = 0;
    }

    /// Ready when an event waits for it, with who pays for what that makes it do, if that is not its own peer; else the task is
    /// woken when one comes.
    pub fn poll_event(&self, cx: &Context<'_>) -> Poll<Option<Arc<Account>>> {
        self.mailbox.poll(cx)
    }

    /// The next event that waits for it.
    pub fn next_event(&mut self) -> Option<Heard> {
        self.mailbox.take()
    }

    /// See [`StoreBackend::get`].
    pub async fn get(&self, key: &str) -> Result<Option<Arc<[u8]>>, Problem> {
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
            self.tell_left(topic);
            self.mailbox.forget(topic);
        }
    }

    /// Tells the others of a topic that it has left.
    fn tell_left(&self, topic: &Arc<str>) {
        self.topics().leave(topic, &self.id);
        self.pay(DELIVERY, self.audience(topic, EventKind::Presence));
    }

    /// A message of so many bytes, or a subscription, for so many who hear it.
    fn spend(&mut self, bytes: usize, audience: usize) -> Result<(), Problem> {
        if !self.messages.has(1) {
            return Err(Problem::TooMany(Limit::MessagesPerSecond));
        }
        if !self.bytes.has(bytes) {
            return Err(Problem::TooMany(Limit::BytesPerSecond));
        }
        // However many hear it, it can be said when nothing else was.
        let most = self.state.limits().deliveries_per_second.max(1);
        if !self.deliveries.has(audience.min(most)) {
            return Err(Problem::TooMany(Limit::DeliveriesPerSecond));
        }
        self.messages.take(1);
        self.bytes.take(bytes);
        self.deliveries.take(audience);
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
            self.tell_left(&topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_pending_is_counted_and_no_topic_is_left_twice() {
        let state = SharedState::default();
        let mut anna = state.participant();
        anna.subscribe("tea", "Anna", Hearing::All)
            .await
            .expect("a place");
        anna.publish("tea", b"hello")
            .expect("it is no more than may be");
        let published = anna.pending_size();
        assert_eq!(published, PENDING + "teahello".len());
        for _ in 0..1000 {
            anna.unsubscribe("tea");
        }
        assert_eq!(anna.pending_size(), published + PENDING + "tea".len());
        anna.subscribe("tea", "Anna", Hearing::All)
            .await
            .expect("it stays");
        assert_eq!(anna.pending_size(), published);
        anna.commit().await.expect("there is room");
        assert_eq!(anna.pending_size(), 0);
    }
}
