//! Servers that reply wrong, late or not at all.

use crate::harness::{Eco, assert_same};
use crate::send::{MESSAGE, assert_said, dialogue, read_message, send, server};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};

#[test]
fn a_wrong_byte_is_found_and_shown() {
    let address = server(|mut stream| {
        let mut message = read_message(&mut stream);
        message[22] = b'i';
        stream.write_all(&message).expect("the client reads");
    });
    let exited = send(address, &[], b"");
    let words = [
        "wrong reply: the reply differs from the message, at byte 22 of 42",
        "00000010",
        "^^",
        "|age.  it will be|",
    ];
    assert_said(&exited, 1, &words);
}

#[test]
fn too_few_bytes_before_fin_are_counted() {
    let address = server(|mut stream| {
        read_message(&mut stream);
        stream.write_all(b"This is th").expect("the client reads");
    });
    let exited = send(address, &[], b"");
    assert_said(
        &exited,
        1,
        &["10 of 42 expected bytes came, then the server closed the connection"],
    );
    assert_same(&exited.stdout, b"This is th");
}

#[test]
fn a_server_that_closes_at_once_is_no_success() {
    let address = server(drop);
    assert_eq!(send(address, &[], b"").code, 1);
}

#[test]
fn bytes_beyond_the_expected_ones_are_reported() {
    for late in [false, true] {
        let address = server(move |mut stream| {
            let message = read_message(&mut stream);
            stream.write_all(&message).expect("the client reads");
            if late {
                // The client has said that it is done.
                assert_eq!(stream.read(&mut [0]).expect("FIN"), 0);
            }
            stream.write_all(b"\x1b[2J!").expect("the client reads");
            stream.shutdown(Shutdown::Write).expect("it is open");
        });
        let exited = send(address, &[], b"");
        assert_said(
            &exited,
            1,
            &["5 bytes came beyond what was expected: \"\\x1b[2J!\""],
        );
        assert_same(&exited.stdout, MESSAGE);
    }
}

#[test]
fn a_server_that_says_nothing_runs_into_the_timeout() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let address = server(move |mut stream| {
        read_message(&mut stream);
        stream.write_all(b"This").expect("the client reads");
        let _ = wait.recv();
    });
    let exited = send(address, &["--timeout", "200ms"], b"");
    assert_said(
        &exited,
        1,
        &["4 of 42 expected bytes came", "200ms", "--timeout"],
    );
    drop(done);
}

#[test]
fn a_reset_in_the_middle_is_told() {
    let address = server(|stream| {
        // Closed with the message unread: a reset.
        let mut byte = [0];
        (&stream).read_exact(&mut byte).expect("the client sends");
    });
    assert_said(
        &send(address, &[], b""),
        1,
        &["0 of 42 expected bytes came", "the connection broke"],
    );
}

#[test]
fn where_nobody_listens_it_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it listens");
    drop(listener);
    let words = [
        &format!("cannot connect to {address}"),
        "refused",
        "eco serve",
    ];
    assert_said(&send(address, &[], b""), 69, &words);
}

#[test]
fn a_name_without_an_address_is_no_question_of_a_server() {
    // Longer than a part of a name may be, so that nobody is asked for it.
    let to = format!("{}:7", "x".repeat(64));
    for command in ["send", "load"] {
        let exited = Eco::new(&[command, "--to", &to]).run(b"");
        let words = [&format!("cannot connect to {to}"), "Is the name right?"];
        assert_said(&exited, 69, &words);
        assert!(!exited.stderr.contains("eco serve"), "{}", exited.stderr);
    }
}

#[test]
fn where_the_built_in_client_finds_no_echo_it_says_what_it_expects() {
    let words = ["The built-in client expects", "with -p", "--client"];
    let greeting = |mut stream: TcpStream| {
        stream
            .write_all(b"220 ready\r\n")
            .expect("the client reads");
        let _ = stream.read(&mut [0; 5]);
    };
    assert_said(&send(server(greeting), &["hello"], b""), 1, &words);
    // One that knows better is told of the reply alone.
    let exited = send(server(greeting), &["-p", &dialogue()], b"");
    assert_said(&exited, 1, &["no whole reply"]);
    assert!(!exited.stderr.contains(words[0]), "{}", exited.stderr);
}
