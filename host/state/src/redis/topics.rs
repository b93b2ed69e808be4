//! Topics on Redis.
//!
//! It owns what is asked for, and in which order: a connection's leaving comes after all that it has asked for.
//! `lease` keeps this host's part alive.

use super::event::{List, Told};
use super::hub::{Hub, Presence};
use super::lease;
use super::link::{Link, PATIENCE};
use super::script::TopicScripts;
use crate::backend::{Answer, Subscriber, TopicsBackend};
use crate::event::Member;
use crate::limits::{Limit, Limits};
use crate::problem::Problem;
use crate::shared::OpenError;
use eco_fair::Account;
use parking_lot::Mutex;
use redis::{Script, ScriptInvocation, Value};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Members that leave or come back in one call of a script, at most, and topics that are asked for in one.
/// Test: `many_hosts::each_message_arrives_everywhere_once_and_in_order`.
pub(super) const TOGETHER: usize = 256;
/// Topics of which something may be lost while Redis refuses all: of more, whose names plugins make up, nobody is
/// told. Each is told at the next renewal of the lease.
const LOSSY: usize = 10_000;
/// How long a host that ends waits until its members have left. A survivor removes them otherwise.
const GOODBYE: Duration = Duration::from_secs(2);

/// See [`TopicsBackend`].
pub(crate) struct RedisTopics {
    inner: Arc<Inner>,
    tasks: [JoinHandle<()>; 3],
}

pub(super) struct Inner {
    pub(super) link: Arc<Link>,
    pub(super) hub: Hub,
    pub(super) scripts: TopicScripts,
    pub(super) limits: Limits,
    /// What channels are subscribed to changes for one at a time, so that it is what the hub has.
    subscribing: tokio::sync::Mutex<()>,
    /// Who leaves how many topics, until Redis knows.
    leaving: Mutex<HashMap<Arc<str>, usize>>,
    leaves: UnboundedSender<Leave>,
    /// Topics of which a message may be lost, and whose members haven't been told.
    lossy: Mutex<HashSet<Arc<str>>>,
    /// Whether members that are here may be missing in Redis.
    pub(super) behind: AtomicBool,
}

enum Leave {
    Member(Arc<str>, Arc<str>),
    /// No member of it is here any more.
    Topic(Arc<str>),
    /// Told when all before it are gone.
    Flush(oneshot::Sender<()>),
}

