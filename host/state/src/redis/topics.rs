//! Topics on Redis.
//!
//! It owns what is asked for, and in which order: a connection's leaving comes after all that it has asked for.
//! `lease` keeps this host's part alive.

use super::event::{Own, Told};
use super::hub::{Hub, Presence, Ticket};
use super::lease;
use super::leaving::Leaving;
use super::link::{Fault, PATIENCE};
use super::links::{Links, WORD};
use super::script::{Call, TopicScripts};
use crate::backend::{Answer, EventKind, Subscriber, TopicsBackend};
use crate::event::Member;
use crate::limits::{Limit, Limits};
use crate::problem::Problem;
use crate::shared::OpenError;
use eco_fair::Account;
use parking_lot::Mutex;
use redis::{Script, Value};
use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// Members that leave or come back in one call of a script, at most, that are removed of a dead host, and topics that are
/// asked for in one: some milliseconds of Redis, which does nothing else meanwhile.
/// Test: `many_hosts::each_message_arrives_everywhere_once_and_in_order`,
/// `redis_attacks::a_host_with_many_members_is_removed_in_pieces`.
pub(super) const TOGETHER: usize = 256;
/// Topics of which something may be lost while Redis refuses all: of more, whose names plugins make up, nobody is
/// told. Each is told at the next renewal of the lease.
const LOSSY: usize = 10_000;
/// How long a host that ends waits until its members have left. A survivor removes them otherwise.
const GOODBYE: Duration = Duration::from_secs(2);

/// See [`TopicsBackend`].
pub(crate) struct RedisTopics {
    inner: Arc<Inner>,
    tasks: [JoinHandle<()>; 5],
}

pub(super) struct Inner {
    pub(super) links: Arc<Links>,
    pub(super) hub: Hub,
    pub(super) scripts: TopicScripts,
    pub(super) limits: Limits,
    /// What channels are subscribed to changes for one at a time, so that it is what the hub has.
    pub(super) subscribing: tokio::sync::Mutex<()>,
    pub(super) leaving: Leaving,
    /// Topics of which a message may be lost, and whose members haven't been told.
    lossy: Mutex<HashSet<Arc<str>>>,
    /// Whether members that are here may be missing in Redis.
    pub(super) behind: AtomicBool,
    /// Told when hosts are dead whose members are still there.
    pub(super) dead: Notify,
    /// The last renewal of the lease that was heard.
    pub(super) renewed: watch::Sender<u64>,
    /// The connection for events that hears this host's own channel.
    pub(super) listening: AtomicU64,
}

impl RedisTopics {
    /// For the host of this name, which begins the ids of its connections.
    pub(crate) async fn open(
        links: Arc<Links>,
        namespace: &str,
        host: &str,
        limits: &Limits,
        waiting: &Arc<AtomicUsize>,
    ) -> Result<Self, OpenError> {
        let (leaving, leaves) = Leaving::new();
        let inner = Arc::new(Inner {
            links,
            hub: Hub::new(limits, waiting, lease::LEASE),
            scripts: TopicScripts::new(namespace, host),
            limits: limits.clone(),
            subscribing: tokio::sync::Mutex::default(),
            leaving,
            lossy: Mutex::default(),
            behind: AtomicBool::new(false),
            dead: Notify::new(),
            renewed: watch::Sender::new(0),
            listening: AtomicU64::new(0),
        });
        lease::connect(&inner).await?;
        let tasks = [
            tokio::spawn(lease::keep(inner.clone())),
            tokio::spawn(lease::keep_connections(inner.clone())),
            tokio::spawn(lease::remove_dead(inner.clone())),
            tokio::spawn(lease::list_doubtful(inner.clone())),
            tokio::spawn(leaves.run(inner.clone())),
        ];
        Ok(Self { inner, tasks })
    }
}

impl Drop for RedisTopics {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Inner {
    /// Runs a script that a plugin has asked for. `size` is what its arguments have; it returns a word.
    async fn run<'a>(
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

