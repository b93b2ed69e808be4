//! One exchange of a client: a message there, and the reply to it back, both at the same time.

use super::inbox::{Inbox, PIECE};
use super::quota::Exhausted;
use eco_contract::Expect;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite};

/// An exchange that did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// The peer finished before the reply was whole.
    #[error("the peer closed the connection before the reply was whole")]
    Short,
    /// The reply is longer than it may be.
    #[error("the reply is longer than it may be")]
    TooLong,
    /// There is no memory left for the reply, of so many bytes that several inboxes share.
    #[error("the {0} bytes for replies are all in use")]
    NoMemory(usize),
    /// The connection broke while the message was written.
    #[error("the connection broke while sending")]
    Write(#[source] io::Error),
    /// The connection broke while the reply was read.
    #[error("the connection broke")]
    Read(#[source] io::Error),
    /// The sink of the reply failed.
    #[error("what takes the reply failed")]
    Sink(#[source] io::Error),
}

impl From<Exhausted> for Broken {
    fn from(Exhausted(bytes): Exhausted) -> Self {
        Self::NoMemory(bytes)
    }
}

/// A message, and the expected reply to it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The message. May be empty.
    pub send: &'a [u8],
    /// How far the reply goes.
    pub expect: &'a Expect,
    /// Bytes that the reply may have at most; one more is [`Broken::TooLong`].
    pub most: usize,
}

/// Writes the message and reads the reply to it, both at the same time, so that neither side has to wait for
/// the other's buffers. Afterwards the reply is in `inbox`.
///
/// `sent` is told of progress; `sink` gets the bytes of the reply as they come, and none beyond it. At most
/// one byte more than a reply may have is ever held. There is no timeout: the caller drops the future.
///
/// The message is flushed, for a stream that buffers. With [`Expect::ToEnd`] FIN follows it.
///
/// # Cancel safety
/// When the future is dropped, a part of the message may be sent, and the bytes that came are in `inbox`. The stream is good
/// for nothing but its drop then, since nobody knows where the next message would begin.
///
/// # Errors
/// See [`Broken`]. The bytes that came are in `inbox` then too.
pub async fn exchange<T>(
    stream: &mut T,
    request: Request<'_>,
    inbox: &mut Inbox,
    sent: impl Fn(usize),
    sink: impl AsyncFnMut(&[u8]) -> io::Result<()>,
) -> Result<(), Broken>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut sending = Sending {
        rest: request.send,
        last: match request.expect {
            Expect::ToEnd => Last::Fin,
            _ if request.send.is_empty() => Last::Nothing,
            _ => Last::Flush,
        },
        failed: None,
        sent,
    };
    let input = read_reply(stream, &request, inbox, &mut sending, sink).await?;
    finish_sending(stream, &request, inbox, &mut sending, input).await
}

/// Whether the peer may still send.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    Open,
    Ended,
}

/// Reads until the reply is whole, and writes meanwhile.
async fn read_reply<T: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut T,
    request: &Request<'_>,
    inbox: &mut Inbox,
    sending: &mut Sending<'_, impl Fn(usize)>,
    mut sink: impl AsyncFnMut(&[u8]) -> io::Result<()>,
) -> Result<Input, Broken> {
    let Request { expect, most, .. } = *request;
    let mut input = Input::Open;
    loop {
        let whole = inbox.is_whole(expect, input == Input::Ended);
        let news = inbox.news();
        if !news.is_empty() {
            sink(news).await.map_err(Broken::Sink)?;
        }
        // The reply, or its beginning.
        if inbox.reply().len() > most {
            return Err(Broken::TooLong);
        }
        if whole {
            return Ok(input);
        }
        if input == Input::Ended {
            // The write has seen how the connection ended, and the read just that it did.
            let failed = sending.failed.take();
            return Err(failed.map_or(Broken::Short, Broken::Write));
        }
        inbox.make_room(expect, most)?;
        let read = poll_fn(|cx| {
            // A write that fails says less than the reply that breaks off, which is read on.
            let _ = sending.poll(stream, cx);
            inbox.poll_read(stream, cx)
        });
        if read.await.map_err(Broken::Read)? == 0 {
            input = Input::Ended;
        }
    }
}

/// Writes the rest of the message when the reply is whole. It reads on, since a server whose bytes nobody reads may
/// stop reading ours.
async fn finish_sending<T: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut T,
    request: &Request<'_>,
    inbox: &mut Inbox,
    sending: &mut Sending<'_, impl Fn(usize)>,
    mut input: Input,
) -> Result<(), Broken> {
    poll_fn(|cx| {
        loop {
            if sending.poll(stream, cx).is_ready() {
                let failed = sending.failed.take();
                return Poll::Ready(failed.map_or(Ok(()), |error| Err(Broken::Write(error))));
            }
            if input == Input::Ended {
                return Poll::Pending;
            }
            if inbox.len() > request.most {
                return Poll::Ready(Err(Broken::TooLong));
            }
            inbox.make_room(&Expect::ToEnd, request.most)?;
            // An end or an error is for the write, or for the next turn.
            if !matches!(ready!(inbox.poll_read(stream, cx)), Ok(1..)) {
                input = Input::Ended;
            }
        }
    })
    .await
}

/// What is left to do when all bytes of a message are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    /// The stream may buffer, and the peer waits for the last byte too.
    Flush,
    /// FIN, and all that is buffered before it.
    Fin,
}

/// A message on its way.
struct Sending<'a, F> {
    rest: &'a [u8],
    last: Last,
    failed: Option<io::Error>,
    sent: F,
}

impl<F: Fn(usize)> Sending<'_, F> {
    /// Writes as much as it can. It is ready when all is written, or has failed.
    fn poll<W: AsyncWrite + Unpin>(&mut self, to: &mut W, cx: &mut Context<'_>) -> Poll<()> {
        while self.failed.is_none() && (!self.rest.is_empty() || self.last != Last::Nothing) {
            match ready!(self.step(to, cx)) {
                Ok(written) => (self.sent)(written),
                Err(error) => self.failed = Some(error),
            }
        }
        Poll::Ready(())
    }

    /// One write, or what follows the last.
    fn step<W: AsyncWrite + Unpin>(
        &mut self,
        to: &mut W,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.rest.is_empty() {
            match self.last {
                Last::Nothing => {}
                Last::Flush => ready!(Pin::new(to).poll_flush(cx))?,
                Last::Fin => ready!(Pin::new(to).poll_shutdown(cx))?,
            }
            self.last = Last::Nothing;
            return Poll::Ready(Ok(0));
        }
        let piece = self.rest.get(..PIECE).unwrap_or(self.rest);
        let written = ready!(Pin::new(to).poll_write(cx, piece))?;
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.rest = self.rest.get(written..).unwrap_or_default();
        Poll::Ready(Ok(written))
    }
}
