//! The errors of an instance's calls, with what only the instance knows of them: a script's line, and its own deadline.

use super::state::InstanceState;
use crate::error::Error;
use eco_compile::{Absent, Budget};

impl InstanceState {
    /// The error of a call that failed in wasmtime, or in a function of the host.
    pub(crate) fn failed(&self, error: wasmtime::Error) -> Error {
        match error.downcast_ref::<Budget>() {
            Some(broken) => self.broke(*broken),
            None => Error::from_call(error, &self.engine.budgets),
        }
    }

    /// The error for a budget that a call broke. A deadline has the value that counts here.
    pub(crate) fn broke(&self, budget: Budget) -> Error {
        let budgets = &self.engine.budgets;
        let deadline = self.meter.deadline();
        if budget != Budget::Deadline || deadline == budgets.deadline {
            return Error::budget(budget, budgets);
        }
        let mut own = budgets.clone();
        own.deadline = deadline;
        // No flag changes it.
        own.setting = |_| None;
        Error::budget(budget, &own)
    }

    /// The error for a text that the plugin returned, or for the budget that it broke.
    pub(crate) fn error(&self, text: String) -> Error {
        if let Some(stopped) = self.stopped(&text) {
            return stopped;
        }
        match self.imports.log.last_words(&text) {
            Ok(()) => Error::Plugin(match self.absent(&text) {
                Some(absent) => format!("{text}. {absent}"),
                None => text,
            }),
            Err(broken) => Error::budget(broken, &self.engine.budgets),
        }
    }

    /// The missing thing that a script's error names, if eco doesn't have it.
    pub(crate) fn absent(&self, error: &str) -> Option<Absent> {
        self.script.as_ref()?.absent(error)
    }

    /// The error for a used-up budget, if the interpreter has stopped the script for it. `text` is the interpreter's
    /// message.
    pub(crate) fn stopped(&self, text: &str) -> Option<Error> {
        let (budget, script) = (self.spent?, self.script.as_ref()?);
        Some(Error::Budget {
            budget,
            value: self.engine.budgets.value(budget),
            near: script.line(text),
            setting: (self.engine.budgets.setting)(budget),
        })
    }

    /// The error for a used-up budget after a call that returned well: the script went on although its interpreter
    /// had stopped it, behind a promise for example.
    pub(crate) fn broken(&self) -> Option<Error> {
        self.spent
            .map(|budget| Error::budget(budget, &self.engine.budgets))
    }
}