    /// A call over the connection that there is.
    fn call<'a>(&'a self, script: &'a Script, arguments: impl FnOnce(&mut Call<'a>)) -> Call<'a> {
        let number = self.links.answers.number();
        let mut call = self.scripts.call(script, number);
        arguments(&mut call);
        call
    }

    /// What has been published to a channel.
    pub(super) fn heard(&self, channel: &[u8], data: &[u8]) {
        let Ok(channel) = std::str::from_utf8(channel) else {
            return;
        };
        if channel == self.scripts.host_channel() {
            match Own::parse(data, self.limits.label) {
                Some(Own::Piece(piece)) => self.hub.listed(piece),
                Some(Own::Renewed(number)) => drop(self.renewed.send_replace(number)),
                None => {}
            }
        } else if let Some(topic) = self.scripts.topic_of(channel)
            && let Some(told) = Told::parse(data, self.limits.label)
        {
            self.hub.told(topic, told);
        }
    }

    /// A member joins, and hears of the others over the connection for events.
    async fn join(
        &self,
        topic: &str,
        member: &Member,
        ticket: Ticket,
    ) -> Result<Vec<Member>, Problem> {
        let size = topic.len() + member.label.len();
        let joining = self.run(&self.scripts.join, size, |call| {
            call.arg(topic).arg(&*member.id).arg(&*member.label);
            call.arg(ticket.number).arg(self.limits.members);
        });
        done(&joining.await?)?;
        self.others(ticket).await
    }

    /// What somebody has asked for, when it has happened here. The connection that brings it may break.
    async fn others(&self, ticket: Ticket) -> Result<Vec<Member>, Problem> {
        match tokio::time::timeout(PATIENCE, ticket.others).await {
            Ok(Ok(others)) => Ok(others),
            Ok(Err(_)) | Err(_) => Err(Problem::AWAY),
        }
    }

    /// Tells the members of a topic that something is lost.
    async fn tell_lost(&self, topic: &Arc<str>) -> Result<(), Fault> {
        let mut lost = Lost::new(self, topic);
        self.lossy.lock().remove(topic);
        let telling = self.run_own(&self.scripts.lose, |call| {
            call.arg(&**topic);
        });
        if is_word(&telling.await?, "ok") {
            lost.is_told();
            Ok(())
        } else {
            // Over a connection that was given up meanwhile: nothing may be said before this is.
            Err(Fault::Refused)
        }
    }

    /// Tells the members of all topics of which something is lost. One that can't be told holds up no other.
    pub(super) async fn tell_all_lost(&self) {
        let lossy: Vec<_> = self.lossy.lock().iter().cloned().collect();
        for topic in &lossy {
            if self.tell_lost(topic).await == Err(Fault::Link) {
                return;
            }
        }
    }

    /// Where a connection has left something just now: waits until it has, so that it doesn't overtake itself.
    async fn after_leaving(&self, id: &str) -> Result<(), Problem> {
        if !self.leaving.has(id) {
            return Ok(());
        }
        let flushed = tokio::time::timeout(PATIENCE, self.leaving.flush()).await;
        flushed.map_err(|_| Problem::AWAY)
    }
}

/// A message on its way: it counts as lost, however that ends, until it is told.
struct Lost<'a> {
    inner: &'a Inner,
    topic: Option<&'a Arc<str>>,
}

impl<'a> Lost<'a> {
    fn new(inner: &'a Inner, topic: &'a Arc<str>) -> Self {
        let topic = Some(topic);
        Self { inner, topic }
    }

    fn is_told(&mut self) {
        self.topic = None;
    }
}

impl Drop for Lost<'_> {
    fn drop(&mut self) {
        if let Some(topic) = self.topic {
            let mut lossy = self.inner.lossy.lock();
            if lossy.len() < LOSSY {
                lossy.insert(topic.clone());
            }
        }
    }
}

