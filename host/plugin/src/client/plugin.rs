//! A plugin in the role of a client: loading it, and its dialogues.

use crate::abi::{self, CLIENT, ClientExports, OfChunk, Returned};
use crate::engine::Engine;
use crate::error::{Error, LoadError};
use crate::imports::Importer;
use crate::instance::{Instance, Owner, Usage};
use crate::laboratory::Laboratory;
use crate::loaded::{Interface, Loaded};
use crate::loading::{self, Role, Way};
use crate::templates::{Start, Starts};
use eco_compile::Caller;
use eco_compile::Compiled;
use eco_compile::Source;
use eco_contract::Expect;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use wasmtime::component::{ComponentExportIndex, TypedFunc, WasmList};

/// One turn: what to send, borrowed from the dialogue, and how far to read then.
#[derive(Debug)]
pub struct Turn<'a> {
    /// May be empty.
    pub send: Cow<'a, [u8]>,
    /// The reply that must follow.
    pub expect: Expect,
}

/// What is wrong with a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// For a person.
    pub reason: String,
    /// Where in the reply, counted from 0, if there is such a place.
    pub offset: Option<u64>,
}

/// What follows a reply.
#[derive(Debug)]
pub enum Step<'a> {
    /// The dialogue goes on.
    Next(Turn<'a>),
    /// It is over, and all replies were right.
    Done,
    /// It is over, because the reply was wrong.
    Wrong(Fault),
}

type FirstTurn<D> = (Result<abi::Turn<D>, String>,);

const ROLE: Role = Role {
    name: "client plugin",
    importer: Importer::Client,
    expected: "eco:plugin/client@0.1.0 (with start, replied)",
    needs: "start",
    callers: &[Caller::Server],
};

/// A plugin that holds the client's side of dialogues. Cheap to clone; clones are the same plugin.
#[derive(Clone)]
pub struct ClientPlugin(Arc<Client>);

struct Client {
    loaded: Loaded,
    starts: Starts<ClientExports>,
}

impl ClientPlugin {
    /// Reads, compiles and checks a plugin, and instantiates it once.
    ///
    /// # Errors
    /// See [`LoadError`]: each variant is one of the checks, in their order.
    pub async fn load(engine: &Engine, source: Source) -> Result<Self, LoadError> {
        let load = |compiled| Self::from_compiled(engine, compiled);
        loading::compile_and_load(engine, source, load).await
    }

    /// The checks that come after compiling.
    pub(crate) async fn from_compiled(
        engine: &Engine,
        compiled: Compiled,
    ) -> Result<Self, LoadError> {
        let exports = ClientExports::find(&compiled.component)
            .ok_or_else(|| ROLE.not_exported(&compiled.component))?;
        let interface = (Interface::Client, CLIENT);
        let post_return = compiled.post_return;
        let check = |instance: &mut Instance| {
            if post_return {
                Functions::<Vec<u8>>::find(&exports, instance).map(drop)
            } else {
                Functions::<WasmList<u8>>::find(&exports, instance).map(drop)
            }
        };
        let way = Way::Component;
        let tried = loading::load(engine, &compiled, &ROLE, interface, way, check).await?;
        let template = tried.template;
        let plain = Start { template, exports };
        Ok(Self(Arc::new(Client {
            loaded: tried.loaded,
            starts: Starts::new(plain, tried.snapshot, ClientExports::find),
        })))
    }

    /// Starts a dialogue.
    ///
    /// # Errors
    /// The plugin fails as it starts.
    pub async fn dialogue(&self) -> Result<Dialogue, Error> {
        self.begin(self.0.starts.current(), None).await
    }

    /// As [`dialogue`](Self::dialogue), for one that is held later: a script that is to be evaluated is evaluated
    /// now, and not as it begins.
    ///
    /// # Errors
    /// The plugin fails as it starts.
    pub async fn dialogue_ahead(&self) -> Result<Dialogue, Error> {
        let start = self.0.starts.current();
        let mut dialogue = self.begin(start, None).await?;
        let evaluates = start.template.shared.evaluation.is_some();
        if let Some(load) = start.exports.load.as_ref().filter(|_| evaluates) {
            dialogue.evaluate(load).await?;
        }
        Ok(dialogue)
    }

    /// As [`dialogue`](Self::dialogue), in surroundings that the caller holds on to. The engine must be
    /// [a laboratory's](crate::EngineBuilder::laboratory).
    ///
    /// # Errors
    /// The plugin fails as it starts.
    pub async fn dialogue_in(&self, laboratory: &Laboratory) -> Result<Dialogue, Error> {
        self.begin(self.0.starts.current(), Some(laboratory.clone()))
            .await
    }

    async fn begin(
        &self,
        start: &Start<ClientExports>,
        laboratory: Option<Laboratory>,
    ) -> Result<Dialogue, Error> {
        let loaded = &self.0.loaded;
        let Start { template, exports } = start;
        let owner = Owner {
            laboratory,
            ..Owner::nobody(&template.shared.engine)
        };
        let mut instance = Instance::start(template, owner).await?;
        let failed =
            |error: wasmtime::Error| Error::from_start(error, &template.shared.engine.budgets);
        Ok(Dialogue(if loaded.post_return {
            let functions = Functions::find(exports, &mut instance).map_err(failed)?;
            Running::Copied(ComponentClient {
                instance,
                functions,
            })
        } else {
            let functions = Functions::find(exports, &mut instance).map_err(failed)?;
            Running::InPlace(ComponentClient {
                instance,
                functions,
            })
        }))
    }

