//! What a server sends to a client: `net::exchange` and `net::Inbox`, over a peer in memory that hands its
//! bytes out in pieces, sometimes after a wait.

use super::pieces::Pieces;
use eco_host::contract::Expect;
use eco_host::net::{Broken, Inbox, Quota, Request, exchange};
use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use tokio::runtime::{Builder, Runtime};

/// The stream, the pieces in which it comes and in which the client's bytes are taken, what the client
/// expects in each turn, and the most that a reply may have.
type Input = (Vec<u8>, Vec<u8>, Vec<(u8, u16, u8)>, u16, bool);

/// Bytes that repeat in a few patterns, so that ends are found, and nearly found.
fn stream(bytes: &[u8]) -> Vec<u8> {
    let pieces = bytes.iter().map(|byte| match byte % 8 {
        0 => vec![b'x'; usize::from(*byte) * 40],
        1 => b"abab".to_vec(),
        2 => b"aab".to_vec(),
        3 => b"\r\n".to_vec(),
        _ => vec![*byte],
    });
    pieces.flatten().collect()
}

fn expect((kind, number, byte): (u8, u16, u8), most: usize) -> Expect {
    const ENDS: [&[u8]; 6] = [b"\n", b"\r\n", b"aab", b"abab", b"x", b"abababababab"];
    match kind % 6 {
        0 => Expect::Nothing,
        1 => Expect::ToEnd,
        2 => Expect::Exactly(number.into()),
        3 => Expect::Exactly(match number % 4 {
            0 => u64::MAX,
            // Around what is allowed.
            more => (most as u64 + u64::from(more)).saturating_sub(2),
        }),
        4 => Expect::Through(vec![byte]),
        _ => Expect::Through(ENDS[usize::from(number) % ENDS.len()].to_vec()),
    }
}

/// How long the reply at the beginning of `rest` is, as it would be read with all of it at hand.
fn reply(rest: &[u8], expect: &Expect) -> Option<usize> {
    match expect {
        Expect::Nothing => Some(0),
        Expect::ToEnd => Some(rest.len()),
        Expect::Exactly(bytes) => usize::try_from(*bytes)
            .ok()
            .filter(|bytes| *bytes <= rest.len()),
        Expect::Through(end) => {
            let found = rest.windows(end.len()).position(|window| window == end);
            found.map(|place| place + end.len())
        }
    }
}

#[test]
fn a_reply_is_what_was_expected_of_the_stream_however_it_comes() {
    let runtime = AssertUnwindSafe(Builder::new_current_thread().build().unwrap());
    bolero::check!()
        .with_type::<Input>()
        .for_each(|input| check(&runtime, input));
}

fn check(runtime: &Runtime, (bytes, pieces, turns, most, sends): &Input) {
    let bytes = stream(bytes);
    let most = match most % 2 {
        0 => usize::from(*most),
        // Few enough that an end is just there.
        _ => usize::from(*most) % 64,
    };
    let mut rest = &bytes[..];
    let mut peer = Pieces::new(&bytes, pieces);
    let quota = Quota::new(64 * 1024);
    let mut inbox = Inbox::within(&quota);
    let message = vec![b'm'; if *sends { 300 } else { 0 }];
    for turn in turns.iter().take(8) {
        let expect = expect(*turn, most);
        let shown = RefCell::new(Vec::new());
        let sink = async |news: &[u8]| {
            shown.borrow_mut().extend_from_slice(news);
            Ok(())
        };
        let request = Request {
            send: &message,
            expect: &expect,
            most,
        };
        let exchange = exchange(&mut peer, request, &mut inbox, |_| {}, sink);
        let result = runtime.block_on(exchange);
        assert!(inbox.len() <= most + 1, "{} bytes of {most}", inbox.len());
        let wanted = reply(rest, &expect);
        match result {
            Ok(()) => {
                let length = wanted.unwrap_or_else(|| panic!("{expect:?} of {} bytes", rest.len()));
                assert!(length <= most, "{length} bytes of {most}");
                assert_eq!(inbox.reply(), &rest[..length]);
                assert_eq!(*shown.borrow(), rest[..length]);
                rest = &rest[length..];
                inbox.take_reply();
            }
            Err(Broken::Short) => {
                assert_eq!(wanted, None);
                assert_eq!(inbox.reply(), rest);
                return;
            }
            Err(Broken::TooLong) => {
                // Beyond the reply, while the message is not sent yet, too.
                assert!(rest.len() > most, "{} bytes of {most}", rest.len());
                assert!(
                    *sends || wanted.is_none_or(|length| length > most),
                    "{wanted:?} of {most}"
                );
                return;
            }
            Err(Broken::NoMemory(bytes)) => {
                assert_eq!(bytes, 64 * 1024);
                assert!(most > 32 * 1024, "{most}");
                return;
            }
            Err(broken) => panic!("{broken:?}"),
        }
    }
}
