//! A server plugin as the session of one connection.
//!
//! It makes the instance when the plugin first has something to do, and gives it up at the last call.

use super::instance::ServerInstance;
use super::plugin::ServerPlugin;
use crate::call::Call;
use crate::error::Error;
use crate::imports::peer_details::PeerDetails;
use crate::instance::Owner;
use crate::laboratory::Laboratory;
use crate::stdio::{ExitReport, Replies, SessionSettings, variables};
use crate::usage::Usage;
use eco_contract::{Connection, DirectBuffer, Opening, Origin, Reason, Reply, Session, SlowFlag};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// One connection's instance of a plugin, as a [`Session`].
///
/// It also does without a connection, as [a function](crate#a-plugin-as-a-function): what
/// [`receive`](Session::receive) is given, the plugin answers.
///
/// # Failures
///
/// A call that fails leaves a dead instance, and so does a future that is dropped before it is ready. The plugin is not
/// called again then: [`closed`](Session::closed) does nothing, and every other call gives [`Error::Dead`], until
/// [`reset`](Self::reset). After [`Error::Plugin`], the plugin's own error, `closed` alone reaches the plugin, unless
/// the error was a refusal in `open`.
pub struct PluginSession {
    plugin: ServerPlugin,
    owner: Owner,
    /// Those of a program.
    settings: SessionSettings,
    instance: Slot,
}

/// The place of an instance.
#[allow(
    clippy::large_enum_variant,
    reason = "it is made for most of a connection's life, and a box would be an allocation more"
)]
enum Slot {
    /// It is not made yet.
    Unmade,
    Made(ServerInstance),
    /// It was given up, or could not be made.
    Gone,
}

impl Slot {
    fn get(&self) -> Option<&ServerInstance> {
        match self {
            Self::Made(instance) => Some(instance),
            Self::Unmade | Self::Gone => None,
        }
    }

    fn get_mut(&mut self) -> Option<&mut ServerInstance> {
        match self {
            Self::Made(instance) => Some(instance),
            Self::Unmade | Self::Gone => None,
        }
    }
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
            settings: SessionSettings::default(),
            instance: Slot::Unmade,
        }
    }

    /// Has a program reply in parts ([`Next::More`](eco_contract::Next::More)), for a driver that takes them: what it has
    /// written is sent as soon as it sleeps, or has written 64 KiB. Otherwise a reply is whole, as that of any plugin.
    #[must_use]
    pub fn in_parts(mut self) -> Self {
        self.settings.replies = Replies::InParts;
        self
    }

    /// Leaves it to the caller to report [the exit code](Self::exit_code) of a program. Otherwise one that isn't 0 is in the
    /// log.
    #[must_use]
    pub fn without_exit_log(mut self) -> Self {
        self.settings.exit_report = ExitReport::Caller;
        self
    }

    /// The exit code of a program that is over. `None` for a plugin, and for a program that has failed. It is there until
    /// the last call, or [`reset`](Self::reset).
    pub fn exit_code(&self) -> Option<u32> {
        self.instance.get()?.exit_code()
    }

    /// Advice for the author of a program that is over, and has written nothing before the end of its input. It is of use where
    /// an answer was due before that.
    pub fn hint(&self) -> Option<String> {
        self.instance.get()?.hint()
    }

    /// What a program that has failed had written, and was not sent. It can be taken once.
    pub fn unsent(&mut self) -> Vec<u8> {
        let instance = self.instance.get_mut();
        instance.map_or(Vec::new(), ServerInstance::unsent)
    }

    /// The memory and the work that its instance has used so far; `None` when there is none. A dead instance still has
    /// them.
    pub fn usage(&self) -> Option<Usage> {
        self.instance.get().map(ServerInstance::usage)
    }

    /// Throws the instance away, dead or not, without a last call. It leaves its topics. The next call has a new
    /// instance, which knows nothing of the old one. The session keeps its connection and its deadline.
    pub fn reset(&mut self) {
        self.instance = Slot::Unmade;
    }

    /// Sets the time by the clock in which each further call must be over, in place of the engine's
    /// [`Budgets::deadline`](crate::Budgets::deadline): with the making of the instance, if the call needs one, and
    /// with all that it waits for, such as a place among slow calls. A call that isn't over then fails with
    /// [`Budget::Deadline`](crate::Budget::Deadline).
    ///
    /// A plugin that computes is stopped at the next tick of the engine's clock, which ticks every 10 ms. A plugin that
    /// is called directly has no deadline, since its calls are over in microseconds and never wait. What a call has
    /// published is delivered after the call, and doesn't count.
    pub fn set_deadline(&mut self, deadline: Duration) {
        self.owner.deadline = Some(deadline);
        if let Some(instance) = self.instance.get_mut() {
            instance.set_deadline(deadline);
        }
    }

    /// Whether there is no instance yet, since the plugin has nothing to do before the first chunk.
    fn waits_for_chunk(&self) -> bool {
        let is_unmade = matches!(self.instance, Slot::Unmade);
        is_unmade && self.plugin.only_receives()
    }

    /// The instance, which is made now if there is none.
    async fn instance(&mut self) -> Result<&mut ServerInstance, Error> {
        if let Slot::Unmade = self.instance {
            // A start that fails or is dropped leaves none.
            self.instance = Slot::Gone;
            // The future is boxed, since it is large and rarely needed: futures are moved whole when they are made.
            let owner = self.owner.clone();
            let making = ServerInstance::instantiate(&self.plugin.0, owner, &self.settings);
            let made = Box::pin(making).await;
            let figures = &self.plugin.engine().figures;
            let mut made = made.inspect_err(|error| figures.failed(error))?;
            made.goes_on_with_call();
            self.instance = Slot::Made(made);
        }
        self.instance.get_mut().ok_or(Error::Dead)
    }
}

