//! From a step as it is written to one that can be run: one action, on a connection that can still
//! have it.

use super::case::{Action, Pattern, Step};
use super::file::{ACTIONS, ConnectionFile, StepFile};
use super::line_ends;
use super::read::{Document, Gathered, Mistake};
use bytesize::ByteSize;
use regex::bytes::{Regex, RegexBuilder};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// The bytes that all steps of a case may have together. More is refused, since each is sent several
/// times to every submission. Test: `exercises::a_wrong_exercise_is_refused_with_its_line`.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// The connections of a case. More is refused: each is an instance in every run.
/// Test: `exercises::a_wrong_exercise_is_refused_with_its_line`.
const MOST_CONNECTIONS: usize = 64;
/// Bytes of a connection's name. More is refused: it stands before each line of a report.
/// Test: `exercises::a_wrong_exercise_is_refused_with_its_line`.
const LONGEST_NAME: usize = 20;

/// The bytes that all cases of an exercise may have together: what they send and expect, and what regular
/// expressions become. More is refused, since all of it is held as long as a class is graded.
/// Test: `exercises::what_would_take_gigabytes_to_hold_is_refused`.
const MOST_BYTES_IN_ALL: usize = 64 * 1024 * 1024;
/// What a regular expression may become, in bytes: it counts as the first of these that is enough for it.
/// A larger one is refused. Test: `exercises::what_would_take_gigabytes_to_hold_is_refused`.
const REGEX_SIZES: [usize; 5] = [16 << 10, 64 << 10, 256 << 10, 1 << 20, MOST_BYTES];

/// Says in an exercise's folder that git leaves the bytes of its files alone.
const ATTRIBUTES: &str = ".gitattributes";

/// Of a file that a step sends or expects.
const MAY_CHANGE: &str = "git may change the line ends of this file where others get it (core.autocrlf), and they are among what is sent or expected: a file .gitattributes beside this one, with the line \"* -text\", keeps them";

/// A step as it was read.
struct Read {
    step: Step,
    /// What is held for it.
    bytes: usize,
    /// Whether its bytes come from a file in which git may change some.
    may_change: bool,
}

impl Document<'_> {
    /// The steps of a case that is at `span`.
    pub(super) fn steps(
        &self,
        span: Range<usize>,
        files: Vec<Spanned<StepFile>>,
        gathered: &mut Gathered,
    ) -> Result<Vec<Step>, Mistake> {
        let mut steps: Vec<Step> = Vec::new();
        let mut order = Order::default();
        let mut connections = Connections::default();
        for file in files {
            let at = file.span();
            let read = self
                .step(file.into_inner(), &mut connections)
                .and_then(|read| {
                    order.check(&read.step)?;
                    count(&mut gathered.bytes, read.bytes)?;
                    Ok(read)
                })
                .map_err(|what| self.mistake(at.clone(), what))?;
            if read.may_change {
                gathered.warnings.push(self.mistake(at, MAY_CHANGE));
            }
            steps.push(read.step);
        }
        if order.expects {
            Ok(steps)
        } else {
            Err(self.mistake(
                span,
                "its steps expect nothing, so that any plugin passes: add an expect",
            ))
        }
    }

    fn step(&self, file: StepFile, connections: &mut Connections) -> Result<Read, String> {
        let StepFile {
            connection,
            repeat,
            open,
            send,
            send_hex,
            send_file,
            expect,
            expect_hex,
            expect_file,
            expect_regex,
            expect_close,
            half_close,
            pause,
        } = file;
        let is_file = send_file.is_some() || expect_file.is_some();
        let times = repeat.unwrap_or(1);
        let text = |text: String| repeated(text.into_bytes(), times);
        let hex = |text: String| repeated(hex(&text)?, times);
        let from = |name: String| repeated(self.file(&name)?, times);
        let mut compiled = 0;
        let mut regex = |text: String| -> Result<Action, String> {
            let (regex, bytes) = regex(&text)?;
            compiled = bytes;
            Ok(Action::Expect(Pattern::Regex(regex)))
        };
        let bytes = Pattern::Bytes;
        let yes = |action: Action| move |yes: bool| flag(yes).map(|()| action);
        let time = |text: String| humantime::parse_duration(&text).map_err(|e| e.to_string());
        let actions = [
            open.map(yes(Action::Open)),
            send.map(|it| text(it).map(Action::Send)),
            send_hex.map(|it| hex(it).map(Action::Send)),
            send_file.map(|it| from(it).map(Action::Send)),
            expect.map(|it| text(it).map(bytes).map(Action::Expect)),
            expect_hex.map(|it| hex(it).map(bytes).map(Action::Expect)),
            expect_file.map(|it| from(it).map(bytes).map(Action::Expect)),
            expect_regex.map(&mut regex),
            expect_close.map(yes(Action::ExpectClose)),
            half_close.map(yes(Action::HalfClose)),
            pause.map(|it| time(it).map(Action::Pause)),
        ];
        let mut actions = actions.into_iter().flatten();
        let (Some(action), None) = (actions.next(), actions.next()) else {
            return Err(format!("a step has exactly one of {}", ACTIONS.join(", ")));
        };
        let action = action?;
        let bytes = match &action {
            Action::Send(bytes) | Action::Expect(Pattern::Bytes(bytes)) => Some(bytes),
            _ => None,
        };
        let may_change = is_file && bytes.is_some_and(|bytes| line_ends::may_change(bytes));
        let bytes = bytes.map(Vec::len);
        if repeat.is_some() && !(bytes.is_some() && times > 0) {
            return Err("repeat is for bytes that are sent or expected, and at least 1".to_owned());
        }
        let (connection, name) = connections.find(connection)?;
        let step = Step {
            connection,
            name,
            action,
        };
        Ok(Read {
            step,
            bytes: bytes.unwrap_or(compiled),
            may_change: may_change && !self.files.has(ATTRIBUTES),
        })
    }

    fn file(&self, name: &str) -> Result<Vec<u8>, String> {
        self.files
            .read(name)
            .map_err(|error| format!("cannot read {name:?}: {error}"))
    }
}

