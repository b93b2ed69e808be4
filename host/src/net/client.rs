//! A client's side of a connection: connecting, and one exchange after the other.

use super::address::Endpoint;
use crate::contract::Expect;
use std::io;
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// What one read asks for, and one write hands over at most.
const PIECE: usize = 256 * 1024;

/// Connects to the first address of the endpoint that answers.
///
/// # Errors
/// The name has no address, none of them answers within `limit` in all, or the last one's error.
pub async fn connect(endpoint: &Endpoint, limit: Duration) -> io::Result<TcpStream> {
    let connecting = async {
        let mut last = None;
        for address in endpoint.resolve().await? {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
    };
    match tokio::time::timeout(limit, connecting).await {
        Ok(result) => result,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// An exchange that did not come to its end.
#[derive(Debug)]
pub enum Broken {
    /// The peer finished before the reply was whole.
    Short,
    /// The reply is longer than `most`.
    TooLong,
    /// The connection broke while the message was written.
    Write(io::Error),
    /// The connection broke while the reply was read.
    Read(io::Error),
    /// What was to happen with the reply failed.
    Sink(io::Error),
}

/// What has arrived and was not taken yet: the reply that is being read, then perhaps the beginning
/// of the next one.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    /// The length of the reply, once it is whole.
    reply: Option<usize>,
    /// How far the end of the reply was looked for, and how much was handed to the sink.
    searched: usize,
    handed: usize,
}

impl Inbox {
    /// The reply to the last exchange; if that broke, what there is of it.
    pub fn reply(&self) -> &[u8] {
        let whole = self.reply.unwrap_or(self.bytes.len());
        self.bytes.get(..whole).unwrap_or(&self.bytes)
    }

    /// How many bytes are there.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Forgets the reply; what came after it is the beginning of the next.
    pub fn take_reply(&mut self) {
        self.bytes.drain(..self.reply.take().unwrap_or_default());
        self.searched = 0;
        self.handed = 0;
    }

    /// The end of the reply, if it is here.
    fn find_end(&mut self, expect: &Expect) -> Option<usize> {
        match expect {
            Expect::Nothing => Some(0),
            Expect::ToEnd => None,
            Expect::Exactly(bytes) => {
                let bytes = usize::try_from(*bytes).ok()?;
                (self.bytes.len() >= bytes).then_some(bytes)
            }
            Expect::Through(end) => {
                let unseen = self.bytes.get(self.searched..)?;
                let found = memchr::memmem::find(unseen, end);
                let place = found.map(|at| self.searched + at + end.len());
                // The sequence may begin in what is here and end in what comes.
                self.searched = (self.bytes.len() + 1)
                    .saturating_sub(end.len())
                    .max(self.searched);
                place
            }
        }
    }
}

/// Writes `send` and reads the reply that `expect` describes, both at the same time, so that neither
/// side has to wait for the other's buffers. Afterwards the reply is in `inbox`.
///
/// `sent` is told of progress; `sink` gets the bytes of the reply as they come, and none beyond it.
/// No more than `most` bytes are ever held.
///
/// # Errors
/// See [`Broken`]. What came is in `inbox` then too.
pub async fn exchange<T>(
    stream: &mut T,
    send: &[u8],
    expect: &Expect,
    inbox: &mut Inbox,
    most: usize,
    sent: impl Fn(usize),
    sink: impl AsyncFnMut(&[u8]) -> io::Result<()>,
) -> Result<(), Broken>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let (mut from, mut to) = tokio::io::split(stream);
    let all_sent = Notify::new();
    let writing = async {
        let written = write(&mut to, send, expect, sent).await;
        all_sent.notify_one();
        written
    };
    let reading = async {
        read_reply(&mut from, expect, inbox, most, sink).await?;
        // The reply is whole, but a server whose further bytes nobody reads may stop to read ours.
        tokio::select! {
            () = all_sent.notified() => Ok(()),
            broken = read_on(&mut from, inbox, most) => Err(broken),
        }
    };
    let (mut writing, mut reading) = (pin!(writing), pin!(reading));
    tokio::select! {
        biased;
        read = &mut reading => {
            read?;
            writing.await
        }
        written = &mut writing => match (written, reading.await) {
            // The write has seen how the connection ended, and the read just that it did.
            (Err(broken), Err(Broken::Short)) => Err(broken),
            // Else a reply that breaks off says more than the write that fails because of it.
            (_, Err(broken)) => Err(broken),
            (written, Ok(())) => written,
        }
    }
}

async fn write<W: AsyncWrite + Unpin>(
    to: &mut W,
    send: &[u8],
    expect: &Expect,
    sent: impl Fn(usize),
) -> Result<(), Broken> {
    for piece in send.chunks(PIECE) {
        to.write_all(piece).await.map_err(Broken::Write)?;
        sent(piece.len());
    }
    to.flush().await.map_err(Broken::Write)?;
    match expect {
        Expect::ToEnd => to.shutdown().await.map_err(Broken::Write),
        _ => Ok(()),
    }
}

/// Reads what comes after the reply, for as long as there is room; it ends only when there is none.
async fn read_on<R: AsyncRead + Unpin>(from: &mut R, inbox: &mut Inbox, most: usize) -> Broken {
    while inbox.bytes.len() <= most {
        inbox.bytes.reserve(PIECE);
        // An end or an error is for the write, or for the next turn.
        if !matches!(from.read_buf(&mut inbox.bytes).await, Ok(1..)) {
            return std::future::pending().await;
        }
    }
    Broken::TooLong
}

async fn read_reply<R: AsyncRead + Unpin>(
    from: &mut R,
    expect: &Expect,
    inbox: &mut Inbox,
    most: usize,
    mut sink: impl AsyncFnMut(&[u8]) -> io::Result<()>,
) -> Result<(), Broken> {
    let mut finished = false;
    loop {
        let end = match inbox.find_end(expect) {
            None if finished && *expect == Expect::ToEnd => Some(inbox.bytes.len()),
            end => end,
        };
        let known = end.unwrap_or(inbox.bytes.len());
        if let Some(news) = inbox.bytes.get(inbox.handed..known)
            && !news.is_empty()
        {
            sink(news).await.map_err(Broken::Sink)?;
            inbox.handed = known;
        }
        if let Some(end) = end {
            inbox.reply = Some(end);
            return Ok(());
        }
        if finished {
            return Err(Broken::Short);
        }
        if inbox.bytes.len() > most {
            return Err(Broken::TooLong);
        }
        inbox
            .bytes
            .reserve(PIECE.min(most.saturating_add(1) - inbox.bytes.len()));
        finished = from
            .read_buf(&mut inbox.bytes)
            .await
            .map_err(Broken::Read)?
            == 0;
    }
}
