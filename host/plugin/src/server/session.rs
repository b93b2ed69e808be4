//! A server plugin as the session of one connection.
//!
//! It makes the instance when the plugin first has something to do, and gives it up at the last call.

use super::component::Call;
use super::instance::ServerInstance;
use super::plugin::{Instantiated, ServerPlugin};
use crate::error::Error;
use crate::instance::{Owner, Usage};
use crate::laboratory::Laboratory;
use crate::loaded::Interface;
use eco_contract::{Connection, DirectBuffer, Opening, Origin, Reason, Reply, Session, SlowFlag};
use std::sync::Arc;
use std::task::{Context, Poll};

/// One connection's instance of a plugin.
pub struct PluginSession {
    plugin: ServerPlugin,
    owner: Owner,
    instance: Option<ServerInstance>,
}

impl ServerPlugin {
    /// A session for a new connection. Nothing is instantiated until the plugin has something to do.
    pub fn session(&self) -> PluginSession {
        PluginSession::new(self.clone(), None)
    }

    /// As [`session`](Self::session), in surroundings that the caller holds on to. The engine must be
    /// [a laboratory's](crate::EngineBuilder::laboratory).
    pub fn session_in(&self, laboratory: &Laboratory) -> PluginSession {
        PluginSession::new(self.clone(), Some(laboratory.clone()))
    }
}

impl PluginSession {
    fn new(plugin: ServerPlugin, laboratory: Option<Laboratory>) -> Self {
        let owner = Owner {
            laboratory,
            ..Owner::nobody(plugin.engine())
        };
        Self {
            plugin,
            owner,
            instance: None,
        }
    }

    /// The memory and the work that its instance has used so far; `None` when there is none.
    pub fn usage(&self) -> Option<Usage> {
        self.instance.as_ref().map(ServerInstance::usage)
    }

    /// The instance, which is made now if there is none.
    async fn instance(&mut self) -> Result<&mut ServerInstance, Error> {
        Ok(match &mut self.instance {
            Some(instance) => instance,
            // The future is boxed, since it is large and rarely needed: futures are moved whole when they are made.
            none => {
                let made = ServerInstance::instantiate(&self.plugin.0, self.owner.clone());
                none.insert(Box::pin(made).await?)
            }
        })
    }
}

impl Session for PluginSession {
    type Error = Error;

    fn slow_flag(&self) -> SlowFlag {
        self.owner.slow_flag.clone()
    }

    fn version(&self) -> Option<u64> {
        Some(self.plugin.version())
    }

    fn broken_budget(error: &Error) -> Option<&'static str> {
        match error {
            Error::Budget { budget, .. } => Some(budget.code()),
            _ => None,
        }
    }

    async fn open(&mut self, connection: &Connection) -> Result<Opening<'_>, Error> {
        self.owner.connection = connection.id;
        if self.plugin.counts_time() {
            let origin = connection.origin.map(|Origin(origin)| origin);
            let membership = self.plugin.engine().peers.join(origin);
            self.owner.membership = Arc::new(membership);
        }
        match self.plugin.0.instantiated {
            Instantiated::WithConnection => {
                let instance = self.instance().await?;
                match instance.reply_to(Call::Open(connection)).await {
                    Ok(greeting) => Ok(Opening::Greeting(greeting)),
                    Err(Error::Plugin(reason)) => Ok(Opening::Refusal(reason)),
                    Err(error) => Err(error),
                }
            }
            Instantiated::WithFirstChunk => Ok(Opening::Greeting(Reply::default())),
        }
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, Error> {
        self.instance().await?.reply_to(Call::Receive(chunk)).await
    }

    fn direct_buffer(&mut self) -> Option<&mut dyn DirectBuffer<Error = Error>> {
        self.instance.as_mut()?.direct_buffer()
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.instance {
            Some(instance) => instance.poll_event(cx),
            None => Poll::Pending,
        }
    }

    async fn event(&mut self) -> Result<Reply<'_>, Error> {
        self.instance().await?.reply_to(Call::Event).await
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, Error> {
        // A script may define the function only while it is called.
        let listens =
            self.plugin.0.instantiated == Instantiated::WithConnection || self.instance.is_some();
        match self.plugin.interface() {
            Interface::Session if listens => {
                self.instance().await?.reply_to(Call::EndOfInput).await
            }
            _ => Ok(Reply::default()),
        }
    }

    async fn closed(&mut self, why: Reason) -> Result<(), Error> {
        let Some(mut instance) = self.instance.take() else {
            return Ok(());
        };
        instance.closed(why).await
    }
}