/// The connections of a case: by their numbers, or by names in the order in which they come.
#[derive(Default)]
struct Connections {
    names: Vec<Arc<str>>,
    has_numbers: bool,
}

impl Connections {
    /// The number, counted from 0, and the name of the one that is meant.
    fn find(&mut self, typed: Option<ConnectionFile>) -> Result<(usize, Option<Arc<str>>), String> {
        let mixed = "the connections of a case have numbers or names, not both";
        let too_many = || format!("connections go from 1 to {MOST_CONNECTIONS}");
        let name = match typed {
            // What says nothing goes on with a number: it is the first.
            None if self.names.is_empty() => {
                self.has_numbers = true;
                return Ok((0, None));
            }
            None => return Err("a case with names says in each step which connection".to_owned()),
            Some(ConnectionFile::Number(_)) if !self.names.is_empty() => {
                return Err(mixed.to_owned());
            }
            Some(ConnectionFile::Number(number)) if !(1..=MOST_CONNECTIONS).contains(&number) => {
                return Err(too_many());
            }
            Some(ConnectionFile::Number(number)) => {
                self.has_numbers = true;
                return Ok((number - 1, None));
            }
            Some(ConnectionFile::Name(_)) if self.has_numbers => return Err(mixed.to_owned()),
            Some(ConnectionFile::Name(name)) => name,
        };
        let is_fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_fine) {
            return Err(format!(
                "a connection's name has small letters, digits and hyphens, at most {LONGEST_NAME}"
            ));
        }
        let known = self.names.iter().position(|known| **known == *name);
        let connection = known.unwrap_or(self.names.len());
        if connection >= MOST_CONNECTIONS {
            return Err(too_many());
        }
        let name: Arc<str> = name.into();
        if known.is_none() {
            self.names.push(name.clone());
        }
        Ok((connection, Some(name)))
    }
}

/// What has been, as far as it forbids what may come.
#[derive(Default)]
struct Order {
    bytes: usize,
    expects: bool,
    /// Connections whose client has finished, and those that have ended.
    finished: HashSet<usize>,
    ended: HashSet<usize>,
}

impl Order {
    fn check(&mut self, step: &Step) -> Result<(), String> {
        let connection = step.connection;
        if self.ended.contains(&connection) && !matches!(step.action, Action::Pause(_)) {
            return Err("nothing can follow expect-close on this connection".to_owned());
        }
        match &step.action {
            Action::Send(_) | Action::HalfClose if self.finished.contains(&connection) => {
                return Err("the client has finished already, by half-close".to_owned());
            }
            Action::Send(bytes) => self.bytes += bytes.len(),
            Action::Expect(Pattern::Bytes(bytes)) => {
                self.bytes += bytes.len();
                self.expects = true;
            }
            Action::Expect(Pattern::Regex(_)) => self.expects = true,
            Action::HalfClose => drop(self.finished.insert(connection)),
            Action::ExpectClose => {
                self.expects = true;
                self.ended.insert(connection);
            }
            Action::Open | Action::Pause(_) => {}
        }
        if self.bytes > MOST_BYTES {
            Err(format!(
                "the steps of a case may have {} in all",
                ByteSize(MOST_BYTES as u64)
            ))
        } else {
            Ok(())
        }
    }
}

/// Counts the bytes of a step among those of all cases.
fn count(in_all: &mut usize, bytes: usize) -> Result<(), String> {
    *in_all += bytes;
    if *in_all > MOST_BYTES_IN_ALL {
        Err(format!(
            "the cases of an exercise may have {} in all, and this is more",
            ByteSize(MOST_BYTES_IN_ALL as u64)
        ))
    } else {
        Ok(())
    }
}

fn flag(yes: bool) -> Result<(), String> {
    if yes {
        Ok(())
    } else {
        Err("it can only be true: leave the step out instead".to_owned())
    }
}

/// A regular expression for what comes next, and the bytes that it counts as.
fn regex(text: &str) -> Result<(Regex, usize), String> {
    let build = |text: &str, size| RegexBuilder::new(text).size_limit(size).build();
    for size in REGEX_SIZES {
        // By itself first, so that no bracket in it gets out of ours.
        let built = build(text, size).and_then(|_| build(&format!(r"\A(?:{text})"), size));
        match built {
            Ok(regex) => return Ok((regex, size)),
            Err(regex::Error::CompiledTooBig(_)) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Err(format!(
        "compiled, it is larger than {}",
        ByteSize(MOST_BYTES as u64)
    ))
}

fn repeated(bytes: Vec<u8>, times: usize) -> Result<Vec<u8>, String> {
    match bytes.len().checked_mul(times) {
        Some(0) if times > 0 => Err("no bytes: nothing would be sent or expected".to_owned()),
        Some(length) if length <= MOST_BYTES => Ok(bytes.repeat(times)),
        _ => Err(format!("more than {}", ByteSize(MOST_BYTES as u64))),
    }
}

/// Two digits for each byte, with blanks anywhere between bytes.
fn hex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()
        .ok_or("hexadecimal has the digits 0 to 9 and a to f")?;
    let (pairs, rest) = digits.as_chunks::<2>();
    match rest {
        [] => Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect()),
        _ => Err("a byte has two hexadecimal digits".to_owned()),
    }
}
