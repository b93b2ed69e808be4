//! The server with listeners and transports of the test's own, where time can be stopped.

mod boxed;
mod changing;
mod closing;
mod handle;
mod handshakes;
mod leaving;
mod listeners;
mod observed;
#[cfg(unix)]
mod peer_details;
#[cfg(unix)]
mod unix;

use eco_host::contract::{Connection, Next, Opening, PeerDetails, Reason, Reply, Session};
use eco_host::net::{Accepted, Arriving, Limits, Listener, Transport};
use parking_lot::Mutex;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// No limit of time is reached unless the test means it.
fn patient() -> Limits {
    let limits = &mut Limits::default();
    limits.idle_timeout = None;
    limits.write_timeout = None;
    limits.grace = Duration::from_secs(3600);
    limits.clone()
}

/// What takes longer never ends. The clock of a test goes forward by itself.
async fn in_time<T>(future: impl Future<Output = T>) -> T {
    let day = Duration::from_secs(24 * 3600);
    let output = tokio::time::timeout(day, future).await;
    output.expect("it ends")
}

/// What a transport does when it is asked for something.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Well,
    Never,
    Fails,
}

/// A pipe that may be slow at each thing that a transport does, and counts its resets.
struct Pipe {
    stream: DuplexStream,
    handshake: Does,
    shutdown: Does,
    drop_sends_fin: bool,
    details: Option<Box<PeerDetails>>,
    resets: Arc<AtomicUsize>,
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.shutdown {
            Does::Well => Pin::new(&mut self.stream).poll_shutdown(cx),
            Does::Never => Poll::Pending,
            Does::Fails => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

impl Transport for Pipe {
    fn reset_on_drop(&mut self) {
        self.resets.fetch_add(1, Ordering::Relaxed);
    }

    async fn handshake(&mut self) -> io::Result<()> {
        match self.handshake {
            Does::Well => Ok(()),
            Does::Never => std::future::pending().await,
            Does::Fails => Err(io::Error::other("no common\nversion")),
        }
    }

    fn describe(&self, arriving: &mut Arriving) {
        arriving.details = self.details.clone();
    }

    fn drop_sends_fin(&self) -> bool {
        self.drop_sends_fin
    }
}

/// A listener of pipes, and its peers' side.
struct Pipes(UnboundedReceiver<Pipe>);

/// The peers of a listener of pipes.
#[derive(Clone)]
struct Peers {
    to: UnboundedSender<Pipe>,
    handshake: Does,
    shutdown: Does,
    drop_sends_fin: bool,
    details: Option<Box<PeerDetails>>,
    resets: Arc<AtomicUsize>,
}

fn pipes() -> (Pipes, Peers) {
    let (to, from) = unbounded_channel();
    let peers = Peers {
        to,
        handshake: Does::Well,
        shutdown: Does::Well,
        drop_sends_fin: false,
        details: None,
        resets: Arc::default(),
    };
    (Pipes(from), peers)
}

impl Peers {
    /// Connects with one more. A listener that is gone takes none.
    fn connect(&self) -> DuplexStream {
        let (near, stream) = duplex(64);
        let _ = self.to.send(Pipe {
            stream,
            handshake: self.handshake,
            shutdown: self.shutdown,
            drop_sends_fin: self.drop_sends_fin,
            details: self.details.clone(),
            resets: self.resets.clone(),
        });
        near
    }

    fn resets(&self) -> usize {
        self.resets.load(Ordering::Relaxed)
    }
}

impl Listener for Pipes {
    type Transport = Pipe;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<Pipe>>> {
        match ready!(self.0.poll_recv(cx)) {
            Some(pipe) => Poll::Ready(Ok(Accepted::new(pipe, "a pipe", "the server"))),
            None => Poll::Pending,
        }
    }
}

/// Greets with a word, and answers each chunk by what it is told to do. A chunk's first byte says it:
/// `c`lose, `f`inish, `p`anic, `w`ait for ever, e`x`it with an error; any other is echoed.
#[derive(Clone)]
struct Word(&'static str);

#[derive(Debug, thiserror::Error)]
#[error("it was told\nto fail")]
struct ToldToFail;

impl Session for Word {
    type Error = ToldToFail;

    fn version(&self) -> Option<u64> {
        Some(7)
    }

    fn broken_budget(_: &ToldToFail) -> Option<&'static str> {
        Some("patience")
    }

    async fn open(&mut self, _: &Connection) -> Result<Opening<'_>, ToldToFail> {
        if self.0 == "no" {
            return Ok(Opening::Refusal("not you".to_owned()));
        }
        Ok(Opening::Greeting(Reply {
            data: self.0.as_bytes().into(),
            next: Next::KeepOpen,
        }))
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, ToldToFail> {
        let next = match chunk {
            [b'c', ..] => Next::Close,
            [b'f', ..] => Next::Finish,
            [b'p', ..] => panic!("it was told to panic"),
            [b'w', ..] => std::future::pending().await,
            [b'x', ..] => return Err(ToldToFail),
            _ => Next::KeepOpen,
        };
        let data = chunk.to_vec().into();
        Ok(Reply { data, next })
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, ToldToFail> {
        Ok(Reply::default())
    }

    async fn closed(&mut self, _: Reason) -> Result<(), ToldToFail> {
        Ok(())
    }
}

/// A session for everybody, which says this word.
fn word(word: &'static str) -> impl Fn(&Arriving) -> Option<Word> + Send + Sync + 'static {
    move |_| Some(Word(word))
}

/// Values that closures have noted, in their order.
struct Notes<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Notes<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Notes<T> {
    fn none() -> Self {
        Self(Arc::default())
    }

    fn note(&self, value: T) {
        self.0.lock().push(value);
    }

    fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock())
    }
}
