//! Topics on Redis.
//!
//! It owns the order of a connection's questions: its leaving comes after all of them.

use super::host::{Host, is_word};
use super::lease;
use super::leaving::Leaving;
use super::link::PATIENCE;
use super::links::Links;
use super::lists;
use super::local_topics::{LocalTopics, Ticket};
use super::reconnect;
use super::remove;
use super::script::TopicScripts;
use crate::backend::{Answer, Subscriber, TopicsBackend};
use crate::counters::TopicCounts;
use crate::error::OpenError;
use crate::event::{EventKind, Member};
use crate::limits::{Limit, Limits};
use crate::problem::Problem;
use eco_fair::Account;
use redis::Value;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

/// A host that ends waits so long until its members have left. Otherwise another host removes them.
const GOODBYE: Duration = Duration::from_secs(2);

/// See [`TopicsBackend`].
pub(crate) struct RedisTopics {
    host: Arc<Host>,
    tasks: [JoinHandle<()>; 5],
}

impl RedisTopics {
    /// For the host of this name, which begins the ids of its connections.
    pub(crate) async fn open(
        links: Arc<Links>,
        namespace: &str,
        host: &str,
        limits: &Limits,
    ) -> Result<Self, OpenError> {
        let (leaving, leaves) = Leaving::new();
        // Redis may have lost all, and a member's host come back later than this one: it has as long as a lease.
        let local = LocalTopics::new(limits, lease::LEASE);
        let scripts = TopicScripts::new(namespace, host);
        let host = Arc::new(Host::new(links, local, scripts, leaving, limits));
        reconnect::connect(&host).await?;
        let tasks = [
            tokio::spawn(lease::keep(host.clone()).in_current_span()),
            tokio::spawn(reconnect::keep_connections(host.clone()).in_current_span()),
            tokio::spawn(remove::remove_dead(host.clone()).in_current_span()),
            tokio::spawn(lists::list_doubtful(host.clone()).in_current_span()),
            tokio::spawn(remove::remove_leaving(leaves, host.clone()).in_current_span()),
        ];
        Ok(Self { host, tasks })
    }
}

impl Drop for RedisTopics {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Has a member join. It hears of the others over the connection for events.
async fn ask_to_join(
    host: &Host,
    topic: &str,
    member: &Member,
    ticket: Ticket,
) -> Result<Vec<Member>, Problem> {
    let size = topic.len() + member.label.len();
    let joining = host.run(&host.scripts.join, size, |call| {
        call.arg(topic).arg(&*member.id).arg(&*member.label);
        call.arg(ticket.number).arg(host.limits.members);
    });
    done(&joining.await?)?;
    others(ticket).await
}

/// The other members, as of the place of a ticket among the events. The connection that brings them may break.
async fn others(ticket: Ticket) -> Result<Vec<Member>, Problem> {
    match tokio::time::timeout(PATIENCE, ticket.others).await {
        Ok(Ok(others)) => Ok(others),
        Ok(Err(_)) | Err(_) => Err(Problem::AWAY),
    }
}

/// Waits while a connection is leaving a topic, so that it doesn't overtake itself.
async fn after_leaving(host: &Host, id: &str) -> Result<(), Problem> {
    if !host.leaving.has(id) {
        return Ok(());
    }
    let flushed = tokio::time::timeout(PATIENCE, host.leaving.flush()).await;
    flushed.map_err(|_| Problem::AWAY)
}

/// Whether a script did its work. If not, and no limit was in the way, the host is not known yet, or the connection is
/// another by now.
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
            let host = &self.host;
            let member = who.member.clone();
            after_leaving(host, &member.id).await?;
            let was_listed = host.local.is_listed(topic);
            let ticket = host.local.enter(topic, who);
            // The topic may have gone in between, with its channel: then it isn't listed any more.
            if was_listed && host.local.is_listed(topic) {
                return ask_to_join(host, topic, &member, ticket).await;
            }
            let _one = host.subscribing.lock().await;
            let channel = host.scripts.topic_channel(topic);
            host.links.subscribe(&[channel]).await?;
            if !host.local.is_listed(topic) {
                lists::list(host, std::slice::from_ref(topic)).await?;
            }
            ask_to_join(host, topic, &member, ticket).await
        })
    }

    fn is_there(&self) -> Result<(), Problem> {
        if self.host.links.answers.is_up() {
            Ok(())
        } else {
            Err(Problem::AWAY)
        }
    }

    fn rename<'a>(&'a self, topic: &'a Arc<str>, member: &'a Member) -> Answer<'a, Vec<Member>> {
        Box::pin(async move {
            let host = &self.host;
            let ticket = host.local.ask(topic, &member.id).ok_or(Problem::AWAY)?;
            let size = topic.len() + member.label.len();
            let naming = host.run(&host.scripts.rename, size, |call| {
                call.arg(&**topic).arg(&*member.id).arg(&*member.label);
                call.arg(ticket.number);
            });
            done(&naming.await?)?;
            host.local.rename(topic, member);
            others(ticket).await
        })
    }

    fn counts(&self) -> TopicCounts {
        self.host.local.counts()
    }

    fn audience(&self, topic: &str, _: EventKind) -> usize {
        // Nobody here knows what members of other hosts hear.
        self.host.local.audience(topic)
    }

    fn publish<'a>(
        &'a self,
        topic: &'a Arc<str>,
        from: Member,
        data: Arc<[u8]>,
        _payer: &'a Arc<Account>,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            let host = &self.host;
            let publishing = host.losses.unconfirmed(topic);
            after_leaving(host, &from.id).await?;
            if host.losses.has(topic) {
                host.tell_lost(topic).await?;
            }
            let size = topic.len() + from.label.len() + data.len();
            let answer = host.run(&host.scripts.publish, size, |call| {
                call.arg(&**topic).arg(&*from.id).arg(&*from.label);
                call.arg(&*data);
            });
            done(&answer.await?)?;
            publishing.confirm();
            Ok(())
        })
    }

    fn leave(&self, topic: &Arc<str>, id: &Arc<str>) {
        let is_empty = self.host.local.exit(topic, id);
        self.host.leaving.member(topic, id);
        if is_empty {
            self.host.leaving.topic(topic);
        }
    }

    fn flush(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.host.leaving.flush())
    }

    fn close(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let goodbye = async {
                self.host.leaving.flush().await;
                let _ = lease::renew(&self.host, Duration::ZERO).await;
            };
            let _ = tokio::time::timeout(GOODBYE, goodbye).await;
        })
    }
}
