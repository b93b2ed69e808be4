//! Connections over a Unix socket.

use super::{Notes, patient, word};
use crate::connection_loop::Repeat;
use crate::harness::assert_same;
use eco_host::net::{Arriving, Server, ServerEvent};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

fn socket() -> (TempDir, PathBuf, UnixListener) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("eco.sock");
    let listener = UnixListener::bind(&path).expect("a socket");
    (folder, path, listener)
}

/// That of this process, in the words of the server.
fn own_name() -> String {
    format!("uid:{}", rustix::process::getuid().as_raw())
}

#[tokio::test]
async fn a_unix_socket_is_served_as_any_other_and_its_peer_is_a_user() {
    let (_folder, path, listener) = socket();
    let ends = Notes::none();
    let notes = ends.clone();
    let server = Server::builder(patient())
        .listen(listener, |_: &Arriving| Some(Repeat::times(1)))
        .observe(move |event| {
            if let ServerEvent::Opened { connection, .. } = event {
                notes.note((connection.peer.clone(), connection.local.clone()));
            }
        })
        .start();
    let peer = UnixStream::connect(&path).await.expect("it listens");
    let (mut from, mut to) = peer.into_split();
    // More than the buffers of a socket hold.
    let sent: Vec<u8> = (0..=u8::MAX).cycle().take(1_000_000).collect();
    let bytes = sent.clone();
    let writing = tokio::spawn(async move {
        to.write_all(&bytes).await.expect("it is read");
        to.shutdown().await.expect("it is open");
    });
    let mut came = Vec::new();
    from.read_to_end(&mut came).await.expect("it ends in order");
    writing.await.expect("no panic");
    assert_same(&came, &sent);
    assert_eq!(server.stop().await.served, 1);
    let local = format!("unix:{}", path.display());
    assert_eq!(ends.take(), [(own_name(), local)]);
}

#[tokio::test]
async fn all_connections_of_a_user_are_one_peers() {
    let (_folder, path, listener) = socket();
    let mut limits = patient();
    limits.max_connections_per_peer = NonZeroUsize::new(1);
    let server = Server::builder(limits)
        .listen(listener, word("hello"))
        .start();
    let mut first = UnixStream::connect(&path).await.expect("it listens");
    let mut said = [0; 5];
    first.read_exact(&mut said).await.expect("it is served");
    assert_same(&said, b"hello");
    let mut second = UnixStream::connect(&path).await.expect("it listens");
    let mut rest = Vec::new();
    second
        .read_to_end(&mut rest)
        .await
        .expect("there is no reset");
    assert_same(&rest, b"");
    assert_eq!(server.counts().refused, 1);
    server.stop().await;
}
