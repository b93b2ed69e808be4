//! The protocol on the pipes between eco and its helper.
//!
//! The helper begins with [`HELLO`], which eco waits for. The request: a length and a [`Head`] in JSON, a length and
//! the stranger's bytes. The answer: a byte for its kind, then a length and the answer in JSON, the number of its
//! blocks, and each of them as a length and bytes. Lengths are little-endian. eco bounds each length that the helper
//! names, since an attack may have taken it over.

use crate::limits::Limits;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// A request, and the helper's limits.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head<R> {
    pub(crate) request: R,
    pub(crate) limits: Limits,
}

/// Kinds of the helper's messages: one answer or one panic, and at most one notice before it that the work takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    TakesLong = b'L' as isize,
    Answer = b'A' as isize,
    Panicked = b'P' as isize,
}

/// The first bytes of a helper. A program that is none says something else, or nothing. Its version is in it, since
/// another one may have other requests and answers.
const HELLO: &str = concat!("eco-helper ", env!("CARGO_PKG_VERSION"), "\n");
/// Their start, which all versions have.
const ANY_HELLO: &str = "eco-helper ";

/// Says that this process is a helper.
pub(crate) fn write_hello(to: &mut impl Write) -> io::Result<()> {
    to.write_all(HELLO.as_bytes())
}

/// What a program has said first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hello {
    /// It is a helper of this version.
    Helper,
    /// It is a helper of another version.
    OtherVersion,
    /// It says something else, or has ended.
    Other,
}

/// Waits for the helper to say that it is one. Nothing is read beyond the first byte that differs: another version may
/// say no more, and wait.
pub(crate) fn read_hello(from: &mut impl Read) -> io::Result<Hello> {
    for (read, expected) in HELLO.bytes().enumerate() {
        match read_array(from) {
            Ok([said]) if said == expected => {}
            Ok(_) if read >= ANY_HELLO.len() => return Ok(Hello::OtherVersion),
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
            Ok(_) | Err(_) => return Ok(Hello::Other),
        }
    }
    Ok(Hello::Helper)
}

/// The longest JSON of an answer, in bytes: names and messages are cut far below it. An answer with a longer one is
/// invalid. Test: `an_answer_that_makes_no_sense_is_an_error`.
const MOST_JSON: u64 = 256 * 1024;
/// Bytes of a panic's message, which may quote a file. The rest is cut.
/// Test: `what_a_panic_says_is_cut`.
const MOST_TEXT: usize = 8 * 1024;

/// The helper's answer, as eco has read it.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer<A, B> {
    /// The work is done: its result, and its blocks.
    Made(A, Vec<B>),
    /// The work has panicked, with this message.
    Panicked(String),
}

/// Sends a request, with the stranger's bytes.
pub(crate) fn write_request<R: Serialize>(
    to: &mut impl Write,
    head: &Head<R>,
    bytes: &[u8],
) -> io::Result<()> {
    write_json(to, head)?;
    write_block(to, bytes)?;
    to.flush()
}

/// Receives a request up to its bytes, which [`read_bytes`] receives.
pub(crate) fn read_head<R: DeserializeOwned>(from: &mut impl Read) -> io::Result<Head<R>> {
    read_json(from)
}

pub(crate) fn read_bytes(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let length = read_length(from)?;
    // Without memory for them this aborts the process, whose last words then tell the reason.
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(usize::MAX));
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

pub(crate) fn say_takes_long(to: &mut impl Write) -> io::Result<()> {
    to.write_all(&[Tag::TakesLong as u8])
}

/// Says that the work has panicked.
///
/// # Errors
/// Nobody reads it.
pub fn say_panicked(to: &mut impl Write, why: &str) -> io::Result<()> {
    let (shown, _) = why.split_at(why.floor_char_boundary(MOST_TEXT));
    to.write_all(&[Tag::Panicked as u8])?;
    write_json(to, &shown)?;
    to.flush()
}

/// Sends the answer.
///
/// # Errors
/// Nobody reads it.
pub fn write_answer<A: Serialize>(
    to: &mut impl Write,
    answer: &A,
    blocks: &[Vec<u8>],
) -> io::Result<()> {
    to.write_all(&[Tag::Answer as u8])?;
    write_json(to, answer)?;
    to.write_all(&(blocks.len() as u64).to_le_bytes())?;
    blocks.iter().try_for_each(|block| write_block(to, block))?;
    to.flush()
}