    /// As [`ServerPlugin::settled`](crate::ServerPlugin::settled).
    pub async fn settled(&self) -> bool {
        self.0.starts.settled().await
    }

    /// The name of the built-in, or the path.
    pub fn name(&self) -> &str {
        &self.0.loaded.name
    }

    /// Whether two instances that are told the same do the same: it imports nothing that could
    /// differ from one to the other, such as a clock.
    pub fn repeats_itself(&self) -> bool {
        self.0.loaded.repeats_itself
    }

    /// Whether it has this function of its interface, by its name in the WIT. A component has them all.
    pub fn defines(&self, function: &str) -> bool {
        self.0.loaded.defines(function)
    }

    pub(crate) fn loaded(&self) -> &Loaded {
        &self.0.loaded
    }
}

impl fmt::Debug for ClientPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientPlugin({})", self.name())
    }
}

/// One dialogue in progress. After an error it is over.
pub struct Dialogue(Running);

/// An instance, by the way in which its bytes come back.
enum Running {
    InPlace(ComponentClient<WasmList<u8>>),
    Copied(ComponentClient<Vec<u8>>),
}

struct ComponentClient<D: 'static> {
    instance: Instance,
    functions: Functions<D>,
}

struct Functions<D: 'static> {
    start: TypedFunc<(Option<&'static [u8]>,), FirstTurn<D>>,
    replied: OfChunk<Result<abi::Step<D>, String>>,
}

impl<D: Returned> Functions<D> {
    fn find(exports: &ClientExports, instance: &mut Instance) -> wasmtime::Result<Self> {
        Ok(Self {
            start: instance.function(&exports.start)?,
            replied: instance.function(&exports.replied)?,
        })
    }
}

impl Dialogue {
    /// What its instance has used so far.
    pub fn usage(&self) -> Usage {
        match &self.0 {
            Running::InPlace(client) => client.instance.usage(),
            Running::Copied(client) => client.instance.usage(),
        }
    }

    /// Has its interpreter evaluate the script.
    async fn evaluate(&mut self, load: &ComponentExportIndex) -> Result<(), Error> {
        let instance = match &mut self.0 {
            Running::InPlace(client) => &mut client.instance,
            Running::Copied(client) => &mut client.instance,
        };
        let load = instance.function::<(), (Result<Vec<String>, String>,)>(load);
        let budgets = &instance.store.data().engine.budgets;
        let load = load.map_err(|error| Error::from_start(error, budgets))?;
        let (defined,) = instance.call(load, ()).await?;
        said(defined, instance).map(drop)
    }

    /// The first call. Without a `message` the plugin sends one of its own.
    ///
    /// # Errors
    /// The plugin can't go on, or broke a budget.
    pub async fn start(&mut self, message: Option<&[u8]>) -> Result<Turn<'_>, Error> {
        match &mut self.0 {
            Running::InPlace(client) => client.start(message).await,
            Running::Copied(client) => client.start(message).await,
        }
    }

    /// Hands over the reply to the last turn.
    ///
    /// # Errors
    /// The plugin can't go on, or broke a budget.
    pub async fn replied(&mut self, reply: &[u8]) -> Result<Step<'_>, Error> {
        match &mut self.0 {
            Running::InPlace(client) => client.replied(reply).await,
            Running::Copied(client) => client.replied(reply).await,
        }
    }
}

impl<D: Returned> ComponentClient<D> {
    async fn start(&mut self, message: Option<&[u8]>) -> Result<Turn<'_>, Error> {
        let Self {
            instance,
            functions,
        } = self;
        let (turn,) = instance.call(functions.start, (message,)).await?;
        turn_from(said(turn, instance)?, instance)
    }

    async fn replied(&mut self, reply: &[u8]) -> Result<Step<'_>, Error> {
        let Self {
            instance,
            functions,
        } = self;
        let (step,) = instance.call(functions.replied, (reply,)).await?;
        step_from(said(step, instance)?, instance)
    }
}

/// What the plugin returned, or its own error.
fn said<T>(answer: Result<T, String>, instance: &Instance) -> Result<T, Error> {
    let state = instance.store.data();
    match (answer, state.broken()) {
        (Ok(_), Some(broken)) => Err(broken),
        (answer, _) => answer.map_err(|text| state.error(text)),
    }
}

fn step_from<D: Returned>(step: abi::Step<D>, instance: &Instance) -> Result<Step<'_>, Error> {
    Ok(match step {
        abi::Step::Next(turn) => Step::Next(turn_from(turn, instance)?),
        abi::Step::Done => Step::Done,
        abi::Step::Wrong(abi::Fault { reason, offset }) => Step::Wrong(Fault { reason, offset }),
    })
}

fn turn_from<D: Returned>(turn: abi::Turn<D>, instance: &Instance) -> Result<Turn<'_>, Error> {
    let expect = match turn.expect {
        abi::Expect::Exactly(bytes) => Expect::Exactly(bytes),
        abi::Expect::Through(end) if end.is_empty() => {
            let why = "it expects a reply through an empty sequence";
            return Err(Error::Plugin(why.to_owned()));
        }
        abi::Expect::Through(end) => Expect::Through(end),
        abi::Expect::ToEnd => Expect::ToEnd,
        abi::Expect::Nothing => Expect::Nothing,
    };
    Ok(Turn {
        send: turn.send.bytes(&instance.store),
        expect,
    })
}