/// Whether a script said this word.
pub(super) fn is_word(answer: &Value, word: &str) -> bool {
    matches!(answer, Value::BulkString(said) if said == word.as_bytes())
}

/// Whether a script did what it was asked for. If not, and no limit was in the way, the host is not known yet, or the
/// connection is another by now.
fn done(answer: &Value) -> Result<(), Problem> {
    if is_word(answer, "ok") {
        Ok(())
    } else if is_word(answer, "members") {
        Err(Problem::TooMany(Limit::Members))
    } else {
        Err(Problem::AWAY)
    }
}

impl TopicsBackend for RedisTopics {
    fn join<'a>(&'a self, topic: &'a Arc<str>, who: Subscriber) -> Answer<'a, Vec<Member>> {
        Box::pin(async move {
            let inner = &self.inner;
            let member = who.member.clone();
            inner.after_leaving(&member.id).await?;
            let was_listed = inner.hub.presence(topic) == Presence::Listed;
            let ticket = inner.hub.enter(topic, who);
            // The room may have gone in between, with its channel: then it isn't listed any more.
            if was_listed && inner.hub.presence(topic) == Presence::Listed {
                return inner.join(topic, &member, ticket).await;
            }
            let _one = inner.subscribing.lock().await;
            let channel = inner.scripts.topic_channel(topic);
            inner.links.subscribe(&[channel]).await?;
            if inner.hub.presence(topic) == Presence::New {
                lease::list(inner, std::slice::from_ref(topic)).await?;
            }
            inner.join(topic, &member, ticket).await
        })
    }

    fn is_there(&self) -> Result<(), Problem> {
        if self.inner.links.answers.is_up() {
            Ok(())
        } else {
            Err(Problem::AWAY)
        }
    }

    fn rename<'a>(&'a self, topic: &'a Arc<str>, member: &'a Member) -> Answer<'a, Vec<Member>> {
        Box::pin(async move {
            let inner = &self.inner;
            let ticket = inner.hub.ask(topic, &member.id).ok_or(Problem::AWAY)?;
            let size = topic.len() + member.label.len();
            let naming = inner.run(&inner.scripts.rename, size, |call| {
                call.arg(&**topic).arg(&*member.id).arg(&*member.label);
                call.arg(ticket.number);
            });
            done(&naming.await?)?;
            inner.hub.rename(topic, member);
            inner.others(ticket).await
        })
    }

    fn audience(&self, topic: &str, _: EventKind) -> usize {
        // What members of other hosts hear nobody here knows.
        self.inner.hub.audience(topic)
    }

    fn publish<'a>(
        &'a self,
        topic: &'a Arc<str>,
        from: Member,
        data: Arc<[u8]>,
        _payer: &'a Arc<Account>,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let inner = &self.inner;
            let mut lost = Lost::new(inner, topic);
            inner.after_leaving(&from.id).await?;
            let is_lossy = inner.lossy.lock().contains(topic);
            if is_lossy {
                inner.tell_lost(topic).await?;
            }
            let size = topic.len() + from.label.len() + data.len();
            let publishing = inner.run(&inner.scripts.publish, size, |call| {
                call.arg(&**topic).arg(&*from.id).arg(&*from.label);
                call.arg(&*data);
            });
            done(&publishing.await?)?;
            lost.is_told();
            Ok(())
        })
    }

    fn leave(&self, topic: &Arc<str>, id: &Arc<str>) {
        let is_empty = self.inner.hub.exit(topic, id);
        self.inner.leaving.member(topic, id);
        if is_empty {
            self.inner.leaving.topic(topic);
        }
    }

    fn flush(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.inner.leaving.flush())
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let goodbye = async {
                self.inner.leaving.flush().await;
                let _ = lease::renew(&self.inner, Duration::ZERO).await;
            };
            let _ = tokio::time::timeout(GOODBYE, goodbye).await;
        })
    }
}
