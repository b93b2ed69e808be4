use super::{BINARY, CONTINUATION, Client, LAST, PING, PONG, TEXT, frame, serve};
use crate::harness::assert_same;
use crate::support::{Peer, noise, plugin_file};

#[test]
fn noise_comes_back_byte_for_byte_however_it_is_cut_into_messages_and_frames() {
    let (server, address) = serve("", &[]);
    let sizes = [
        1,
        2,
        125,
        126,
        127,
        4096,
        65_535,
        65_536,
        65_537,
        200_000,
        1 << 20,
    ];
    // In whole frames, in fragments with Pings between them, and in texts of one byte.
    for (seed, fragment) in [(1, usize::MAX), (2, 1000), (3, 7)] {
        let mut client = Client::connect(address);
        let mut writer = Peer(client.0.0.try_clone().expect("a socket can be shared"));
        let sizes = if fragment == 7 { &sizes[..6] } else { &sizes };
        let sent = noise(sizes.iter().sum(), seed);
        let mut came = Vec::new();
        let mut pongs = 0;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut rest = sent.as_slice();
                for size in sizes {
                    let (message, after) = rest.split_at(*size);
                    rest = after;
                    let frames = message.chunks(fragment).enumerate();
                    for (number, fragment) in frames {
                        let opcode = if number == 0 { BINARY } else { CONTINUATION };
                        writer.send(&frame(opcode, fragment));
                        writer.send(&frame(LAST | PING, &number.to_be_bytes()));
                    }
                    writer.send(&frame(LAST, b""));
                }
            });
            while came.len() < sent.len() {
                match client.frame() {
                    (PONG, _) => pongs += 1,
                    (opcode, payload) => {
                        assert_eq!(opcode, BINARY);
                        came.extend(payload);
                    }
                }
            }
        });
        assert_same(&came, &sent);
        assert!(pongs > 0);
        drop(client);
    }
    server.logged(&["closed", "peer-reset", "without a Close frame"]);
}

#[test]
fn a_message_that_fits_is_one_chunk_and_a_reply_is_one_message() {
    // What is called directly gets its chunks in memory of its own, and a script does not.
    let script = plugin_file(
        "websocket-lengths.lua",
        "function receive(chunk) return tostring(#chunk) end",
    );
    for arguments in [&["-p", script.as_str()][..], &[]] {
        let (_server, address) = serve("", arguments);
        let mut client = Client::connect(address);
        let expected = |length: usize| match arguments {
            [] => noise(length, 7),
            _ => length.to_string().into_bytes(),
        };
        for length in [1, 5000, 6000, 40_000, 65_536, 3, 65_536, 20_000] {
            let message = noise(length, 7);
            client
                .send(BINARY, &message)
                .expect(BINARY, &expected(length));
            // The same in frames, of which one is empty, and in pieces on the way.
            let (first, second) = message.split_at(length / 2);
            let parts = [frame(BINARY, first), frame(0, b""), frame(LAST, second)].concat();
            for piece in parts.chunks(length / 3 + 1) {
                client.raw(piece);
            }
            client.expect(BINARY, &expected(length));
        }
        // Several at once are several, and one of no bytes is none.
        let three = [b"one".as_slice(), b"", b"three"].map(|text| frame(LAST | TEXT, text));
        client.raw(&three.concat());
        match arguments {
            [] => client.expect(BINARY, b"one").expect(BINARY, b"three"),
            _ => client.expect(BINARY, b"3").expect(BINARY, b"5"),
        };
        client.close();
    }
}

#[test]
fn a_message_larger_than_a_chunk_comes_in_pieces_and_is_held_by_nobody() {
    let (_server, address) = serve("", &["--chunk-size", "1KiB"]);
    let mut client = Client::connect(address);
    // A frame of 2^62 bytes, of which some come.
    let header = [&[0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0][..], &[0; 4]].concat();
    client.raw(&header);
    for seed in 1..50 {
        let piece = noise(777, seed);
        client.raw(&piece);
        let mut came = Vec::new();
        while came.len() < piece.len() {
            let (opcode, payload) = client.frame();
            assert_eq!(opcode, BINARY);
            assert!(payload.len() <= 1024);
            came.extend(payload);
        }
        assert_same(&came, &piece);
    }
}

#[test]
fn texts_are_cut_between_characters_and_what_is_no_text_ends_the_connection_in_order() {
    let plugin = plugin_file(
        "websocket-text.lua",
        "function receive(chunk) return (chunk:gsub('!', '\\255')) end",
    );
    let (server, address) = serve(",text", &["-p", &plugin, "--chunk-size", "16"]);
    let mut neighbour = Client::connect(address);
    let text = "ñandú, 日本語, κόσμε, 🦀🦀🦀 ".repeat(20);
    let mut client = Client::connect(address);
    for fragment in [1, 5, text.len()] {
        let mut frames = Vec::new();
        for (number, part) in text.as_bytes().chunks(fragment).enumerate() {
            frames.extend(frame(if number == 0 { TEXT } else { CONTINUATION }, part));
        }
        frames.extend(frame(LAST, b""));
        client.raw(&frames);
        let mut came = String::new();
        while came.len() < text.len() {
            let (opcode, payload) = client.frame();
            assert_eq!(opcode, TEXT);
            came.push_str(std::str::from_utf8(&payload).expect("each message is a text"));
        }
        assert_eq!(came, text);
    }
    client.send(BINARY, b"Stop!").expect_close(1011);
    client.0.finish().expect_end();
    let closed = server.logged(&["closed", "reason=\"failed\""]);
    assert!(closed.contains("a reply that is no UTF-8"), "{closed}");
    neighbour.send(TEXT, b"on").expect(TEXT, b"on");
    neighbour.close();
}
