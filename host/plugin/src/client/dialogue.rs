//! One dialogue of a client plugin.
//!
//! It owns its instance, and the functions that are called in it.

use super::turn::{Step, Turn};
use crate::abi::{self, ClientExports, Lifting};
use crate::error::Error;
use crate::function::Function;
use crate::instance::{Instance, Owner, Usage};
use crate::templates::RoleTemplate;
use wasmtime::component::{ComponentExportIndex, WasmList};

type Answer<T> = Result<T, String>;
type TurnOf<D> = Answer<abi::Turn<D>>;
type StepOf<D> = Answer<abi::Step<D>>;
type Start = Function<(Option<&'static [u8]>,), TurnOf<WasmList<u8>>, TurnOf<Vec<u8>>>;
type Replied = Function<(&'static [u8],), StepOf<WasmList<u8>>, StepOf<Vec<u8>>>;

/// One dialogue in progress. After an error it is over.
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

    /// Makes its interpreter evaluate the script.
    pub(super) async fn evaluate(&mut self, load: &ComponentExportIndex) -> Result<(), Error> {
        let instance = &mut self.instance;
        let load = instance.function::<(), (Answer<Vec<String>>,)>(load);
        let budgets = &instance.store.data().engine.budgets;
        let load = load.map_err(|error| Error::from_start(error, budgets))?;
        let (defined,) = instance.call(load, ()).await?;
        answered(defined, instance).map(drop)
    }

    /// The first call. Without a `message` the plugin sends one of its own.
    ///
    /// # Errors
    /// The plugin can't go on, or broke a budget.
    pub async fn start(&mut self, message: Option<&[u8]>) -> Result<Turn<'_>, Error> {
        let (instance, start) = (&mut self.instance, &self.functions.start);
        let turn = start.call_in(instance, (message,)).await?;
        Turn::read(answered(turn, instance)?, instance)
    }

    /// Hands over the reply to the last turn.
    ///
    /// # Errors
    /// The plugin can't go on, or broke a budget.
    pub async fn replied(&mut self, reply: &[u8]) -> Result<Step<'_>, Error> {
        let (instance, replied) = (&mut self.instance, &self.functions.replied);
        let step = replied.call_in(instance, (reply,)).await?;
        Step::read(answered(step, instance)?, instance)
    }
}

/// The value that a call returned, or the plugin's own error.
fn answered<T>(answer: Answer<T>, instance: &Instance) -> Result<T, Error> {
    let state = instance.store.data();
    match (answer, state.broken()) {
        (Ok(_), Some(broken)) => Err(broken),
        (answer, _) => answer.map_err(|text| state.error(text)),
    }
}
