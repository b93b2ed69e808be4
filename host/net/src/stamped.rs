//! A connection that knows when what was read from it had arrived.
//!
//! Whoever drives many connections in one thread reads a reply when its turn comes, which may be long after it
//! came. The system takes a note of when it did: Linux, for each packet (SO_TIMESTAMPNS, socket(7)). Where it
//! doesn't, what is read has arrived when it is read.
//!
//! Its notes are times of the wall clock, which somebody may set. So both clocks are looked at before and after: where
//! one has gone further than the other, the age is not known.
//!
//! It owns the reading. It must not know what becomes of the times.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, UNIX_EPOCH};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};

/// Keeps the system noting arrivals while it is there. Where nobody has asked before, it may take a busy system long
/// to begin: whoever needs the first notes asks early.
#[derive(Debug)]
pub struct StampsOn(#[expect(dead_code, reason = "held, for what it was asked")] Option<TcpSocket>);

impl StampsOn {
    /// Asks for them. A system that doesn't give any is no failure.
    pub fn ask() -> Self {
        let socket = TcpSocket::new_v4().ok();
        socket.iter().for_each(system::ask);
        Self(socket)
    }
}

/// A connection that knows when what was read from it had arrived.
#[derive(Debug)]
pub struct StampedStream {
    stream: TcpStream,
    stamps: system::Stamps,
    /// When the last bytes that were read had arrived, since 1970, if the system has told, and a FIN was not waited
    /// for since.
    arrived: Option<Duration>,
    /// When its age was last asked for.
    asked: Moment,
}

impl StampedStream {
    /// Whether this kind of system tells.
    pub const TELLS: bool = cfg!(target_os = "linux");

    /// Asks the system to note arrivals from now on. One that doesn't is no failure.
    pub fn new(stream: TcpStream) -> Self {
        Self {
            stamps: system::Stamps::of(&stream),
            stream,
            arrived: None,
            asked: Moment::now(),
        }
    }

    /// The connection itself.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// How long ago the last bytes arrived that were read since this was asked before, and at most how long ago that
    /// was. `None` where nothing was read, the system doesn't tell, or somebody has set the clock since. It says nothing
    /// of a FIN: one that is there when the bytes before it are read counts as arrived with them, and one that is waited
    /// for as just arrived.
    pub fn take_age(&mut self) -> Option<Duration> {
        let now = Moment::now();
        let asked = std::mem::replace(&mut self.asked, now);
        now.age(self.arrived.take()?, &asked)
    }
}

/// A moment by both clocks.
#[derive(Clone, Copy, Debug)]
struct Moment {
    /// Since 1970, by the clock of the stamps.
    wall: Duration,
    /// By the one that only goes forward.
    steady: Instant,
}

impl Moment {
    fn now() -> Self {
        Self {
            // One that is before 1970 is not set, and its stamps say nothing either.
            wall: UNIX_EPOCH.elapsed().unwrap_or_default(),
            steady: Instant::now(),
        }
    }

    /// How long before now it was so late by the wall clock, and at most since `before`. `None` where somebody has set
    /// that clock between the two.
    fn age(&self, arrived: Duration, before: &Self) -> Option<Duration> {
        let steady = self.steady.duration_since(before.steady);
        let wall = self.wall.checked_sub(before.wall)?;
        let drift = steady / DRIFT + SLACK;
        let age = self.wall.checked_sub(arrived)?;
        (wall.abs_diff(steady) <= drift).then(|| age.min(steady))
    }
}

/// A clock that is right goes wrong by one part in so many at most, while the system brings it near to the true
/// time (adjtimex(2) has 500 parts in a million). What goes further was set, and the stamp is not used.
/// Test: `an_age_over_which_the_clock_was_set_is_not_told`.
const DRIFT: u32 = 1000;
/// The time that may lie between a look at one clock and at the other. Where it is more, as another process had its turn
/// just then, one stamp is not used. Test: `an_age_over_which_the_clock_was_set_is_not_told`.
const SLACK: Duration = Duration::from_micros(20);

impl AsyncRead for StampedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self {
            stream,
            stamps,
            arrived,
            ..
        } = &mut *self;
        stamps.poll_read(stream, arrived, cx, buffer)
    }
}

