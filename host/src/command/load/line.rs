//! The connections of the load: where they go to and come from, and what it means that there is none.

use super::pace::Pace;
use super::rehearsal::Part;
use super::source::Sources;
use super::tally::{Cause, Shared};
use crate::command::reach;
use crate::net::{self, Inbox, Patience, Quota};
use std::io;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// How long a connection that could not be made waits before it is tried again.
const RETRY: Duration = Duration::from_millis(100);

/// What all connections of a run share.
pub(super) struct Run {
    /// The addresses of the server, in the order in which they are tried.
    pub(super) to: Vec<SocketAddr>,
    pub(super) sources: Option<Sources>,
    pub(super) part: Part,
    pub(super) pace: Pace,
    pub(super) reconnect: bool,
    pub(super) timeout: Duration,
    /// The most bytes of a reply.
    pub(super) most: usize,
    /// What the replies of all connections are held in.
    pub(super) replies: Quota,
    /// Connections that were tried, which tells the next one's source.
    pub(super) tried: AtomicU64,
    /// Whether there was ever a connection.
    pub(super) connected: AtomicBool,
    /// What makes it pointless to go on.
    pub(super) fatal: OnceLock<String>,
}

/// A dialogue that failed, and what happened.
pub(super) struct Failed(pub(super) Cause, pub(super) String);

/// A connection, and what has arrived on it.
pub(super) struct Line {
    pub(super) stream: TcpStream,
    pub(super) inbox: Inbox,
    /// Whether FIN was sent, because a turn reads to the server's.
    pub(super) finished: bool,
}

impl Line {
    /// A new connection, made with so much patience, and counted.
    pub(super) async fn open(
        run: &Run,
        tally: &Shared,
        patience: &mut Patience,
    ) -> Result<Self, Failed> {
        let began = Instant::now();
        let number = run.tried.fetch_add(1, Ordering::Relaxed);
        let source = run.sources.map(|sources| sources.of(number));
        let connecting = net::connect_any(&run.to, source);
        match patience.within(connecting).await {
            Some(Ok(stream)) => {
                run.connected.store(true, Ordering::Relaxed);
                tally.lock().connecting_took(began.elapsed());
                Ok(Self {
                    stream,
                    inbox: Inbox::within(&run.replies),
                    finished: false,
                })
            }
            Some(Err(error)) => Err(run.cannot_connect(&error)),
            None => Err(run.cannot_connect(&io::ErrorKind::TimedOut.into())),
        }
    }
}

impl Run {
    /// Waits before the next connection is tried, where there was none. An error says that the run
    /// is over.
    pub(super) async fn has_rested(&self) -> Result<(), ()> {
        tokio::select! {
            () = tokio::time::sleep(RETRY) => Ok(()),
            () = self.pace.ended() => Err(()),
        }
    }

    /// Where there is no connection at all, or no room for one more, the run is over.
    fn cannot_connect(&self, error: &io::Error) -> Failed {
        let out_of = |what: &str| Some(format!("cannot open more connections: {error}\n{what}"));
        let why = match error.kind() {
            _ if is_out_of_descriptors(error) => out_of(
                "Each connection takes a descriptor: raise the limit (ulimit -n), or take fewer --connections.",
            ),
            io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse => {
                out_of(match self.sources {
                    Some(_) => {
                        "The addresses of --source are not this machine's, or their ports are all in use or cooling down."
                    }
                    None => {
                        "The ports of this machine's address are all in use or cooling down, some 28,000 of them. Connect from more addresses (to a server on this machine: --source 127.0.0.0/8), or leave out --reconnect."
                    }
                })
            }
            _ if !self.connected.load(Ordering::Relaxed) => {
                let to = self.to.first().map(ToString::to_string).unwrap_or_default();
                Some(reach::no_connection(to, error))
            }
            _ => None,
        };
        if let Some(why) = why {
            let _ = self.fatal.set(why);
            self.pace.end();
        }
        Failed(Cause::NotConnected, format!("cannot connect: {error}"))
    }
}

/// Of this process, or of the whole system. The standard library has no name for it.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    #[cfg(unix)]
    return matches!(
        rustix::io::Errno::from_io_error(error),
        Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE)
    );
    #[cfg(not(unix))]
    false
}
