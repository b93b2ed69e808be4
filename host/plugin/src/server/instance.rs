//! The instance behind a session, which is called directly or as a component, or runs as a program.
//!
//! It owns that choice: `plugin` only keeps the template of direct instances, and sessions don't know them.

use super::component::ComponentServer;
use super::direct::DirectInstance;
use super::plugin::Server;
use crate::call::Call;
use crate::error::Error;
use crate::instance::{Instance, Owner};
use crate::program::ProgramInstance;
use crate::stdio::SessionSettings;
use crate::usage::Usage;
use eco_contract::{DirectBuffer, Reason, Reply};
use futures_util::FutureExt as _;
use std::future::ready;
use std::task::{Context, Poll};
use std::time::Duration;

/// A live instance, by the way in which it is called.
pub(super) enum ServerInstance {
    Direct(DirectInstance),
    Component(ComponentServer),
    Program(Box<ProgramInstance>),
}

impl ServerInstance {
    /// Makes a new instance of a plugin.
    pub(super) async fn instantiate(
        server: &Server,
        owner: Owner,
        settings: &SessionSettings,
    ) -> Result<Self, Error> {
        let handler = match server {
            Server::Plugin(handler) => handler,
            Server::Program(program) => {
                let instance = ProgramInstance::new(program, owner, settings).await?;
                return Ok(Self::Program(Box::new(instance)));
            }
        };
        let current = handler.plugin.templates.current();
        let template = &current.template;
        if let Some(direct) = &handler.direct {
            return direct
                .instantiate(&template.shared, owner)
                .map(Self::Direct);
        }
        let instance = Instance::start(template, owner).await?;
        let loaded = &handler.plugin.loaded;
        let (lifting, hearing) = (loaded.lifting, loaded.hearing());
        ComponentServer::new(&current.exports, lifting, instance, hearing)
            .map(Self::Component)
            .map_err(|error| Error::from_start(error, &template.shared.engine.budgets))
    }

    /// The memory and the work that it has used so far.
    pub(super) fn usage(&self) -> Usage {
        match self {
            Self::Direct(direct) => direct.usage(),
            Self::Component(component) => component.instance().usage(),
            Self::Program(program) => program.usage(),
        }
    }

    /// Notes that the call that it was made for follows, with one deadline for both.
    pub(super) fn goes_on_with_call(&mut self) {
        if let Self::Component(component) = self {
            let state = component.instance_mut().store.data_mut();
            state.meter.goes_on_with_call();
        }
    }

    /// Sets the time by the clock in which each further call must be over.
    pub(super) fn set_deadline(&mut self, deadline: Duration) {
        match self {
            Self::Direct(_) => {}
            Self::Component(component) => component.instance_mut().set_deadline(deadline),
            Self::Program(program) => program.set_deadline(deadline),
        }
    }

    /// Makes a call, and returns its reply. A call through the component layer has a future of some hundred bytes. Its
    /// box is memory that the thread has used just now. Within the connection's own future it would be memory that is
    /// cold where many connections are busy, and direct calls, whose reply is there at once, would move that too.
    pub(super) fn reply_to(
        &mut self,
        call: Call<'_>,
    ) -> impl Future<Output = Result<Reply<'_>, Error>> {
        match (self, call) {
            (Self::Component(component), call) => Box::pin(component.dispatch(call))
                .left_future()
                .left_future(),
            (Self::Program(program), call) => {
                Box::pin(program.call(call)).right_future().left_future()
            }
            (Self::Direct(direct), Call::Receive(chunk)) => {
                ready(direct.receive_copy(chunk)).right_future()
            }
            // A handler has no other function.
            (Self::Direct(direct), Call::Open(_) | Call::Event | Call::EndOfInput) => {
                ready(direct.check_alive().map(|()| Reply::default())).right_future()
            }
        }
    }

    /// The next part of a reply.
    pub(super) async fn more(&mut self) -> Result<Reply<'_>, Error> {
        match self {
            Self::Direct(_) | Self::Component(_) => Ok(Reply::default()),
            Self::Program(program) => program.more().await,
        }
    }

    /// The exit code of a program, once it is over.
    pub(super) fn exit_code(&self) -> Option<u32> {
        match self {
            Self::Direct(_) | Self::Component(_) => None,
            Self::Program(program) => program.exit_code(),
        }
    }

    /// What a program that has failed had written.
    pub(super) fn unsent(&mut self) -> Vec<u8> {
        match self {
            Self::Direct(_) | Self::Component(_) => Vec::new(),
            Self::Program(program) => program.unsent(),
        }
    }

    /// Advice for the author of a program, once it is over.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Direct(_) | Self::Component(_) => None,
            Self::Program(program) => program.hint(),
        }
    }

    /// The plugin's memory, if chunks can be read into it.
    pub(super) fn direct_buffer(&mut self) -> Option<&mut dyn DirectBuffer<Error = Error>> {
        match self {
            Self::Direct(direct) => Some(direct),
            Self::Component(_) | Self::Program(_) => None,
        }
    }

    /// Ready when an event is due for which the plugin wants to be called.
    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Direct(_) => Poll::Pending,
            Self::Component(component) => component.poll_event(cx),
            Self::Program(program) => program.poll_event(cx),
        }
    }

    /// Makes the last call.
    pub(super) fn closed(&mut self, why: Reason) -> impl Future<Output = Result<(), Error>> {
        match self {
            Self::Direct(_) => ready(Ok(())).right_future(),
            Self::Component(component) => {
                Box::pin(component.closed(why)).left_future().left_future()
            }
            Self::Program(program) => Box::pin(program.closed()).right_future().left_future(),
        }
    }
}
