//! What goes over the pipes between eco and its helper.
//!
//! The request: a length and a [`Request`] in JSON, a length and the bytes of the plugin. The answer: a
//! byte that says what comes, then the same. Lengths are little-endian. eco believes none that the helper
//! names: an attack may have taken it over. It must not know how either process is run.

use super::Facts;
use super::job::{Job, Product, Refusal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read, Write};
use std::time::Duration;

/// What the helper is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) job: Job,
    pub(super) limits: Limits,
}

/// Who comes first where processors are short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Priority {
    /// As any other process: for eco's own interpreters alone.
    Ordinary,
    /// After everybody else.
    Lowest,
}

/// What the helper may use. `None` is no limit.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Limits {
    /// Memory, in bytes.
    pub(super) memory: Option<u64>,
    /// Processor time of all its threads.
    pub(super) cpu: Option<Duration>,
    pub(super) priority: Priority,
}

/// What the helper says: one answer, and before it, perhaps, that it takes long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    TakesLong = b'L' as isize,
    Refused = b'R' as isize,
    Compiled = b'C' as isize,
}

/// The longest JSON of an answer, in bytes: names and messages are cut far below it. A longer one is no
/// answer. Test: `an_answer_that_makes_no_sense_is_an_error`.
const MOST_JSON: u64 = 256 * 1024;

/// What eco makes of what the helper says.
pub(super) enum Answer {
    Refused(Refusal),
    /// The code is in these files.
    Compiled(Facts, File, Option<File>),
}

impl Request {
    /// Sends it, with the plugin.
    pub(super) fn write(&self, to: &mut impl Write, plugin: &[u8]) -> io::Result<()> {
        write_json(to, self)?;
        write_block(to, plugin)?;
        to.flush()
    }

    /// Receives it, up to the plugin, which [`read_plugin`] receives.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Self> {
        read_json(from)
    }
}

pub(super) fn read_plugin(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let length = read_length(from)?;
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

pub(super) fn say_takes_long(to: &mut impl Write) -> io::Result<()> {
    to.write_all(&[Tag::TakesLong as u8])
}

pub(super) fn write_answer(
    to: &mut impl Write,
    answer: &Result<Product, Refusal>,
) -> io::Result<()> {
    match answer {
        Err(refusal) => {
            to.write_all(&[Tag::Refused as u8])?;
            write_json(to, refusal)?;
        }
        Ok(product) => {
            to.write_all(&[Tag::Compiled as u8])?;
            write_json(to, &product.facts)?;
            write_block(to, &product.component)?;
            write_block(to, product.module.as_deref().unwrap_or_default())?;
        }
    }
    to.flush()
}

/// Receives the answer. `most` bounds its code, in bytes; `file` makes a place for a part of that.
pub(super) fn read_answer(
    from: &mut impl Read,
    most: u64,
    mut takes_long: impl FnMut(),
    file: impl Fn() -> io::Result<File>,
) -> io::Result<Answer> {
    loop {
        let [tag] = read_array(from)?;
        if tag == Tag::TakesLong as u8 {
            takes_long();
        } else if tag == Tag::Refused as u8 {
            let refusal: Refusal = read_json(from)?;
            return Ok(Answer::Refused(refusal));
        } else if tag == Tag::Compiled as u8 {
            let facts = read_json(from)?;
            let component = read_block(from, most, &file)?;
            let component = component.ok_or_else(|| nonsense("there is no code"))?;
            let module = read_block(from, most, &file)?;
            return Ok(Answer::Compiled(facts, component, module));
        } else {
            return Err(nonsense("it is none"));
        }
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

/// Copies a block into a file, pipe to file; `None` where it is empty.
fn read_block(
    from: &mut impl Read,
    most: u64,
    file: &impl Fn() -> io::Result<File>,
) -> io::Result<Option<File>> {
    let length = read_length(from)?;
    if length > most {
        return Err(nonsense("its code is too long"));
    }
    if length == 0 {
        return Ok(None);
    }
    let mut file = file()?;
    if io::copy(&mut from.take(length), &mut file)? == length {
        Ok(Some(file))
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

    fn read(mut bytes: &[u8]) -> io::Result<Answer> {
        read_answer(&mut bytes, 100, || {}, tempfile::tempfile)
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_an_error() {
        let block = |bytes: &[u8]| [&(bytes.len() as u64).to_le_bytes(), bytes].concat();
        let facts = block(
            br#"{"size":1,"scan":{"post_return":true,"memory":0,"table":0,"made_with":[]},"held":0,"copied":0,"direct":null}"#,
        );
        let whole = [&b"LLC"[..], &facts, &block(b"code"), &block(b"")].concat();
        assert!(matches!(read(&whole), Ok(Answer::Compiled(_, _, None))));
        let long = block(&vec![b' '; 300_000]);
        for nonsense in [
            &b""[..],
            b"?",
            b"L",
            whole.get(..whole.len() - 9).unwrap(),
            &[b"R", &block(b"\"Nothing\"")[..]].concat(),
            &[b"R", &u64::MAX.to_le_bytes()[..]].concat(),
            &[b"R", &long[..]].concat(),
            &[b"C", &facts[..], &block(b"")].concat(),
            &[b"C", &facts[..], &block(&[0; 101])].concat(),
            &[b"C", &facts[..], &u64::MAX.to_le_bytes()[..]].concat(),
        ] {
            assert!(read(nonsense).is_err(), "{:?}", nonsense.escape_ascii());
        }
    }
}
