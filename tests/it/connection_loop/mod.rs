//! The connection loop over a pipe in memory: the same code as over TCP, with a clock that the test
//! moves, and sessions that are plain Rust.

mod buffered;

use crate::harness::assert_same;
use eco_host::contract::{Connection, Next, Opening, Reason, Reply, Session};
use eco_host::net::{Counts, End, Limits, LiveCounts, serve};
use proptest::prelude::*;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::{Instant, Sleep, sleep};

/// Replies with each chunk so many times over, and remembers the chunks.
#[derive(Default)]
pub(crate) struct Repeat {
    times: usize,
    chunks: Vec<Vec<u8>>,
    reply: Vec<u8>,
}

impl Repeat {
    pub(crate) fn times(times: usize) -> Self {
        Self {
            times,
            ..Self::default()
        }
    }
}

impl Session for Repeat {
    type Error = Infallible;

    async fn open(&mut self, _: &Connection) -> Result<Opening<'_>, Infallible> {
        Ok(Opening::Greeting(Reply::default()))
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, Infallible> {
        self.chunks.push(chunk.to_vec());
        self.reply = chunk.repeat(self.times);
        let next = Next::KeepOpen;
        Ok(Reply {
            data: (&self.reply).into(),
            next,
        })
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, Infallible> {
        Ok(Reply::default())
    }

    async fn closed(&mut self, _: Reason) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Serves the far end of a pipe that holds `buffer` bytes, while `peer` has the near one.
pub(crate) async fn run<S: Session, F: Future>(
    session: &mut S,
    limits: &Limits,
    buffer: usize,
    peer: impl FnOnce(DuplexStream) -> F,
) -> (End<S::Error>, Counts, F::Output) {
    let (near, mut far) = duplex(buffer);
    let address = "a pipe".to_owned();
    let connection = Connection {
        id: 1,
        peer: address.clone(),
        local: address,
        origin: None,
        details: None,
    };
    let (stopping, counts) = (AtomicBool::new(false), LiveCounts::default());
    let serving = async {
        let end = serve(&mut far, session, &connection, limits, &stopping, &counts).await;
        drop(far);
        end
    };
    let (end, output) = tokio::join!(serving, peer(near));
    (end, counts.get(), output)
}

#[tokio::test(start_paused = true)]
async fn a_peer_is_idle_when_nothing_came_for_the_whole_timeout() {
    let limits = Limits::default().idle_timeout(Some(Duration::from_secs(10)));
    let started = Instant::now();
    let mut session = Repeat::times(1);
    let (end, counts, ()) = run(&mut session, &limits, 64, async |mut near| {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_secs(9)).await;
            near.write_all(b"x").await.expect("it is read");
            near.read_u8().await.expect("it is answered");
        }
        // The server closes: its FIN comes, and nothing before it.
        let mut rest = Vec::new();
        near.read_to_end(&mut rest).await.expect("a pipe");
        assert_same(&rest, b"");
    })
    .await;
    assert!(matches!(end, End::Idle), "{end:?}");
    assert_eq!((counts.received, counts.sent), (5, 5));
    assert_eq!(started.elapsed().as_secs(), 5 * 9 + 10);
}