/// Receives the answer. `blocks` bounds the number of its blocks, and `most` the bytes of each; `place` makes a writer
/// for one.
///
/// # Errors
/// The answer is invalid, or there is no place.
pub fn read_answer<A: DeserializeOwned, B: Write>(
    from: &mut impl Read,
    blocks: u64,
    most: u64,
    takes_long: impl FnOnce(),
    place: impl Fn() -> io::Result<B>,
) -> io::Result<Answer<A, B>> {
    let [mut tag] = read_array(from)?;
    // Only one such notice is read, since each takes time to handle.
    if tag == Tag::TakesLong as u8 {
        takes_long();
        [tag] = read_array(from)?;
    }
    if tag == Tag::Panicked as u8 {
        read_json(from).map(Answer::Panicked)
    } else if tag == Tag::Answer as u8 {
        let answer = read_json(from)?;
        let number = read_length(from)?;
        if number > blocks {
            return Err(nonsense("it has too many parts"));
        }
        let blocks = (0..number).map(|_| read_block(from, most, place()?));
        Ok(Answer::Made(answer, blocks.collect::<io::Result<_>>()?))
    } else {
        Err(nonsense("it is none"))
    }
}

fn nonsense(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn write_json(to: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    write_block(to, &serde_json::to_vec(value)?)
}

fn read_json<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    let length = read_length(from)?;
    if length > MOST_JSON {
        return Err(nonsense("its head is too long"));
    }
    let mut json = Vec::new();
    from.take(length).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

fn write_block(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&(bytes.len() as u64).to_le_bytes())?;
    to.write_all(bytes)
}

/// Copies a block to its writer; for a file, that is from pipe to file.
fn read_block<B: Write>(from: &mut impl Read, most: u64, mut place: B) -> io::Result<B> {
    let length = read_length(from)?;
    if length > most {
        return Err(nonsense("a part of it is too long"));
    }
    if io::copy(&mut from.take(length), &mut place)? == length {
        Ok(place)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

fn read_length(from: &mut impl Read) -> io::Result<u64> {
    read_array(from).map(u64::from_le_bytes)
}

fn read_array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn read(mut bytes: &[u8]) -> io::Result<Answer<u8, Vec<u8>>> {
        read_answer(&mut bytes, 2, 100, || {}, || Ok(Vec::new()))
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_an_error() {
        let block = |bytes: &[u8]| [&(bytes.len() as u64).to_le_bytes(), bytes].concat();
        let number = |number: u64| number.to_le_bytes();
        let mut whole = b"L".to_vec();
        write_answer(&mut whole, &7, &[b"code".to_vec(), Vec::new()]).unwrap();
        let made = Answer::Made(7, vec![b"code".to_vec(), Vec::new()]);
        assert_eq!(read(&whole).unwrap(), made);
        let long = block(&vec![b' '; 300_000]);
        let answer = [b"A", &block(b"7")[..]].concat();
        for nonsense in [
            &b""[..],
            b"?",
            b"L",
            &[b"L", &whole[..]].concat(),
            whole.get(..whole.len() - 1).unwrap(),
            &[b"A", &block(b"\"Nothing\"")[..]].concat(),
            &[b"A", &u64::MAX.to_le_bytes()[..]].concat(),
            &[b"A", &long[..]].concat(),
            &[b"P", &long[..]].concat(),
            &[&answer[..], &number(3), &[0; 24]].concat(),
            &[&answer[..], &number(1), &block(&[0; 101])].concat(),
            &[&answer[..], &number(1), &number(u64::MAX)].concat(),
        ] {
            assert!(read(nonsense).is_err(), "{:?}", nonsense.escape_ascii());
        }
    }

    #[test]
    fn a_greeting_tells_another_version_from_another_program() {
        let mut own = Vec::new();
        write_hello(&mut own).unwrap();
        let hello = |said: &str| read_hello(&mut said.as_bytes()).unwrap();
        let own = String::from_utf8(own).unwrap();
        assert_eq!(hello(&own), Hello::Helper);
        let longer = format!("{}0\n", own.trim_end());
        for version in ["eco-helper 1", "eco-helper 999.0.0\n", &longer] {
            assert_eq!(hello(version), Hello::OtherVersion, "{version:?}");
        }
        for other in ["", "eco", "eco-helper ", own.trim_end(), "listening\n"] {
            assert_eq!(hello(other), Hello::Other, "{other:?}");
        }
    }

    #[test]
    fn what_a_panic_says_is_cut() {
        let mut said = Vec::new();
        say_panicked(&mut said, &"ñ".repeat(1 << 20)).unwrap();
        let Ok(Answer::Panicked(text)) = read(&said) else {
            unreachable!("it has panicked");
        };
        assert_eq!(text.len(), MOST_TEXT);
    }
}