impl AsyncWrite for StampedStream {
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
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::{Context, Duration, Poll, ReadBuf, TcpStream, io};
    use nix::cmsg_space;
    use nix::sys::socket::sockopt::ReceiveTimestampns;
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt};
    use nix::sys::time::TimeSpec;
    use std::io::IoSliceMut;
    use std::os::fd::{AsFd, AsRawFd as _};
    use tokio::io::Interest;

    pub(super) fn ask(socket: &impl AsFd) {
        let _ = setsockopt(socket, ReceiveTimestampns, &true);
    }

    /// Room for one stamp.
    #[derive(Debug)]
    pub(super) struct Stamps(Vec<u8>);

    impl Stamps {
        pub(super) fn of(stream: &TcpStream) -> Self {
            ask(stream);
            Self(cmsg_space!(TimeSpec))
        }

        pub(super) fn poll_read(
            &mut self,
            stream: &mut TcpStream,
            arrived: &mut Option<Duration>,
            cx: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let room = buffer.initialize_unfilled();
            loop {
                if stream.poll_read_ready(cx)?.is_pending() {
                    *arrived = None;
                    return Poll::Pending;
                }
                let mut read = None;
                let result = stream.try_io(Interest::READABLE, || {
                    let (bytes, stamp) = self.receive(stream, room)?;
                    read = Some(bytes);
                    *arrived = stamp.or(*arrived);
                    // A short read has taken all there was. Said like this, nobody tries again before more comes.
                    if (1..room.len()).contains(&bytes) {
                        return Err(io::ErrorKind::WouldBlock.into());
                    }
                    Ok(())
                });
                match (read, result) {
                    (Some(bytes), _) => {
                        buffer.advance(bytes);
                        return Poll::Ready(Ok(()));
                    }
                    (None, Err(error)) if error.kind() != io::ErrorKind::WouldBlock => {
                        return Poll::Ready(Err(error));
                    }
                    (None, _) => {}
                }
            }
        }

        /// One read: the bytes, and when the last of them had arrived.
        fn receive(
            &mut self,
            stream: &TcpStream,
            room: &mut [u8],
        ) -> io::Result<(usize, Option<Duration>)> {
            let mut pieces = [IoSliceMut::new(room)];
            let (socket, flags) = (stream.as_raw_fd(), MsgFlags::empty());
            let received = recvmsg::<()>(socket, &mut pieces, Some(&mut self.0), flags)?;
            let stamp = received.cmsgs()?.find_map(|message| match message {
                ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
                _ => None,
            });
            Ok((received.bytes, stamp))
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{AsyncRead as _, Context, Duration, Pin, Poll, ReadBuf, TcpStream, io};

    pub(super) fn ask<T>(_: &T) {}

    #[derive(Debug)]
    pub(super) struct Stamps;

    impl Stamps {
        pub(super) fn of(_: &TcpStream) -> Self {
            Self
        }

        pub(super) fn poll_read(
            &mut self,
            stream: &mut TcpStream,
            _: &mut Option<Duration>,
            cx: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Pin::new(stream).poll_read(cx, buffer)
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    async fn pair() -> (StampedStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it listens");
        let here = TcpStream::connect(address).await.expect("it listens");
        let (there, _) = listener.accept().await.expect("it connects");
        (StampedStream::new(here), there)
    }

    #[tokio::test]
    async fn what_lay_there_before_it_was_read_is_as_old_as_that() {
        let (mut here, mut there) = pair().await;
        let mut told = false;
        // The system begins to take notes a moment after it was asked.
        for _ in 0..1000 {
            there.write_all(b"reply").await.expect("it is open");
            here.stream.peek(&mut [0]).await.expect("it is open");
            let is_there = Instant::now();
            while is_there.elapsed() < Duration::from_millis(2) {
                std::hint::spin_loop();
            }
            let mut reply = [0; 5];
            here.read_exact(&mut reply).await.expect("it is open");
            assert_eq!(&reply, b"reply");
            if let Some(age) = here.take_age() {
                assert!(age >= Duration::from_millis(1), "{age:?}");
                assert_eq!(here.take_age(), None);
                told = true;
                break;
            }
        }
        assert!(told, "the system has told nothing of any reply");
    }

    #[test]
    fn an_age_over_which_the_clock_was_set_is_not_told() {
        const SECOND: Duration = Duration::from_secs(1);
        const MS: Duration = Duration::from_millis(1);
        let before = Moment::now();
        // After a second, the wall clock shows so much more, and the stamp is of 10 ms ago by it.
        let age = |wall: Duration| {
            let now = Moment {
                wall: before.wall + wall,
                steady: before.steady + SECOND,
            };
            now.age(now.wall.saturating_sub(10 * MS), &before)
        };
        for wall in [SECOND, SECOND + MS / 2, SECOND - MS / 2] {
            assert_eq!(age(wall), Some(10 * MS), "{wall:?}");
        }
        for wall in [
            SECOND + 2 * MS,
            SECOND - 2 * MS,
            3600 * SECOND,
            Duration::ZERO,
        ] {
            assert_eq!(age(wall), None, "{wall:?}");
        }
        let now = Moment {
            wall: before.wall + SECOND,
            steady: before.steady + SECOND,
        };
        // Set back since the stamp, or before the first look at it.
        assert_eq!(now.age(now.wall + MS, &before), None);
        let earlier = Moment {
            wall: before.wall - 3600 * SECOND,
            ..now
        };
        assert_eq!(earlier.age(earlier.wall, &before), None);
        // What was there before anybody asked is no older than that.
        assert_eq!(now.age(before.wall - 60 * SECOND, &before), Some(SECOND));
    }

    #[tokio::test]
    async fn bytes_come_in_order_through_any_room_up_to_the_end() {
        let (mut here, mut there) = pair().await;
        let sent: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
        let bytes = sent.clone();
        let writing = tokio::spawn(async move {
            for piece in bytes.chunks(7001) {
                there.write_all(piece).await.expect("it is open");
                tokio::task::yield_now().await;
            }
        });
        let (mut came, mut room) = (Vec::<u8>::new(), vec![0; 4096]);
        loop {
            let read = here.read(&mut room).await.expect("it is open");
            came.extend(room.iter().take(read));
            // From one byte to all of it, so that reads fill their room, and don't.
            room.resize(came.len() % 4096 + 1, 0);
            if read == 0 {
                break;
            }
        }
        writing.await.expect("no panic");
        assert!(came == sent);
    }
}
