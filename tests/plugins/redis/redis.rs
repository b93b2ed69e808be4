//! A part of Redis's protocol over the store: PING, SET with EX, GET, INCR and DEL.
//! <https://redis.io/docs/latest/develop/reference/protocol-spec/>

wit_bindgen::generate!({ path: "wit", world: "event-plugin" });

use eco::plugin::store::{self, Problem};
use exports::eco::plugin::events::{self, Happening};
use exports::eco::plugin::session::{self, Connection, Next, Reason, Reply};
use std::io::Write as _;
use std::sync::Mutex;

/// What has come of commands that aren't whole yet.
static REST: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The command at the beginning of these bytes, and its length; `None` where it isn't whole. An array of
/// strings, each with its length before it, or words in a line.
fn parse(bytes: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let (first, mut at) = line(bytes, 0)?;
    let Some(count) = first.strip_prefix(b"*") else {
        return Some((first.split(|byte| *byte == b' ').collect(), at));
    };
    let mut words = Vec::new();
    for _ in 0..number(count) {
        let (header, begin) = line(bytes, at)?;
        let end = begin + number(header.strip_prefix(b"$").unwrap_or_default());
        words.push(bytes.get(begin..end)?);
        at = end + 2;
    }
    (at <= bytes.len()).then_some((words, at))
}

/// The line that begins there, and where the next one does.
fn line(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..)?;
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    Some((&rest[..end], at + end + 2))
}

fn number(digits: &[u8]) -> usize {
    let text = std::str::from_utf8(digits).unwrap_or_default();
    text.parse().unwrap_or_default()
}

fn answer(words: &[&[u8]], replies: &mut Vec<u8>) {
    let word = |index: usize| words.get(index).copied().unwrap_or_default();
    let key = String::from_utf8_lossy(word(1));
    let done = match word(0).to_ascii_uppercase().as_slice() {
        b"PING" => Ok(replies.extend_from_slice(b"+PONG\r\n")),
        b"SET" => {
            let seconds = words.get(4).map(|seconds| number(seconds) as u64 * 1000);
            store::set(&key, word(2), seconds).map(|()| replies.extend_from_slice(b"+OK\r\n"))
        }
        b"GET" => store::get(&key).map(|value| match value {
            None => replies.extend_from_slice(b"$-1\r\n"),
            Some(value) => {
                let _ = write!(replies, "${}\r\n", value.len());
                replies.extend_from_slice(&value);
                replies.extend_from_slice(b"\r\n");
            }
        }),
        b"INCR" => store::add(&key, 1).map(|sum| drop(write!(replies, ":{sum}\r\n"))),
        b"DEL" => store::delete(&key).map(|had| drop(write!(replies, ":{}\r\n", u8::from(had)))),
        name => {
            let name = String::from_utf8_lossy(name);
            Ok(drop(write!(replies, "-ERR unknown command '{name}'\r\n")))
        }
    };
    if let Err(problem) = done {
        let code = match problem {
            Problem::Unavailable(why) => why,
            Problem::TooLarge => "too-large".to_owned(),
            Problem::TooMany => "too-many".to_owned(),
            Problem::NotANumber => "not-a-number".to_owned(),
        };
        let _ = write!(replies, "-ERR {code}\r\n");
    }
}

fn reply(data: Vec<u8>) -> Result<Reply, String> {
    Ok(Reply {
        data,
        next: Next::KeepOpen,
    })
}

struct Plugin;

impl session::Guest for Plugin {
    fn open(_peer: Connection) -> Result<Reply, String> {
        reply(Vec::new())
    }

    fn receive(chunk: Vec<u8>) -> Result<Reply, String> {
        let mut rest = REST.lock().unwrap();
        // Nearly always a chunk is a command, and nothing is left of the one before.
        let all = if rest.is_empty() {
            chunk
        } else {
            let mut all = std::mem::take(&mut *rest);
            all.extend_from_slice(&chunk);
            all
        };
        let (mut at, mut replies) = (0, Vec::new());
        while let Some((words, length)) = parse(&all[at..]) {
            answer(&words, &mut replies);
            at += length;
        }
        rest.extend_from_slice(&all[at..]);
        reply(replies)
    }

    fn end_of_input() -> Result<Reply, String> {
        reply(Vec::new())
    }

    fn closed(_why: Reason) {}
}

impl events::Guest for Plugin {
    fn event(_event: Happening) -> Result<Reply, String> {
        reply(Vec::new())
    }
}

export!(Plugin);
