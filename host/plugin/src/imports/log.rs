//! What a plugin says: its `log` import, stdout and stderr of WASI, and the texts of its errors.
//!
//! It owns charging the plugin for that. `escape` makes it fit for a line; lines go to `tracing`, with the
//! number of their connection, and errors to whoever logs the connection's end.

use super::evaluation::Evaluation;
use crate::engine::World;
use crate::instance::state::State;
use crate::laboratory::Laboratory;
use eco_compile::{Budget, Budgets};
use eco_contract::SAID;
use eco_text::escape::Escaped;
use parking_lot::Mutex;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, WasmStr};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// The longest piece of stdout or stderr that waits for its line break. A longer line is logged in
/// pieces of this size.
const LINE: usize = 1024;

/// What a line costs of the budget beside its text: the time and the number that stand before it.
/// Test: `hostile::empty_lines_count_too`.
const LINE_COST: usize = 64;

pub(super) const INTERFACE: &str = "eco:plugin/log@0.1.0";

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
    pub(super) fn new(
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

    fn spend(&self, bytes: usize) -> Result<(), Budget> {
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .map(drop)
            .map_err(|_| Budget::Log)
    }

    fn write(&self, level: Level, text: &[u8]) {
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

/// Defines its function.
pub(super) fn link(linker: &mut Linker<State>, _: World) -> wasmtime::Result<()> {
    linker.instance(INTERFACE)?.func_wrap(
        "log",
        |mut store: StoreContextMut<'_, State>, (level, message): (Level, WasmStr)| {
            store.data_mut().count_host_call();
            let text = message.to_str(&store)?;
            Ok(store.data().imports.log.line(level, text.as_bytes())?)
        },
    )
}

/// Standard output or error of a plugin, which may write by halves of lines.
#[derive(Clone)]
pub(crate) struct Standard(Arc<Lines>);

struct Lines {
    log: Arc<PluginLog>,
    level: Level,
    unfinished: Mutex<Vec<u8>>,
}

impl Standard {
    pub(crate) fn new(log: &Arc<PluginLog>, level: Level) -> Self {
        Self(Arc::new(Lines {
            log: log.clone(),
            level,
            unfinished: Mutex::default(),
        }))
    }

    fn append(&self, bytes: &[u8]) -> Result<(), Budget> {
        let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
        self.0.log.spend(bytes.len() + lines * LINE_COST)?;
        let mut line = self.0.unfinished.lock();
        for &byte in bytes {
            if byte != b'\n' {
                line.push(byte);
            }
            if byte == b'\n' || line.len() == LINE {
                self.0.log.write(self.0.level, &line);
                line.clear();
            }
        }
        Ok(())
    }
}

impl Drop for Lines {
    /// The last words of a plugin often lack their line break.
    fn drop(&mut self) {
        let line = self.unfinished.get_mut();
        if !line.is_empty() {
            self.log.write(self.level, line);
        }
    }
}

impl IsTerminal for Standard {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Standard {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Standard {
    async fn ready(&mut self) {}
}

impl OutputStream for Standard {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.append(&bytes)
            .map_err(|broken| StreamError::Trap(broken.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(LINE)
    }
}

/// WASI 0.2 writes through [`OutputStream`]; this is what the trait asks for beside it.
impl AsyncWrite for Standard {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(match self.append(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(broken) => Err(std::io::Error::other(broken)),
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
