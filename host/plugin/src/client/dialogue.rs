//! One dialogue of a client plugin.
//!
//! It owns its instance, and the functions that are called in it.

use super::turn::{Step, Turn};
use crate::abi::{self, Bytes, ClientExports, Lifting};
use crate::call::CalledFunction;
use crate::error::Error;
use crate::function::Function;
use crate::instance::{Entered, Instance, Owner, call_span};
use crate::templates::RoleTemplate;
use crate::usage::Usage;
use std::fmt;
use std::time::Duration;
use tracing::Instrument as _;
use wasmtime::component::{ComponentExportIndex, WasmList};

type Answer<T> = Result<T, String>;
type TurnOf<D> = Answer<abi::Turn<D>>;
type StepOf<D> = Answer<abi::Step<D>>;
type Start = Function<(Option<&'static [u8]>,), TurnOf<WasmList<u8>>, TurnOf<Vec<u8>>>;
type Replied = Function<(&'static [u8],), StepOf<WasmList<u8>>, StepOf<Vec<u8>>>;

/// One dialogue in progress.
///
/// A call that fails leaves a dead instance, and so does a future that is dropped before it is ready. The dialogue is
/// over then: every further call gives [`Error::Dead`].
pub struct Dialogue {
    instance: Instance,
    functions: Functions,
}

/// The functions of an instance.
pub(super) struct Functions {
    start: Start,
    replied: Replied,
}

impl Functions {
    /// Looks up the functions. The lookup fails where their types are not those of the contract.
    pub(super) fn find(
        exports: &ClientExports,
        lifting: Lifting,
        instance: &mut Instance,
    ) -> wasmtime::Result<Self> {
        Ok(Self {
            start: Function::find(instance, &exports.start, lifting)?,
            replied: Function::find(instance, &exports.replied, lifting)?,
        })
    }
}

impl Dialogue {
    /// Makes a new instance from a template.
    pub(super) async fn instantiate(
        RoleTemplate { template, exports }: &RoleTemplate<ClientExports>,
        lifting: Lifting,
        owner: Owner,
    ) -> Result<Self, Error> {
        let mut instance = Instance::start(template, owner).await?;
        let functions = Functions::find(exports, lifting, &mut instance)
            .map_err(|error| Error::from_start(error, &template.shared.engine.budgets))?;
        Ok(Self {
            instance,
            functions,
        })
    }

    /// The memory and the work that its instance has used so far.
    pub fn usage(&self) -> Usage {
        self.instance.usage()
    }

    /// As [`PluginSession::set_deadline`](crate::PluginSession::set_deadline). The start of the instance is over.
    pub fn set_deadline(&mut self, deadline: Duration) {
        self.instance.set_deadline(deadline);
    }

    /// Makes its interpreter evaluate the script.
    pub(super) async fn evaluate(&mut self, load: &ComponentExportIndex) -> Result<(), Error> {
        let load = self.instance.function::<(), (Answer<Vec<String>>,)>(load);
        let budgets = &self.instance.store.data().engine.budgets;
        let load = load.map_err(|error| Error::from_start(error, budgets))?;
        let mut entered = self.instance.enter()?;
        let (defined,) = entered.call(load, ()).await?;
        answered(entered, defined, |_| Ok(())).map(drop)
    }

    /// The first call. Without a `message` the plugin sends one of its own.
    ///
    /// # Errors
    /// The plugin can't go on, or broke a budget.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, it ends the dialogue.
    pub async fn start(&mut self, message: Option<&[u8]>) -> Result<Turn<'_>, Error> {
        let watch = self.instance.watch(CalledFunction::Start);
        let turn = self
            .first_turn(message)
            .instrument(call_span(CalledFunction::Start))
            .await;
        self.instance.watched(watch, &turn);
        Ok(Turn::lend(turn?, &self.instance))
    }

    async fn first_turn(&mut self, message: Option<&[u8]>) -> Result<abi::Turn<Bytes>, Error> {
        let mut entered = self.instance.enter()?;
        let turn = self.functions.start.call_in(&mut entered, (message,));
        let turn = turn.await?;
        answered(entered, turn, Turn::check)
    }

    /// Hands over the reply to the last turn.
    ///
    /// # Errors
    /// The plugin can't go on, or broke a budget.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, it ends the dialogue.
    pub async fn replied(&mut self, reply: &[u8]) -> Result<Step<'_>, Error> {
        let watch = self.instance.watch(CalledFunction::Replied);
        let step = self
            .next_step(reply)
            .instrument(call_span(CalledFunction::Replied))
            .await;
        self.instance.watched(watch, &step);
        Ok(Step::lend(step?, &self.instance))
    }

    async fn next_step(&mut self, reply: &[u8]) -> Result<abi::Step<Bytes>, Error> {
        let mut entered = self.instance.enter()?;
        let step = self.functions.replied.call_in(&mut entered, (reply,));
        let step = step.await?;
        answered(entered, step, Step::check)
    }
}

impl fmt::Debug for Dialogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialogue")
    }
}

/// The value that a call returned, if the contract allows it, or the plugin's own error. Ends the call.
fn answered<T>(
    entered: Entered<'_>,
    answer: Answer<T>,
    check: impl FnOnce(&T) -> Result<(), Error>,
) -> Result<T, Error> {
    match answer {
        Ok(value) => {
            entered.check_spent()?;
            check(&value)?;
            entered.succeeds();
            Ok(value)
        }
        Err(text) => Err(entered.fails(text)),
    }
}
