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
use parking_lot::Mutex;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A server that listens on this machine alone.
pub(super) struct Loopback {
    address: SocketAddr,
    expected: Arc<Mutex<Expected>>,
    serving: JoinHandle<()>,
    stop: CancellationToken,
}

impl Loopback {
    pub(super) async fn start(plugin: ServerPlugin) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let expected = Arc::new(Mutex::new(Expected::default()));
        let next = expected.clone();
        let new_session = move || {
            let mut expected = next.lock();
            ReportingSession::new(plugin.session_in(&expected.laboratory), &mut expected)
        };
        let server = Server::new(vec![listener], Limits::default());
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
