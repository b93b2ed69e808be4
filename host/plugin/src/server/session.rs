//! A server plugin as the session of one connection.
//!
//! It owns when an instance is made and when it is given up.

use super::component::{Call, ComponentServer};
use super::direct::Direct;
use super::plugin::{Instantiated, ServerPlugin};
use crate::error::Error;
use crate::instance::{Instance, Owner, Usage};
use crate::laboratory::Laboratory;
use crate::loaded::Interface;
use crate::templates::Start;
use eco_contract::{Connection, DirectBuffer, Opening, Origin, Reason, Reply, Session, SlowFlag};
use std::sync::Arc;
use std::task::{Context, Poll};
use wasmtime::component::WasmList;

/// One connection's instance of a plugin.
pub struct PluginSession {
    plugin: ServerPlugin,
    owner: Owner,
    running: Option<Running>,
}

/// An instance, by the way in which it is called, and in which its bytes come back.
enum Running {
    Direct(Direct),
    InPlace(ComponentServer<WasmList<u8>>),
    Copied(ComponentServer<Vec<u8>>),
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
            running: None,
        }
    }

    /// Before it is opened: its surroundings are these, as of [`ServerPlugin::session_in`].
    pub fn enter(&mut self, laboratory: &Laboratory) {
        self.owner.laboratory = Some(laboratory.clone());
    }

    /// What its instance has used so far; `None` when there is none.
    pub fn usage(&self) -> Option<Usage> {
        self.running.as_ref().map(|running| match running {
            Running::Direct(direct) => direct.usage(),
            Running::InPlace(server) => server.instance.usage(),
            Running::Copied(server) => server.instance.usage(),
        })
    }

    /// Makes a call and gives its reply, starting the instance if there is none.
    async fn call(&mut self, call: Call<'_>) -> Result<Reply<'_>, Error> {
        let running = match &mut self.running {
            Some(running) => running,
            // Boxed, since it is large and rare: futures are moved whole when they are made.
            none => {
                let start = start(&self.plugin, self.owner.clone());
                none.insert(Box::pin(start).await?)
            }
        };
        match running {
            Running::Direct(direct) => match call {
                Call::Chunk(chunk) => direct.receive(chunk),
                // A handler has no other function.
                Call::Open(_) | Call::Event | Call::End => Ok(Reply::default()),
            },
            Running::InPlace(server) => server.call(call).await,
            Running::Copied(server) => server.call(call).await,
        }
    }
}

async fn start(plugin: &ServerPlugin, owner: Owner) -> Result<Running, Error> {
    let server = &plugin.0;
    let Start { template, exports } = server.starts.current();
    Ok(match &server.direct {
        Some(module) => Running::Direct(Direct::start(&template.shared, module, owner)?),
        None => {
            let instance = Instance::start(template, owner).await?;
            let budgets = &template.shared.engine.budgets;
            let hearing = server.loaded.hearing();
            if server.loaded.post_return {
                let server = ComponentServer::new(exports, instance, hearing);
                Running::Copied(server.map_err(|error| Error::from_start(error, budgets))?)
            } else {
                let server = ComponentServer::new(exports, instance, hearing);
                Running::InPlace(server.map_err(|error| Error::from_start(error, budgets))?)
            }
        }
    })
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
        // Calls that are over at once are nobody's to count.
        if self.plugin.0.direct.is_none() {
            let origin = connection.origin.map(|Origin(origin)| origin);
            let membership = self.plugin.engine().peers.join(origin);
            self.owner.membership = Arc::new(membership);
        }
        match self.plugin.0.instantiated {
            Instantiated::WithConnection => match self.call(Call::Open(connection)).await {
                Ok(greeting) => Ok(Opening::Greeting(greeting)),
                Err(Error::Plugin(reason)) => Ok(Opening::Refusal(reason)),
                Err(error) => Err(error),
            },
            Instantiated::WithFirstChunk => Ok(Opening::Greeting(Reply::default())),
        }
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, Error> {
        self.call(Call::Chunk(chunk)).await
    }

    fn direct_buffer(&mut self) -> Option<&mut dyn DirectBuffer<Error = Error>> {
        match self.running.as_mut()? {
            Running::Direct(direct) => Some(direct),
            Running::InPlace(_) | Running::Copied(_) => None,
        }
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.running {
            Some(Running::InPlace(server)) => server.poll_event(cx),
            Some(Running::Copied(server)) => server.poll_event(cx),
            Some(Running::Direct(_)) | None => Poll::Pending,
        }
    }

    async fn event(&mut self) -> Result<Reply<'_>, Error> {
        self.call(Call::Event).await
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, Error> {
        // A script may have defined the function only when it was called.
        let listens =
            self.plugin.0.instantiated == Instantiated::WithConnection || self.running.is_some();
        match self.plugin.interface() {
            Interface::Session if listens => self.call(Call::End).await,
            _ => Ok(Reply::default()),
        }
    }

    async fn closed(&mut self, why: Reason) -> Result<(), Error> {
        match self.running.take() {
            None | Some(Running::Direct(_)) => Ok(()),
            Some(Running::InPlace(server)) => server.closed(why).await,
            Some(Running::Copied(server)) => server.closed(why).await,
        }
    }
}
