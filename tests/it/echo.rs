//! The built-in echo returns every byte, whatever it is and however it was split.

use crate::harness::assert_same;
use crate::support::{Peer, converse, noise, serve};
use proptest::prelude::*;

#[test]
fn every_byte_value_comes_back_unchanged() {
    let server = serve(&[]);
    let all: Vec<u8> = (0..=255).collect();
    assert_same(&converse(server.address, &all), &all);
}

#[test]
fn sixty_four_mebibytes_come_back_unchanged() {
    let server = serve(&["-q"]);
    let message = noise(64 << 20, 1);
    assert_same(&converse(server.address, &message), &message);
}

#[test]
fn bytes_sent_one_at_a_time_come_back_one_at_a_time() {
    let server = serve(&["-q"]);
    let mut peer = Peer::connect(server.address);
    for byte in noise(2000, 2) {
        peer.send(&[byte]).expect(&[byte]);
    }
    peer.finish().expect_end();
}

#[test]
fn a_connection_that_says_nothing_is_told_nothing() {
    let server = serve(&[]);
    Peer::connect(server.address).finish().expect_end();
    server.logged(&["closed", "reason=\"ended\"", "received=0", "sent=0"]);
}

#[test]
fn a_chunk_size_of_16_gives_the_transcript_of_the_course() {
    let server = serve(&["-v", "--chunk-size", "16"]);
    let message = b"This is the message.  It will be repeated.";
    assert_same(&converse(server.address, message), message);
    server.logged(&["closed"]);
    let log = server.log();
    let received: Vec<&str> = log
        .lines()
        .filter_map(|line| Some(line.split_once("received \"")?.1.split_once('"')?.0))
        .collect();
    assert_eq!(
        received,
        ["This is the mess", "age.  It will be", " repeated."]
    );
}

#[test]
fn a_hundred_connections_at_once_keep_their_bytes_apart() {
    let server = serve(&["-q"]);
    std::thread::scope(|scope| {
        for seed in 0..100 {
            let address = server.address;
            scope.spawn(move || {
                let message = noise(100_000, seed * 2 + 1);
                assert_same(&converse(address, &message), &message);
            });
        }
    });
}

#[test]
fn every_split_of_a_stream_comes_back_as_the_same_stream() {
    let server = serve(&["-q", "--chunk-size", "1000"]);
    let splits = prop::collection::vec(1..5000usize, 0..40);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(64));
    let checked = runner.run(
        &(0..60_000usize, any::<u64>(), splits),
        |(length, seed, splits)| {
            let message = noise(length, seed);
            let mut peer = Peer::connect(server.address);
            let mut writer = Peer(peer.0.try_clone().expect("a socket can be shared"));
            let reply = std::thread::scope(|scope| {
                let mut rest = message.as_slice();
                scope.spawn(move || {
                    for split in splits {
                        let (piece, later) = rest.split_at(split.min(rest.len()));
                        writer.send(piece);
                        rest = later;
                    }
                    writer.send(rest).finish();
                });
                peer.rest()
            });
            assert_same(&reply, &message);
            Ok(())
        },
    );
    checked.expect("every split comes back");
}
