//! The plugin behind a real server on this machine: the same steps, over sockets.
//!
//! The tester doesn't guess when a reply is whole: each session tells it what it was handed and what
//! it returned, and so many bytes must then come out of the socket. Where they don't, or where others
//! do, it is eco that failed.

use super::reporting_session::{Expected, ReportingSession};
use super::sockets::Sockets;
use eco_exercise::Bench;
use eco_net::{Limits, Server};
use eco_plugin::{Laboratory, ServerPlugin};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Strangers that may be connected at the same time. Each is reset as soon as it is looked at, so that one more waits no
/// longer than that, and the tester behind it. Test: `laboratory::strangers_who_connect_spoil_no_check`.
const STRANGERS: usize = 64;

/// A server that listens on this machine alone.
pub(super) struct Loopback {
    address: SocketAddr,
    expected: Arc<Expected>,
    serving: JoinHandle<()>,
    stop: CancellationToken,
}

impl Loopback {
    /// For runs with so many connections at the same time.
    pub(super) async fn start(plugin: ServerPlugin, connections: usize) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let expected = Arc::<Expected>::default();
        let awaited = expected.clone();
        let new_session = move || ReportingSession::new(plugin.session(), awaited.clone());
        let limits = Limits {
            max_connections: connections.saturating_add(STRANGERS),
            ..Limits::default()
        };
        let server = Server::new(vec![listener], limits);
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let serving = tokio::spawn(async move {
            server.run(new_session, stopped).await;
        });
        Ok(Self {
            address,
            expected,
            serving,
            stop,
        })
    }

    /// Stops it. The tester has left every connection.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        // It only fails if the server panicked, which has been told.
        let _ = self.serving.await;
    }
}

impl Bench for Loopback {
    type Wire = Sockets;

    async fn wire(&self, lab: Laboratory) -> Result<Sockets, String> {
        Ok(Sockets::new(self.address, self.expected.clone(), lab))
    }
}