/// More chunks at once than tokio lets a task take in one go.
#[tokio::test(start_paused = true)]
async fn a_burst_of_chunks_leaves_the_idle_timeout_on() {
    let limits = Limits::default()
        .chunk_size(1)
        .idle_timeout(Some(Duration::from_secs(10)));
    for burst in 100..300 {
        let mut session = Repeat::times(1);
        let (end, counts, ()) = run(&mut session, &limits, 4096, async |mut near| {
            near.write_all(&vec![b'x'; burst])
                .await
                .expect("it is read");
            let mut rest = Vec::new();
            near.read_to_end(&mut rest).await.expect("a pipe");
            assert_same(&rest, &vec![b'x'; burst]);
        })
        .await;
        assert!(matches!(end, End::Idle), "{end:?} after {burst}");
        assert_eq!(counts.received, burst as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stalled_reader_is_given_up_after_the_write_timeout_and_not_before() {
    let limits = Limits::default().write_timeout(Some(Duration::from_secs(30)));
    let started = Instant::now();
    let mut session = Repeat::times(5 * 64 * 1024);
    let (end, _, ()) = run(&mut session, &limits, 10, async |mut near| {
        near.write_all(b"x").await.expect("it is read");
        // As long as it takes a byte now and then it isn't stalled.
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_secs(29)).await;
            near.read_u8().await.expect("it is answered");
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await;
    assert!(matches!(end, End::Stalled), "{end:?}");
    assert!(started.elapsed().as_secs() >= 5 * 29 + 30);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_a_byte_at_a_time_is_given_up_when_the_whole_reply_took_too_long() {
    let limits = Limits::default().write_timeout(Some(Duration::from_secs(30)));
    // Its time, and once more for each 64 KiB.
    for (reply, seconds) in [(1000, 30), (64 * 1024 - 1, 30), (3 * 64 * 1024, 4 * 30)] {
        let started = Instant::now();
        let mut session = Repeat::times(reply);
        let (end, counts, ()) = run(&mut session, &limits, 10, async |mut near| {
            near.write_all(b"x").await.expect("it is read");
            while near.read_u8().await.is_ok() {
                sleep(Duration::from_secs(20)).await;
            }
        })
        .await;
        assert!(matches!(end, End::Stalled), "{end:?}");
        assert!(counts.sent < 20, "{counts:?}");
        let took = started.elapsed().as_secs();
        // The peer sees it when it has read what the pipe holds.
        let pipe = 10 * 20;
        assert!((seconds..=seconds + pipe + 20).contains(&took), "{took}");
    }
}

/// Something happens every nine seconds, so many times, and is told to the peer in these words.
struct Room {
    words: &'static [u8],
    left: usize,
    next: Pin<Box<Sleep>>,
}

const NINE_SECONDS: Duration = Duration::from_secs(9);

impl Room {
    fn where_it_is_said(words: &'static [u8], times: usize) -> Self {
        let next = Box::pin(sleep(NINE_SECONDS));
        Self {
            words,
            left: times,
            next,
        }
    }
}

impl Session for Room {
    type Error = Infallible;

    async fn open(&mut self, _: &Connection) -> Result<Opening<'_>, Infallible> {
        Ok(Opening::Greeting(Reply::default()))
    }

    async fn receive<'a>(&'a mut self, _: &[u8]) -> Result<Reply<'a>, Infallible> {
        Ok(Reply::default())
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.left {
            0 => Poll::Pending,
            _ => self.next.as_mut().poll(cx),
        }
    }

    async fn event(&mut self) -> Result<Reply<'_>, Infallible> {
        self.left -= 1;
        self.next.set(sleep(NINE_SECONDS));
        Ok(Reply {
            data: self.words.into(),
            next: Next::KeepOpen,
        })
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, Infallible> {
        Ok(Reply::default())
    }

    async fn closed(&mut self, _: Reason) -> Result<(), Infallible> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_only_listens_is_idle_when_nothing_was_said_to_it_for_the_whole_timeout() {
    let limits = Limits::default().idle_timeout(Some(Duration::from_secs(10)));
    // Words that don't reach the peer are no sign of life.
    for (words, heard, seconds) in [
        (&b"hello"[..], &b"hello".repeat(5)[..], 5 * 9 + 10),
        (b"", b"", 10),
    ] {
        let started = Instant::now();
        let mut session = Room::where_it_is_said(words, 5);
        let (end, _, rest) = run(&mut session, &limits, 64, async |mut near| {
            let mut rest = Vec::new();
            near.read_to_end(&mut rest).await.expect("a pipe");
            rest
        })
        .await;
        assert!(matches!(end, End::Idle), "{end:?}");
        assert_same(&rest, heard);
        assert_eq!(started.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_ends_however_much_is_said_to_it() {
    let limits = Limits::default()
        .idle_timeout(Some(Duration::from_secs(10)))
        .write_timeout(Some(Duration::from_secs(30)));
    let mut session = Room::where_it_is_said(b"hello", usize::MAX);
    // The pipe holds twelve of these.
    let (end, counts, _near) = run(&mut session, &limits, 64, async |near| near).await;
    assert!(matches!(end, End::Stalled), "{end:?}");
    assert_eq!(counts.sent, 64);
}

#[tokio::test]
async fn nothing_is_read_while_a_reply_is_unsent() {
    let limits = Limits::default()
        .chunk_size(1)
        .write_timeout(Some(Duration::from_millis(50)));
    let mut session = Repeat::times(1000);
    let (end, counts, _near) = run(&mut session, &limits, 100, async |mut near| {
        near.write_all(&[b'x'; 50])
            .await
            .expect("the pipe holds it");
        near
    })
    .await;
    assert!(matches!(end, End::Stalled), "{end:?}");
    assert_eq!((counts.received, counts.sent), (1, 100));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn chunks_are_the_stream_in_order_and_replies_are_theirs(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 0..20),
        chunk_size in 1..100usize,
        buffer in 1..300usize,
        times in 0..4usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let limits = Limits::default().chunk_size(chunk_size);
            let mut session = Repeat { times, ..Repeat::default() };
            let sent = pieces.concat();
            let (end, counts, replies) = run(&mut session, &limits, buffer, async |near| {
                let (mut from, mut to) = tokio::io::split(near);
                let writing = async {
                    for piece in pieces {
                        to.write_all(&piece).await.expect("it is read");
                    }
                    to.shutdown().await.expect("a pipe");
                };
                let mut replies = Vec::new();
                let (_, read) = tokio::join!(writing, from.read_to_end(&mut replies));
                read.expect("a pipe");
                replies
            })
            .await;
            assert!(matches!(end, End::Ended), "{end:?}");
            assert!(session.chunks.iter().all(|chunk| (1..=chunk_size).contains(&chunk.len())));
            assert_same(&session.chunks.concat(), &sent);
            let expected: Vec<u8> = session.chunks.iter().flat_map(|chunk| chunk.repeat(times)).collect();
            assert_same(&replies, &expected);
            assert_eq!((counts.received, counts.sent), (sent.len() as u64, expected.len() as u64));
        });
    }
}