impl RedisTopics {
    /// For the host of this name, which begins the ids of its connections.
    pub(crate) async fn open(
        link: Arc<Link>,
        namespace: &str,
        host: &str,
        limits: &Limits,
        waiting: &Arc<AtomicUsize>,
    ) -> Result<Self, OpenError> {
        let (leaves, leaving) = unbounded_channel();
        let inner = Arc::new(Inner {
            link,
            hub: Hub::new(limits, waiting, lease::LEASE),
            scripts: TopicScripts::new(namespace, host),
            limits: limits.clone(),
            subscribing: tokio::sync::Mutex::default(),
            leaving: Mutex::default(),
            leaves,
            lossy: Mutex::default(),
            behind: AtomicBool::new(false),
        });
        lease::connect(&inner).await?;
        let tasks = [
            tokio::spawn(lease::keep(inner.clone())),
            tokio::spawn(lease::keep_connection(inner.clone())),
            tokio::spawn(leave_all(inner.clone(), leaving)),
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
    /// A call of a script, over the connection that there is.
    pub(super) fn call<'a>(
        &'a self,
        script: impl FnOnce(&'a TopicScripts) -> &'a Script,
    ) -> ScriptInvocation<'a> {
        let number = self.link.number();
        self.scripts.call(script(&self.scripts), number)
    }

    /// What has been published to a channel.
    pub(super) fn heard(&self, channel: &[u8], data: &[u8]) {
        let Ok(channel) = std::str::from_utf8(channel) else {
            return;
        };
        if channel == self.scripts.host_channel() {
            if let Some(list) = List::parse(data) {
                self.hub.listed(list);
            }
        } else if let Some(topic) = self.scripts.topic_of(channel)
            && let Some(told) = Told::parse(data)
        {
            self.hub.told(topic, told);
        }
    }

    pub(super) async fn join(
        &self,
        topic: &str,
        member: &Member,
        presence: Presence,
    ) -> Result<Vec<Member>, Problem> {
        let mut call = self.call(|scripts| &scripts.join);
        call.arg(topic).arg(&*member.id).arg(&*member.label);
        call.arg(u8::from(presence == Presence::New));
        call.arg(self.limits.members);
        others(self.link.run(&call).await?, &member.id)
    }

    /// A member leaves, after all that it has asked for.
    pub(super) fn leaves(&self, topic: &Arc<str>, id: &Arc<str>) {
        *self.leaving.lock().entry(id.clone()).or_default() += 1;
        let _ = self.leaves.send(Leave::Member(topic.clone(), id.clone()));
    }

    /// Tells the members of a topic that something is lost.
    async fn tell_lost(&self, topic: &Arc<str>) -> Result<(), Problem> {
        let mut lost = Lost::new(self, topic);
        self.lossy.lock().remove(topic);
        let mut call = self.call(|scripts| &scripts.lose);
        call.arg(&**topic);
        is_done(self.link.run(&call).await?)?;
        lost.is_told();
        Ok(())
    }

    /// Tells the members of all topics of which something is lost.
    pub(super) async fn tell_all_lost(&self) -> Result<(), Problem> {
        let lossy: Vec<_> = self.lossy.lock().iter().cloned().collect();
        for topic in &lossy {
            self.tell_lost(topic).await?;
        }
        Ok(())
    }

    /// Where a connection has left something just now: waits until it has, so that it doesn't overtake itself.
    async fn after_leaving(&self, id: &str) -> Result<(), Problem> {
        if !self.leaving.lock().contains_key(id) {
            return Ok(());
        }
        let flushed = tokio::time::timeout(PATIENCE, self.flush()).await;
        flushed.map_err(|_| self.link.away())
    }

    async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.leaves.send(Leave::Flush(done)).is_ok() {
            let _ = flushed.await;
        }
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

/// Whether a script did what it was asked for.
fn is_done(answer: String) -> Result<(), Problem> {
    if answer == "ok" {
        Ok(())
    } else {
        Err(not_yet())
    }
}

/// The host is not known yet, or the connection is another by now.
fn not_yet() -> Problem {
    Problem::Unavailable("Redis has just come back, and does not know this server yet".to_owned())
}

/// The members that a script returns, but for one; or its word for what was in the way.
fn others(answer: Value, but: &str) -> Result<Vec<Member>, Problem> {
    let list: Vec<String> = match answer {
        Value::Array(_) => redis::from_redis_value(answer)
            .map_err(|error| Problem::Unavailable(error.to_string()))?,
        Value::BulkString(word) if word == b"members" => {
            return Err(Problem::TooMany(Limit::Members));
        }
        _ => return Err(not_yet()),
    };
    let mut members = Vec::new();
    let mut list = list.into_iter();
    while let (Some(id), Some(label)) = (list.next(), list.next()) {
        if id != but {
            members.push(Member {
                id: id.into(),
                label: label.into(),
            });
        }
    }
    Ok(members)
}

impl TopicsBackend for RedisTopics {
    fn join<'a>(&'a self, topic: &'a Arc<str>, who: Subscriber) -> Answer<'a, Vec<Member>> {
        Box::pin(async move {
            let inner = &self.inner;
            let member = who.member.clone();
            inner.after_leaving(&member.id).await?;
            if inner.hub.presence(topic) == Presence::Listed {
                inner.hub.enter(topic, who);
                // The room may have gone in between, with its channel: then it isn't listed any more.
                if inner.hub.presence(topic) == Presence::Listed {
                    return inner.join(topic, &member, Presence::Listed).await;
                }
            } else {
                inner.hub.enter(topic, who);
            }
            let _one = inner.subscribing.lock().await;
            let channel = inner.scripts.topic_channel(topic);
            inner.link.subscribe(&[channel]).await?;
            let presence = inner.hub.presence(topic);
            inner.join(topic, &member, presence).await
        })
    }

    fn is_there(&self) -> Result<(), Problem> {
        if self.inner.link.is_up() {
            Ok(())
        } else {
            Err(self.inner.link.away())
        }
    }

    fn rename<'a>(&'a self, topic: &'a Arc<str>, member: &'a Member) -> Answer<'a, Vec<Member>> {
        Box::pin(async move {
            let inner = &self.inner;
            let mut call = inner.call(|scripts| &scripts.rename);
            call.arg(&**topic).arg(&*member.id).arg(&*member.label);
            let others = others(inner.link.run(&call).await?, &member.id)?;
            inner.hub.rename(topic, member);
            Ok(others)
        })
    }

