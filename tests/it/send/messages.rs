//! The message that is sent, and the reply that is printed.

use crate::harness::assert_same;
use crate::send::{MESSAGE, assert_said, send, server};
use crate::support::{noise, plugin_file, serve};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

#[test]
fn the_reply_is_printed_byte_for_byte_and_nothing_else() {
    let eco = serve(&["-q"]);
    let exited = send(eco.address, &["hello"], b"");
    assert_said(&exited, 0, &[]);
    assert_same(&exited.stdout, b"hello");
    assert_eq!(exited.stderr, "");
}

#[test]
fn without_a_message_it_is_the_one_of_the_course() {
    let eco = serve(&["-q"]);
    assert_same(&send(eco.address, &[], b"").stdout, MESSAGE);
}

#[test]
fn the_message_comes_from_stdin_or_a_file_too() {
    let eco = serve(&["-q"]);
    let bytes: Vec<u8> = (0..=255).collect();
    assert_same(&send(eco.address, &["-"], &bytes).stdout, &bytes);
    let path = plugin_file("message.bin", &bytes);
    assert_same(&send(eco.address, &["--file", &path], b"").stdout, &bytes);
    assert_same(&send(eco.address, &["--", "-v"], b"").stdout, b"-v");
    let empty = send(eco.address, &["-"], b"");
    assert_said(&empty, 0, &[]);
    assert_same(&empty.stdout, b"");
}

#[test]
fn verbose_tells_the_story_as_the_course_does() {
    let eco = serve(&["-q"]);
    let exited = send(eco.address, &["-v"], b"");
    let address = format!("connected to {}", eco.address);
    let words = [
        address.as_str(),
        "sending \"This is the message.",
        "received \"This is the message.",
    ];
    assert_said(&exited, 0, &words);
}

/// The server of the course: 16 bytes at a time, read and written in turn.
fn in_turn(mut stream: TcpStream) {
    let mut buffer = [0; 16];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        if stream
            .write_all(buffer.get(..length).unwrap_or_default())
            .is_err()
        {
            return;
        }
    }
}

#[test]
fn it_gets_along_with_the_server_of_the_course() {
    let exited = send(server(in_turn), &["-v"], b"");
    assert_said(&exited, 0, &["received"]);
    assert_same(&exited.stdout, MESSAGE);
}

#[test]
fn sixty_four_mebibytes_through_a_server_that_reads_and_writes_in_turn_do_not_hang() {
    let address = server(|mut stream| {
        let mut buffer = vec![0; 65536];
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            let echoed = stream.write_all(buffer.get(..length).unwrap_or_default());
            if echoed.is_err() {
                return;
            }
        }
    });
    let message = noise(64 << 20, 8);
    let exited = send(address, &["-"], &message);
    assert_said(&exited, 0, &[]);
    assert_same(&exited.stdout, &message);
}

#[test]
fn a_message_over_the_budget_is_refused_before_anything_is_sent() {
    let (tell, told) = std::sync::mpsc::channel();
    let address = server(move |_| tell.send(()).expect("the test waits"));
    let refused = send(address, &["--reply", "1KiB", "-"], &[b'x'; 1025]);
    assert_said(
        &refused,
        64,
        &["larger than 1.0 KiB", "--reply", "nothing was sent"],
    );
    assert!(told.try_recv().is_err(), "it connected");
    let exact = serve(&["-q"]);
    assert_eq!(
        send(exact.address, &["--reply", "1KiB", "-"], &[b'x'; 1024]).code,
        0
    );
}

#[test]
fn a_message_that_looks_like_a_flag_is_not_sent() {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    assert_said(&send(nowhere, &["--verbos"], b""), 64, &["--verbose"]);
    assert_said(&send(nowhere, &["-x"], b""), 64, &["unexpected argument"]);
    assert_said(
        &send(nowhere, &["-p", "-", "-"], b""),
        64,
        &["can't both come from stdin"],
    );
}
