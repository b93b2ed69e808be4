//! A plugin as the client's side of a dialogue: the export `client`.

use super::abi::{self, OfChunk, Returned};
use super::error::Error;
use super::instance::{Instance, Usage};
use super::lab::Lab;
use super::loaded::{Loaded, Plugin};
use eco_contract::{Effort, Expect};
use std::borrow::Cow;
use wasmtime::component::{TypedFunc, WasmList};

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

struct Functions<D: 'static> {
    start: TypedFunc<(Option<&'static [u8]>,), FirstTurn<D>>,
    replied: OfChunk<Result<abi::Step<D>, String>>,
}

/// [`Functions`], with the way in which bytes come back.
enum Found {
    InPlace(Functions<WasmList<u8>>),
    Copied(Functions<Vec<u8>>),
}

/// Whether the exports have the types of the contract.
pub(super) fn check(plugin: &Loaded, instance: &mut Instance) -> wasmtime::Result<()> {
    find(plugin, instance).map(drop)
}

fn find(plugin: &Loaded, instance: &mut Instance) -> wasmtime::Result<Found> {
    Ok(if plugin.post_return {
        Found::Copied(functions(plugin, instance)?)
    } else {
        Found::InPlace(functions(plugin, instance)?)
    })
}

fn functions<D: Returned>(
    plugin: &Loaded,
    instance: &mut Instance,
) -> wasmtime::Result<Functions<D>> {
    let Instance { store, exports, .. } = instance;
    Ok(Functions {
        start: plugin.exports.function(0, exports, store)?,
        replied: plugin.exports.function(1, exports, store)?,
    })
}

/// One dialogue in progress. After an error it is over.
pub struct Dialogue {
    instance: Instance,
    found: Found,
}

impl Plugin {
    /// Starts a dialogue. `self` must have been loaded as a [`Role::Client`](super::Role::Client).
    ///
    /// # Errors
    /// The plugin fails as it starts.
    pub async fn dialogue(&self) -> Result<Dialogue, Error> {
        self.begin(None).await
    }

    /// As [`dialogue`](Self::dialogue), in surroundings that the caller holds on to. The engine must be
    /// [`Engine::laboratory`](super::Engine::laboratory).
    ///
    /// # Errors
    /// The plugin fails as it starts.
    pub async fn dialogue_in(&self, lab: &Lab) -> Result<Dialogue, Error> {
        self.begin(Some(lab.clone())).await
    }

    async fn begin(&self, lab: Option<Lab>) -> Result<Dialogue, Error> {
        let loaded = &self.0;
        let mut instance = Instance::start(loaded, 0, Effort::default(), lab).await?;
        let found = find(loaded, &mut instance)
            .map_err(|error| Error::from_call(&error, &loaded.engine.budgets))?;
        Ok(Dialogue { instance, found })
    }
}

impl Dialogue {
    /// What its instance has used so far.
    pub fn usage(&self) -> Usage {
        self.instance.usage()
    }

    /// The first call. Without a `message` the plugin sends one of its own.
    ///
    /// # Errors
    /// The plugin can't go on, or broke a budget.
    pub async fn start(&mut self, message: Option<&[u8]>) -> Result<Turn<'_>, Error> {
        let Self { instance, found } = self;
        match found {
            Found::InPlace(functions) => {
                let (turn,) = instance.call(functions.start, (message,)).await?;
                turn_from(said(turn, instance)?, instance)
            }
            Found::Copied(functions) => {
                let (turn,) = instance.call(functions.start, (message,)).await?;
                turn_from(said(turn, instance)?, instance)
            }
        }
    }

    /// Hands over the reply to the last turn.
    ///
    /// # Errors
    /// The plugin can't go on, or broke a budget.
    pub async fn replied(&mut self, reply: &[u8]) -> Result<Step<'_>, Error> {
        let Self { instance, found } = self;
        match found {
            Found::InPlace(functions) => {
                let (step,) = instance.call(functions.replied, (reply,)).await?;
                step_from(said(step, instance)?, instance)
            }
            Found::Copied(functions) => {
                let (step,) = instance.call(functions.replied, (reply,)).await?;
                step_from(said(step, instance)?, instance)
            }
        }
    }
}

/// What the plugin returned, or its own error.
fn said<T>(answer: Result<T, String>, instance: &Instance) -> Result<T, Error> {
    answer.map_err(|text| instance.store.data().error(text))
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
