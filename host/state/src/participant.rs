//! One connection among others: its subscriptions, and its messages of the running call.

use crate::backend::{Backends, Hearing, Subscriber, TopicsBackend};
use crate::event::{EventKind, Member};
use crate::limits::Limit;
use crate::mailbox::Mailbox;
use crate::pending::{Pending, PendingQueue};
use crate::price::{DELIVERY, LISTED, pay};
use crate::problem::Problem;
use crate::rate::Rates;
use crate::store::Store;
use crate::waiting::Heard;
use eco_fair::Account;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A connection that takes part. When it is dropped it leaves all topics, and the others are told.
///
/// Messages and unsubscriptions take effect with [`commit`](Self::commit), so that a call that fails has said nothing.
pub struct Participant {
    backends: Arc<Backends>,
    store: Store,
    id: Arc<str>,
    /// The label under each topic.
    labels: BTreeMap<Arc<str>, Arc<str>>,
    mailbox: Arc<Mailbox>,
    rates: Rates,
    /// Pays for the work that it causes others.
    payer: Arc<Account>,
    pending: PendingQueue,
}

/// Without what it has said and heard, which is a stranger's.
impl fmt::Debug for Participant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Participant")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Participant {
    pub(crate) fn new(backends: Arc<Backends>, id: Arc<str>, payer: Arc<Account>) -> Self {
        let limits = &backends.limits;
        Self {
            id,
            labels: BTreeMap::new(),
            mailbox: Arc::new(Mailbox::new(limits, &backends.waiting)),
            rates: Rates::new(limits, backends.clock.now()),
            payer,
            pending: PendingQueue::default(),
            store: Store::new(backends.clone()),
            backends,
        }
    }

    /// How others know it.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The store that all share.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// A call begins. It may publish as much as its connection has saved up until now, however long it takes.
    pub fn begin_call(&mut self) {
        self.rates.fill(self.backends.clock.now());
    }

    /// Bytes of messages and unsubscriptions that have not taken effect yet.
    pub fn pending_size(&self) -> usize {
        self.pending.size()
    }

    /// Subscribes, or changes the label of a subscription. Returns the other members. `hearing` counts at the first
    /// subscription. A future that is dropped may have subscribed: then it is left with the participant.
    ///
    /// # Errors
    /// A limit is reached, or it can't be done now.
    pub async fn subscribe(
        &mut self,
        topic: &str,
        label: &str,
        hearing: Hearing,
    ) -> Result<Vec<Member>, Problem> {
        let limits = &self.backends.limits;
        Limit::Topic.admit(topic.len(), limits)?;
        Limit::Label.admit(label.len(), limits)?;
        let is_there = self.labels.contains_key(topic);
        if !is_there && self.labels.len() >= limits.topics {
            return Err(Problem::TooMany(Limit::Topics));
        }
        let told = self.topics().audience(topic, EventKind::Presence);
        self.rates.spend(0, told)?;
        let topic: Arc<str> = topic.into();
        self.pending.keep_subscribed(&topic);
        let member = Member {
            id: self.id.clone(),
            label: label.into(),
        };
        let label = member.label.clone();
        if is_there {
            let mut others = self.topics().rename(&topic, &member).await?;
            others.retain(|other| !other.is_listener());
            self.labels.insert(topic, label);
            self.pay(LISTED, others.len());
            return Ok(others);
        }
        let who = Subscriber {
            member,
            hearing,
            mailbox: self.mailbox.clone(),
            payer: self.payer.clone(),
        };
        // Before the answer is there: a caller that doesn't wait for it leaves all the same.
        self.labels.insert(topic.clone(), label);
        let mut others = self.topics().join(&topic, who).await;
        match &mut others {
            Ok(others) => {
                others.retain(|other| !other.is_listener());
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

    /// How many are told when the next message or unsubscription takes effect. Zero where there is none.
    pub fn next_audience(&self) -> usize {
        match self.pending.first() {
            Some(Pending::Publish(topic, _)) => self.audience(topic, EventKind::Message),
            Some(Pending::Unsubscribe(topic)) => self.audience(topic, EventKind::Presence),
            None => 0,
        }
    }

    /// Pays for work that was done for so many.
    fn pay(&self, for_each: std::time::Duration, many: usize) {
        pay(&self.payer, for_each, many);
    }

    /// Unsubscribes, at [`commit`](Self::commit). Nothing where it isn't subscribed.
    pub fn unsubscribe(&mut self, topic: &str) {
        let is_leaving = self.pending.unsubscribes(topic);
        if let (false, Some((topic, _))) = (is_leaving, self.labels.get_key_value(topic)) {
            self.pending.push(Pending::Unsubscribe(topic.clone()));
        }
    }

    /// Says something to everybody else, at [`commit`](Self::commit).
    ///
    /// # Errors
    /// A limit is reached, or the place can't be reached now.
    pub fn publish(&mut self, topic: &str, data: &[u8]) -> Result<(), Problem> {
        let limits = &self.backends.limits;
        Limit::Topic.admit(topic.len(), limits)?;
        Limit::Message.admit(data.len(), limits)?;
        self.topics().is_there()?;
        let audience = self.audience(topic, EventKind::Message);
        self.rates.spend(data.len(), audience)?;
        let topic = match self.labels.get_key_value(topic) {
            Some((topic, _)) => topic.clone(),
            None => topic.into(),
        };
        self.pending.push(Pending::Publish(topic, data.into()));
        Ok(())
    }

    /// Messages and unsubscriptions take effect, in their order. A future that is dropped leaves the rest of them
    /// pending, but for one that was under way, which takes effect or not.
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

    /// The next message or unsubscription takes effect. `None` where there is none. Each may have a large audience, so
    /// a caller can make way for others in between. It is taken off what is pending at once: in a future that is
    /// dropped it has taken effect or not.
    ///
    /// # Errors
    /// Too much waits for those who hear it ([`Limit::Waiting`]), or the place can't be used now.
    pub async fn commit_one(&mut self) -> Option<Result<(), Problem>> {
        let next = self.pending.pop()?;
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

    /// Leaves one of its topics, at once. Returns how many are told, or `None` where it has no topic any more.
    pub fn leave_one(&mut self) -> Option<usize> {
        let (topic, _) = self.labels.first_key_value()?;
        let topic = topic.clone();
        let told = self.audience(&topic, EventKind::Presence);
        self.leave(&topic);
        Some(told)
    }

    /// Forgets all that is pending since the last [`commit`](Self::commit).
    pub fn roll_back(&mut self) {
        self.pending.clear();
    }

    /// Ready when an event waits for it, for [`next_event`](Self::next_event); else the task is woken when one comes.
    /// Returns the payer of the work that the event causes, if that is not its own peer.
    pub fn poll_event(&self, cx: &Context<'_>) -> Poll<Option<Arc<Account>>> {
        self.mailbox.poll(cx)
    }

    /// The next event that waits for it, if one does.
    pub fn next_event(&mut self) -> Option<Heard> {
        self.mailbox.take()
    }

    fn topics(&self) -> &dyn TopicsBackend {
        &*self.backends.topics
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
    use crate::clock::SystemClock;
    use crate::limits::Limits;
    use crate::pending::PENDING;

    #[tokio::test]
    async fn what_is_pending_is_counted_and_no_topic_is_left_twice() {
        let clock = Arc::new(SystemClock::default());
        let backends = Backends::in_memory(Limits::default(), clock);
        let mut anna = Participant::new(Arc::new(backends), "1".into(), Arc::default());
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
