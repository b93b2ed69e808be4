//! This host, as far as it has to do with Redis: its connections, its members, and the things that it still has to say.

use super::leaving::Leaving;
use super::link::Fault;
use super::links::Links;
use super::local_topics::LocalTopics;
use super::loss::Losses;
use super::published::{HostMessage, TopicEvent};
use super::script::{Call, TopicScripts};
use super::sizes::WORD;
use crate::limits::Limits;
use redis::{Script, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{Notify, watch};

/// See the module.
pub(super) struct Host {
    pub(super) links: Arc<Links>,
    pub(super) local: LocalTopics,
    pub(super) scripts: TopicScripts,
    pub(super) limits: Limits,
    /// Subscriptions to channels change one at a time, so that they are those of the local topics.
    pub(super) subscribing: tokio::sync::Mutex<()>,
    pub(super) leaving: Leaving,
    pub(super) losses: Losses,
    /// Whether members that are here may be missing in Redis.
    behind: AtomicBool,
    /// Told when dead hosts still have members.
    pub(super) dead: Notify,
    /// The last renewal of the lease that was heard.
    pub(super) renewed: watch::Sender<u64>,
    /// The connection for events that hears this host's own channel.
    pub(super) listening: AtomicU64,
}

impl Host {
    pub(super) fn new(
        links: Arc<Links>,
        local: LocalTopics,
        scripts: TopicScripts,
        leaving: Leaving,
        limits: &Limits,
    ) -> Self {
        Self {
            links,
            local,
            scripts,
            limits: limits.clone(),
            subscribing: tokio::sync::Mutex::default(),
            leaving,
            losses: Losses::default(),
            behind: AtomicBool::new(false),
            dead: Notify::new(),
            renewed: watch::Sender::new(0),
            listening: AtomicU64::new(0),
        }
    }

    /// Runs a script that a plugin has asked for. `size` has the bytes of its arguments; it answers with a word.
    pub(super) async fn run<'a>(
        &'a self,
        script: &'a Script,
        size: usize,
        arguments: impl FnOnce(&mut Call<'a>),
    ) -> Result<Value, Fault> {
        let call = || self.call(script, arguments);
        self.links.run(size + WORD, WORD, call).await
    }

    /// Runs a script for the host itself.
    pub(super) async fn run_own<'a>(
        &'a self,
        script: &'a Script,
        arguments: impl FnOnce(&mut Call<'a>),
    ) -> Result<Value, Fault> {
        self.links.run_own(self.call(script, arguments)).await
    }

    /// A call over the current connection.
    fn call<'a>(&'a self, script: &'a Script, arguments: impl FnOnce(&mut Call<'a>)) -> Call<'a> {
        let number = self.links.answers.number();
        let mut call = self.scripts.call(script, number);
        arguments(&mut call);
        call
    }

    /// A message was published to a channel.
    pub(super) fn heard(&self, channel: &[u8], data: &[u8]) {
        let Ok(channel) = std::str::from_utf8(channel) else {
            return;
        };
        if channel == self.scripts.host_channel() {
            match HostMessage::parse(data, self.limits.label) {
                Some(HostMessage::Piece(piece)) => self.local.piece(piece),
                Some(HostMessage::Renewed(number)) => drop(self.renewed.send_replace(number)),
                None => {}
            }
        } else if let Some(topic) = self.scripts.topic_of(channel)
            && let Some(event) = TopicEvent::parse(data, self.limits.label)
        {
            self.local.event(topic, event);
        }
    }

    /// Whether members that are here may be missing in Redis.
    pub(super) fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Acquire)
    }

    pub(super) fn set_behind(&self, behind: bool) {
        self.behind.store(behind, Ordering::Release);
    }

    /// Tells the members of a topic that something is lost.
    pub(super) async fn tell_lost(&self, topic: &Arc<str>) -> Result<(), Fault> {
        let telling = self.losses.unconfirmed(topic);
        self.losses.remove(topic);
        let answer = self.run_own(&self.scripts.lose, |call| {
            call.arg(&**topic);
        });
        if is_word(&answer.await?, "ok") {
            telling.confirm();
            Ok(())
        } else {
            // The connection was given up meanwhile. No message may come before this is told.
            Err(Fault::Refused)
        }
    }

    /// Tells the members of all topics of which something is lost. A topic that can't be told holds up no other.
    pub(super) async fn tell_all_lost(&self) {
        for topic in &self.losses.topics() {
            if self.tell_lost(topic).await == Err(Fault::Link) {
                return;
            }
        }
    }
}

/// Whether a script answered with this word.
pub(super) fn is_word(answer: &Value, word: &str) -> bool {
    matches!(answer, Value::BulkString(said) if said == word.as_bytes())
}