impl fmt::Debug for PluginSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (plugin, connection) = (self.plugin.name(), self.owner.connection);
        write!(f, "PluginSession({plugin}, connection {connection})")
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
        let details = connection.details.as_deref();
        self.owner.peer_details = details.map(|details| Arc::new(PeerDetails::from(details)));
        if self.plugin.counts_time() {
            let origin = connection.origin.map(|Origin(origin)| origin);
            let membership = self.plugin.engine().peers.join(origin);
            self.owner.membership = Arc::new(membership);
        }
        if self.plugin.is_program() {
            self.settings.variables = variables(connection);
        }
        if self.waits_for_chunk() {
            return Ok(Opening::Greeting(Reply::default()));
        }
        let instance = self.instance().await?;
        match instance.reply_to(Call::Open(connection)).await {
            Ok(greeting) => Ok(Opening::Greeting(greeting)),
            Err(Error::Plugin(reason)) => Ok(Opening::Refusal(reason)),
            Err(error) => Err(error),
        }
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, Error> {
        self.instance().await?.reply_to(Call::Receive(chunk)).await
    }

    fn direct_buffer(&mut self) -> Option<&mut dyn DirectBuffer<Error = Error>> {
        self.instance.get_mut()?.direct_buffer()
    }

    async fn more(&mut self) -> Result<Reply<'_>, Error> {
        match self.instance.get_mut() {
            Some(instance) => Box::pin(instance.more()).await,
            None => Err(Error::Dead),
        }
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.instance.get_mut() {
            Some(instance) => instance.poll_event(cx),
            None => Poll::Pending,
        }
    }

    async fn event(&mut self) -> Result<Reply<'_>, Error> {
        // Without an instance nobody has subscribed to anything.
        if matches!(self.instance, Slot::Unmade) {
            return Ok(Reply::default());
        }
        self.instance().await?.reply_to(Call::Event).await
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, Error> {
        // A script may define the function only while it is called.
        if self.waits_for_chunk() {
            return Ok(Reply::default());
        }
        self.instance().await?.reply_to(Call::EndOfInput).await
    }

    async fn closed(&mut self, why: Reason) -> Result<(), Error> {
        match std::mem::replace(&mut self.instance, Slot::Gone) {
            Slot::Made(mut instance) => instance.closed(why).await,
            Slot::Unmade | Slot::Gone => Ok(()),
        }
    }
}