    fn audience(&self, topic: &str) -> usize {
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
            if inner.lossy.lock().contains(topic) {
                inner.tell_lost(topic).await?;
            }
            let mut call = inner.call(|scripts| &scripts.publish);
            call.arg(&**topic).arg(&*from.id).arg(&*from.label);
            call.arg(&*data);
            is_done(inner.link.run(&call).await?)?;
            lost.is_told();
            Ok(())
        })
    }

    fn leave(&self, topic: &Arc<str>, id: &Arc<str>) {
        let inner = &self.inner;
        let is_empty = inner.hub.exit(topic, id);
        inner.leaves(topic, id);
        if is_empty {
            let _ = inner.leaves.send(Leave::Topic(topic.clone()));
        }
    }

    fn flush(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.inner.flush())
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let goodbye = async {
                self.inner.flush().await;
                let _ = lease::renew(&self.inner, Duration::ZERO).await;
            };
            let _ = tokio::time::timeout(GOODBYE, goodbye).await;
        })
    }
}

/// Tells Redis who leaves, in their order. While Redis is away it waits.
async fn leave_all(inner: Arc<Inner>, mut leaving: UnboundedReceiver<Leave>) {
    let mut waiting = Vec::new();
    while leaving.recv_many(&mut waiting, TOGETHER).await > 0 {
        let members = waiting.iter().filter_map(|leave| match leave {
            Leave::Member(topic, id) => Some((topic, id)),
            Leave::Topic(_) | Leave::Flush(_) => None,
        });
        let members: Vec<_> = members.collect();
        if !members.is_empty() {
            // It may be said twice: who isn't there can't leave.
            while leave_some(&inner, &members).await.is_err() {
                tokio::time::sleep(lease::FIRST_PAUSE).await;
            }
            let mut leaving = inner.leaving.lock();
            for (_, id) in members {
                if let Entry::Occupied(mut topics) = leaving.entry(id.clone()) {
                    *topics.get_mut() -= 1;
                    if *topics.get() == 0 {
                        topics.remove();
                    }
                }
            }
        }
        for leave in waiting.drain(..) {
            match leave {
                Leave::Member(..) => {}
                Leave::Topic(topic) => {
                    let _one = inner.subscribing.lock().await;
                    if !inner.hub.has(&topic) {
                        let channel = inner.scripts.topic_channel(&topic);
                        // Whoever connects anew subscribes to what the hub has.
                        let _ = inner.link.unsubscribe(channel.as_bytes()).await;
                    }
                }
                Leave::Flush(done) => drop(done.send(())),
            }
        }
    }
}

async fn leave_some(inner: &Inner, members: &[(&Arc<str>, &Arc<str>)]) -> Result<(), Problem> {
    let mut call = inner.call(|scripts| &scripts.leave);
    for (topic, id) in members {
        call.arg(&***topic).arg(&***id);
    }
    is_done(inner.link.run(&call).await?)
}
