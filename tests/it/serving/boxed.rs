//! Sessions whose type is forgotten.

use super::{ToldToFail, Word, patient, pipes};
use crate::connection_loop::Repeat;
use crate::harness::assert_same;
use eco_host::contract::{BoxSession, Connection, Session as _};
use eco_host::net::{Arriving, EndReason, Server, ServerEvent};
use std::error::Error as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test(start_paused = true)]
async fn one_listener_has_sessions_of_several_types() {
    let (listener, peers) = pipes();
    let server = Server::builder(patient())
        .listen(listener, |arriving: &Arriving| {
            Some(match arriving.id {
                1 => BoxSession::new(Word("hello")),
                _ => BoxSession::new(Repeat::times(3)),
            })
        })
        .observe(|event| {
            if let ServerEvent::Ended {
                id,
                version,
                reason,
                budget,
                error,
                ..
            } = event
            {
                let (failed, told) = match id {
                    1 => (EndReason::Failed, Some("it was told\\nto fail")),
                    _ => (EndReason::Ended, None),
                };
                assert_eq!((*reason, error.as_deref()), (failed, told));
                assert_eq!(*version, (*id == 1).then_some(7));
                assert_eq!(*budget, (*id == 1).then_some("patience"));
            }
        })
        .start();
    for (sends, comes) in [("x", "hello"), ("ab", "ababab")] {
        let mut peer = peers.connect();
        peer.write_all(sends.as_bytes()).await.expect("it is open");
        if sends == "ab" {
            peer.shutdown().await.expect("it is open");
        }
        let mut came = Vec::new();
        peer.read_to_end(&mut came).await.expect("a pipe");
        assert_same(&came, comes.as_bytes());
    }
    server.stop().await;
}

#[tokio::test]
async fn the_error_of_a_boxed_session_is_its_own() {
    let mut session = BoxSession::new(Word("hello"));
    let connection = Connection {
        id: 1,
        peer: "a pipe".to_owned(),
        local: "a pipe".to_owned(),
        origin: None,
        details: None,
    };
    session.open(&connection).await.expect("it greets");
    let error = session.receive(b"x").await.expect_err("it was told to");
    assert_eq!(error.to_string(), "it was told\nto fail");
    assert!(error.get().downcast_ref::<ToldToFail>().is_some());
    assert!(error.source().is_none());
    let own = error.into_inner().downcast::<ToldToFail>();
    own.expect("the session's own");
}
