//! The log of a plugin: its `log` import, stdout and stderr of WASI, and the texts of its errors.
//!
//! It charges the plugin for all of them. `escape` makes each text fit for a line. Lines go to `tracing` with the
//! number of their connection; errors are logged with the connection's end.

use crate::evaluation::Evaluation;
use crate::laboratory::Laboratory;
use eco_compile::{Budget, Budgets};
use eco_contract::SAID;
use eco_text::escape::Escaped;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::component::{ComponentType, Lift};

/// Cost of a line beside its text: the time and the number before it count too.
/// Test: `hostile_plugins::wasi::empty_lines_count_too`.
pub(crate) const LINE_COST: usize = 64;

/// How much a line of a plugin matters: `level` of `wit/log.wit`. Standard output has [`Info`](Self::Info), and standard
/// error [`Warn`](Self::Warn).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
pub enum Level {
    /// It helps the author of the plugin.
    #[component(name = "debug")]
    Debug,
    /// It is of interest at times.
    #[component(name = "info")]
    Info,
    /// Something is not as it should be.
    #[component(name = "warn")]
    Warn,
    /// Something failed.
    #[component(name = "error")]
    Error,
}

/// One who is told of the lines of a plugin, beside the log. Each is escaped as in the log.
pub(crate) type OnLine = Box<dyn Fn(Level, &str) + Send + Sync>;

/// The log of one connection's plugin.
pub(crate) struct PluginLog {
    connection: u64,
    left: AtomicUsize,
    /// Receives the lines instead, in a laboratory.
    lab: Option<Laboratory>,
    /// The script's evaluation, if the instance evaluates its script.
    evaluation: Option<Arc<Evaluation>>,
    on_line: Option<OnLine>,
}

impl PluginLog {
    pub(crate) fn new(
        connection: u64,
        budgets: &Budgets,
        lab: Option<Laboratory>,
        evaluation: Option<Arc<Evaluation>>,
        on_line: Option<OnLine>,
    ) -> Arc<Self> {
        Arc::new(Self {
            connection,
            left: AtomicUsize::new(budgets.log),
            lab,
            evaluation,
            on_line,
        })
    }

    /// Writes one line. The budget counts the line, whether or not it is shown.
    pub(crate) fn line(&self, level: Level, text: &[u8]) -> Result<(), Budget> {
        self.spend(text.len() + LINE_COST)?;
        self.write(level, text);
        Ok(())
    }

    /// Charges for the text of an error that the plugin returned. It is logged too, and counts as a line.
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

    /// Writes a line that is charged already.
    pub(crate) fn write(&self, level: Level, text: &[u8]) {
        let evaluation = self.evaluation.as_ref();
        if evaluation.is_some_and(|evaluation| evaluation.is_mute()) {
            return;
        }
        let (connection, text) = (self.connection, Escaped(text));
        if let Some(on_line) = &self.on_line {
            on_line(level, &text.to_string());
        }
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
