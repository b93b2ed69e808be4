//! Sessions with a memory of their own, into which chunks are read right away.

use crate::connection_loop::run;
use crate::harness::assert_same;
use eco_host::contract::{
    BoxSession, Connection, DirectBuffer, Next, Opening, Reason, Reply, Session,
};
use eco_host::net::{End, Limits};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Echoes, and counts the chunks by the way on which they came. Its buffer fails when it has been asked for
/// room so many times.
#[derive(Default)]
struct Buffered {
    memory: Vec<u8>,
    copied: usize,
    direct: usize,
    asked: usize,
    fails_at: Option<usize>,
}

#[derive(Debug, thiserror::Error)]
#[error("there is no room")]
struct NoRoom;

impl Session for Buffered {
    type Error = NoRoom;

    async fn open(&mut self, _: &Connection) -> Result<Opening<'_>, NoRoom> {
        Ok(Opening::Greeting(Reply::default()))
    }

    async fn receive<'a>(&'a mut self, chunk: &[u8]) -> Result<Reply<'a>, NoRoom> {
        self.copied += 1;
        let data = chunk.to_vec().into();
        let next = Next::KeepOpen;
        Ok(Reply { data, next })
    }

    fn direct_buffer(&mut self) -> Option<&mut dyn DirectBuffer<Error = NoRoom>> {
        Some(self)
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, NoRoom> {
        Ok(Reply::default())
    }

    async fn closed(&mut self, _: Reason) -> Result<(), NoRoom> {
        Ok(())
    }
}

impl DirectBuffer for Buffered {
    type Error = NoRoom;

    fn room(&mut self, length: usize) -> Result<&mut [u8], NoRoom> {
        self.asked += 1;
        if self.fails_at == Some(self.asked) {
            return Err(NoRoom);
        }
        self.memory.resize(length, 0);
        Ok(&mut self.memory)
    }

    fn filled(&mut self, length: usize) -> Result<&[u8], NoRoom> {
        self.memory.get(..length).ok_or(NoRoom)
    }

    fn receive_filled(&mut self, length: usize) -> Result<Reply<'_>, NoRoom> {
        self.direct += 1;
        Ok(Reply {
            data: self.filled(length)?.into(),
            next: Next::KeepOpen,
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn bytes_read_into_a_sessions_memory_are_the_stream_or_the_session_has_failed(
        pieces in prop::collection::vec((any::<u8>(), 1..20_000usize), 1..12),
        fails_at in prop::option::of(1..20usize),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut session = Buffered { fails_at, ..Buffered::default() };
            let pieces: Vec<Vec<u8>> = pieces.iter().map(|(byte, times)| vec![*byte; *times]).collect();
            let sent = pieces.concat();
            let limits = Limits::default();
            let (end, counts, replies) = run(&mut session, &limits, 32 * 1024, async |near| {
                let (mut from, mut to) = tokio::io::split(near);
                let writing = async {
                    for piece in pieces {
                        // A session that fails reads no more.
                        if to.write_all(&piece).await.is_err() {
                            return;
                        }
                    }
                    let _ = to.shutdown().await;
                };
                let mut replies = Vec::new();
                let (_, read) = tokio::join!(writing, from.read_to_end(&mut replies));
                read.expect("a pipe");
                replies
            })
            .await;
            assert_eq!(replies.len() as u64, counts.sent);
            match end {
                End::Ended => assert_same(&replies, &sent),
                End::Failed(NoRoom) => {
                    assert_eq!(session.fails_at, Some(session.asked));
                    assert_same(&replies, &sent[..replies.len()]);
                }
                end => panic!("{end:?}"),
            }
        });
    }
}

/// Small chunks are copied, since room must be asked for before anybody knows how many bytes come.
#[tokio::test]
async fn large_chunks_come_into_the_sessions_memory_and_small_ones_do_not() {
    for (size, is_direct) in [(16, false), (16 * 1024, true)] {
        let mut session = Buffered::default();
        let (end, ..) = run(&mut session, &Limits::default(), 64 * 1024, async |near| {
            let (mut from, mut to) = tokio::io::split(near);
            let chunk = vec![b'x'; size];
            for _ in 0..10 {
                to.write_all(&chunk).await.expect("it is read");
                let mut reply = vec![0; size];
                from.read_exact(&mut reply).await.expect("it is answered");
                assert_same(&reply, &chunk);
            }
            to.shutdown().await.expect("a pipe");
        })
        .await;
        assert!(matches!(end, End::Ended), "{end:?}");
        assert_eq!(session.direct > 0, is_direct);
        assert!(session.copied > 0);
    }
}

/// The box has no memory of its own: the chunks come into the session's.
#[tokio::test]
async fn large_chunks_come_into_the_memory_of_a_boxed_session_too() {
    for fails_at in [None, Some(3)] {
        let mut session = BoxSession::new(Buffered {
            fails_at,
            ..Buffered::default()
        });
        let (end, counts, ()) = run(&mut session, &Limits::default(), 64 * 1024, async |near| {
            let (mut from, mut to) = tokio::io::split(near);
            let chunk = vec![b'x'; 16 * 1024];
            for _ in 0..10 {
                let mut reply = vec![0; chunk.len()];
                if to.write_all(&chunk).await.is_err() || from.read_exact(&mut reply).await.is_err()
                {
                    return;
                }
                assert_same(&reply, &chunk);
            }
            to.shutdown().await.expect("a pipe");
        })
        .await;
        let fails = fails_at.is_some();
        assert_eq!(matches!(end, End::Ended), !fails, "{end:?}");
        match end {
            End::Failed(error) => assert_eq!(error.to_string(), "there is no room"),
            end => assert_eq!((fails, counts.sent), (false, 160 * 1024), "{end:?}"),
        }
    }
}

/// Nobody knows yet whether anything comes, and the peer may still have to take its reply.
#[tokio::test]
async fn a_session_without_room_fails_when_something_comes_and_not_before() {
    for (more, is_over) in [(false, true), (true, false)] {
        let mut session = Buffered {
            fails_at: Some(1),
            ..Buffered::default()
        };
        let (end, ..) = run(&mut session, &Limits::default(), 64 * 1024, async |near| {
            let (mut from, mut to) = tokio::io::split(near);
            let chunk = vec![b'x'; 16 * 1024];
            to.write_all(&chunk).await.expect("it is read");
            let mut reply = vec![0; chunk.len()];
            from.read_exact(&mut reply).await.expect("it is answered");
            assert_same(&reply, &chunk);
            if more {
                to.write_all(b"more").await.expect("it is read");
            }
            to.shutdown().await.expect("a pipe");
            let mut rest = Vec::new();
            from.read_to_end(&mut rest).await.expect("a pipe");
            assert_same(&rest, b"");
        })
        .await;
        assert_eq!(matches!(end, End::Ended), is_over, "{end:?}");
        assert_eq!(matches!(end, End::Failed(NoRoom)), more, "{end:?}");
    }
}
