//! A session that takes leave of its peer ends at once.

use crate::harness::assert_same;
use eco_host::contract::{Connection, Next, Opening, Reason, Reply, Session};
use eco_host::net::{Accepted, Arriving, Limits, Listener, Server};
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Takes leave of its peer at once, by closing or by refusing it, and says when it is gone.
struct Leaving {
    refuses: bool,
    gone: Arc<Notify>,
}

impl Session for Leaving {
    type Error = Infallible;

    async fn open(&mut self, _: &Connection) -> Result<Opening<'_>, Infallible> {
        if self.refuses {
            return Ok(Opening::Refusal("no".to_owned()));
        }
        Ok(Opening::Greeting(Reply {
            data: b"bye"[..].into(),
            next: Next::Close,
        }))
    }

    async fn receive<'a>(&'a mut self, _: &[u8]) -> Result<Reply<'a>, Infallible> {
        Ok(Reply::default())
    }

    async fn end_of_input(&mut self) -> Result<Reply<'_>, Infallible> {
        Ok(Reply::default())
    }

    async fn closed(&mut self, why: Reason) -> Result<(), Infallible> {
        assert_eq!((why, self.refuses), (Reason::ByPlugin, false));
        Ok(())
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.gone.notify_one();
    }
}

/// Has one connection.
struct Once(Option<DuplexStream>);

impl Listener for Once {
    type Transport = DuplexStream;

    fn poll_accept(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Accepted<DuplexStream>>> {
        let Some(transport) = self.0.take() else {
            return Poll::Pending;
        };
        Poll::Ready(Ok(Accepted::new(transport, "a pipe", "a pipe")))
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_has_said_its_last_word_does_not_wait_for_its_peer_to_close() {
    for refuses in [false, true] {
        let started = Instant::now();
        let (mut near, far) = duplex(64);
        let gone = Arc::new(Notify::new());
        let gives = gone.clone();
        let session = move |_: &Arriving| {
            let gone = gives.clone();
            Some(Leaving { refuses, gone })
        };
        let server = Server::builder(Limits::default())
            .listen(Once(Some(far)), session)
            .start();
        let mut rest = Vec::new();
        near.read_to_end(&mut rest).await.expect("a pipe");
        assert_same(&rest, if refuses { b"" } else { b"bye" });
        // The peer has not closed its side.
        gone.notified().await;
        assert_eq!(started.elapsed(), Duration::ZERO);
        server.stop().await;
        drop(near);
    }
}
