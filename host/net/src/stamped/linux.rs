//! Timestamps of arrivals on Linux.

use nix::cmsg_space;
use nix::sys::socket::sockopt::ReceiveTimestampns;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt};
use nix::sys::time::TimeSpec;
use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd as _};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{Interest, ReadBuf};
use tokio::net::TcpStream;

pub(super) fn ask(socket: &impl AsFd) {
    let _ = setsockopt(socket, ReceiveTimestampns, &true);
}

/// Room for one timestamp.
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
                // A short read has taken all there was. This error makes tokio wait for more before the next try.
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

    /// Reads once: returns how many bytes, and the arrival of the last.
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
