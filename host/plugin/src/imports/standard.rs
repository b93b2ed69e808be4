//! WASI's standard output and standard error go to the plugin's log, line by line.

use crate::plugin_log::{LINE_COST, Level, PluginLog};
use eco_compile::Budget;
use parking_lot::Mutex;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// The longest piece of stdout or stderr that waits for its line break. A longer line is logged in
/// pieces of this size.
const LINE: usize = 1024;

/// Standard output or error of a plugin. A plugin may write parts of lines.
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

    /// Appends bytes, and logs the lines that are whole.
    pub(crate) fn append(&self, bytes: &[u8]) -> Result<(), Budget> {
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
    /// Logs the unfinished line: a plugin's last line often lacks its line break.
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

/// [`StdoutStream`] requires this implementation. WASI 0.2 itself writes through [`OutputStream`].
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
