//! The standard input and output of a program, as streams of WASI 0.2. Nothing reads ahead, and nothing is buffered but in
//! the pipes.

use crate::stdio::{Gone, Pipes};
use bytes::Bytes;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncWrite};
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

/// Standard input.
#[derive(Clone)]
pub(super) struct Stdin(pub(super) Arc<Pipes>);

/// Standard output. It says that it is a terminal, so that the libraries of languages send each line by itself.
#[derive(Clone)]
pub(super) struct Stdout(pub(super) Arc<Pipes>);

impl IsTerminal for Stdin {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl IsTerminal for Stdout {
    fn is_terminal(&self) -> bool {
        true
    }
}

impl StdinStream for Stdin {
    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }

    /// WASI 0.2 has no use for it.
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(tokio::io::empty())
    }
}

impl StdoutStream for Stdout {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    /// WASI 0.2 has no use for it.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stdin {
    /// The session polls again when input has come.
    async fn ready(&mut self) {
        poll_fn(|_| match self.0.ask() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stdout {
    async fn ready(&mut self) {
        self.0.until_room().await;
    }
}

impl InputStream for Stdin {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let Some(unread) = self.0.unread() else {
            return Err(StreamError::Closed);
        };
        if unread == 0 && size > 0 {
            // If it sleeps after this, it waits for input, too.
            self.0.ask();
        }
        let mut bytes = vec![0; unread.min(size)];
        self.0.read(&mut bytes);
        Ok(bytes.into())
    }
}

impl OutputStream for Stdout {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > self.check_write()? {
            return Err(StreamError::trap("it writes more than there is room for"));
        }
        let written = self.0.write(&bytes);
        written.map_err(|broken| StreamError::Trap(broken.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.0.room().map_err(|Gone| StreamError::Closed)
    }
}
