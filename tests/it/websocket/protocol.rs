use super::{BINARY, CLOSE, CONTINUATION, Client, LAST, PING, TEXT, frame, read_frame, serve};
use crate::support::noise;
use std::io::Write as _;
use std::time::{Duration, Instant};

#[test]
fn what_breaks_the_protocol_is_told_its_code_and_ends_that_connection_alone() {
    let (server, address) = serve("", &[]);
    let mut neighbour = Client::connect(address);
    let close = |payload: &[u8]| frame(LAST | CLOSE, payload);
    let long = |length: [u8; 8]| [&[LAST | BINARY, 0xff], &length[..], &[0; 4]].concat();
    for (number, (sent, code, told)) in [
        (vec![LAST | BINARY, 2, b'h', b'i'], 1002, "without a mask"),
        (frame(LAST | 0x40 | BINARY, b"hi"), 1002, "reserved bits"),
        (frame(LAST | 0x10 | TEXT, b"hi"), 1002, "reserved bits"),
        (frame(LAST | 3, b"hi"), 1002, "opcode 3"),
        (frame(LAST | 15, b""), 1002, "opcode 15"),
        (frame(PING, b"half"), 1002, "control frame"),
        (frame(LAST | PING, &[0; 126]), 1002, "control frame"),
        (long([0, 0, 0, 0, 0, 0, 0, 5]), 1002, "shortest form"),
        (long([0xff; 8]), 1002, "2^63"),
        (frame(LAST | CONTINUATION, b"on"), 1002, "no beginning"),
        (
            [frame(TEXT, b"a"), frame(BINARY, b"b")].concat(),
            1002,
            "within another",
        ),
        (close(b"\x03"), 1002, "one byte"),
        (close(b"\x03\xee"), 1002, "code 1006"),
        (close(b"\x03\xff"), 1002, "code 1023"),
        (close(b"\xff\xff"), 1002, "code 65535"),
        (close(b"\x03\xe8\xff"), 1007, "no UTF-8"),
        (frame(LAST | TEXT, b"\xc0\xaf"), 1007, "no UTF-8"),
        (frame(LAST | TEXT, b"cut \xe2\x82"), 1007, "no UTF-8"),
        (
            [frame(TEXT, b"\xf0\x9f"), frame(LAST, b"a")].concat(),
            1007,
            "no UTF-8",
        ),
        (noise(1000, 99), 1002, "reserved bits"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut client = Client::connect(address);
        client.raw(&sent).expect_close(code);
        client.0.finish().expect_end();
        let connection = format!("connection={} ", number + 2);
        let closed = server.logged(&["closed", &connection]);
        assert!(
            closed.contains("peer-reset") && closed.contains(told),
            "{closed}"
        );
    }
    neighbour
        .send(BINARY, b"still here")
        .expect(BINARY, b"still here");
    neighbour.close();
}

#[test]
fn a_peer_that_goes_on_after_a_violation_is_not_waited_for_for_ever() {
    let (server, address) = serve("", &["--max-connections", "1"]);
    let mut client = Client::connect(address);
    client.raw(&[LAST | BINARY, 1, b'x']).expect_close(1002);
    let began = Instant::now();
    // It sends on, and has the only place.
    let mut writer = client.0.0.try_clone().expect("a socket can be shared");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while writer.write_all(&[0; 1000]).is_ok() {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        Client::connect(address).close();
    });
    assert!(began.elapsed() >= Duration::from_secs(2), "it had its time");
    server.logged(&["closed", "connection=1", "peer-reset", "without a mask"]);
    // A message that never comes whole has its time too: that of a connection on which nothing comes.
    let (server, address) = serve("", &["--idle-timeout", "100ms"]);
    let mut client = Client::connect(address);
    client.raw(&frame(BINARY, b"half"));
    client.expect_close(1000);
    assert_eq!(read_frame(&mut client.0), None);
    server.logged(&["closed", "reason=\"idle\""]);
}
