//! The log of a plugin: its `log` import, stdout and stderr of WASI, and the texts of its errors.
//!
//! It owns charging the plugin for that. `escape` makes it fit for a line; lines go to `tracing`, with the
//! number of their connection, and errors to whoever logs the connection's end.

use crate::evaluation::Evaluation;
use crate::laboratory::Laboratory;
use eco_compile::{Budget, Budgets};
use eco_contract::SAID;
use eco_text::escape::Escaped;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::component::{ComponentType, Lift};

/// What a line costs of the budget beside its text: the time and the number that stand before it.
/// Test: `hostile_plugins::wasi::empty_lines_count_too`.
pub(crate) const LINE_COST: usize = 64;

/// `level` of `wit/log.wit`.
#[derive(Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "lifting a value of the guest makes them")]
pub(crate) enum Level {
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

/// The log of one connection's plugin.
pub(crate) struct PluginLog {
    connection: u64,
    left: AtomicUsize,
    /// Where lines go instead, in a laboratory.
    lab: Option<Laboratory>,
    /// Of its script, if the instance evaluates that.
    evaluation: Option<Arc<Evaluation>>,
}

impl PluginLog {
    pub(crate) fn new(
        connection: u64,
        budgets: &Budgets,
        lab: Option<Laboratory>,
        evaluation: Option<Arc<Evaluation>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            connection,
            left: AtomicUsize::new(budgets.log),
            lab,
            evaluation,
        })
    }

    /// Writes one line. The budget counts what the plugin wrote, whether or not it is shown.
    pub(crate) fn line(&self, level: Level, text: &[u8]) -> Result<(), Budget> {
        self.spend(text.len() + LINE_COST)?;
        self.write(level, text);
        Ok(())
    }

    /// The text of an error that the plugin returned, which is for the log too, and counts as a line.
    pub(crate) fn last_words(&self, text: &str) -> Result<(), Budget> {
        self.spend(text.len() + LINE_COST)
    }

    /// Takes so many bytes of the budget.
    pub(crate) fn spend(&self, bytes: usize) -> Result<(), Budget> {
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .map(drop)
            .map_err(|_| Budget::Log)
    }

    /// Writes a line that is paid for.
    pub(crate) fn write(&self, level: Level, text: &[u8]) {
        let evaluation = self.evaluation.as_ref();
        if evaluation.is_some_and(|evaluation| evaluation.is_mute()) {
            return;
        }
        let (connection, text) = (self.connection, Escaped(text));
        if let Some(lab) = &self.lab {
            return lab.write(text.to_string());
        }
        match level {
            Level::Debug => tracing::debug!(target: SAID, connection, "plugin: {text}"),
            Level::Info => tracing::info!(target: SAID, connection, "plugin: {text}"),
            Level::Warn => tracing::warn!(target: SAID, connection, "plugin: {text}"),
            Level::Error => tracing::error!(target: SAID, connection, "plugin: {text}"),
        }
    }
}
