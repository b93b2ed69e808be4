//! Reading a step: from its TOML to one that can run, with a single action on a connection that allows it.

use super::builder::ExerciseBuilder;
use super::document::Document;
use super::format::{ACTIONS, ConnectionFile, LONGEST_NAME, MOST_CONNECTIONS, StepFile};
use super::line_ends;
use crate::case::{Action, MOST_BYTES, Pattern, Step};
use crate::mistake::Mistake;
use bytesize::ByteSize;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use toml::Spanned;

/// Time of all pauses of a case together. Pauses advance the plugin's clock, which ends some centuries on. More is
/// refused. Test: `exercises::files::a_wrong_exercise_is_refused_with_its_line`.
const MOST_TIME: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The file that tells git to leave the bytes of a folder's files alone.
const ATTRIBUTES: &str = ".gitattributes";

/// The warning about a file that a step sends or expects, where git may change it.
const MAY_CHANGE: &str = "git may change the line ends of this file where others get it (core.autocrlf), and they are among what is sent or expected: a file .gitattributes beside this one, with the line \"* -text\", keeps them";

/// A step as it was read.
struct Read {
    step: Step,
    /// The file of its bytes, if git may change some of them.
    may_change: Option<String>,
}

impl Document<'_> {
    /// Reads the steps of the case at `span`.
    pub(super) fn steps(
        &self,
        span: Range<usize>,
        files: Vec<Spanned<StepFile>>,
        builder: &mut ExerciseBuilder,
    ) -> Result<Vec<Step>, Mistake> {
        let mut steps: Vec<Step> = Vec::new();
        let mut order = Order::default();
        let mut connections = Connections::default();
        let mut warned = BTreeSet::new();
        for file in files {
            let at = file.span();
            let read = self
                .step(file.into_inner(), &mut connections, builder)
                .and_then(|read| {
                    order.check(&read.step)?;
                    builder.step(held(&read.step.action))?;
                    Ok(read)
                })
                .map_err(|what| self.mistake(at.clone(), what))?;
            if let Some(file) = read.may_change
                && warned.insert(file)
            {
                builder.warn(self.mistake(at, MAY_CHANGE));
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

    fn step(
        &self,
        file: StepFile,
        connections: &mut Connections,
        builder: &mut ExerciseBuilder,
    ) -> Result<Read, String> {
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
        let file = send_file.clone().or_else(|| expect_file.clone());
        let times = repeat.unwrap_or(1);
        let text = |text: String| repeated(text.into_bytes(), times);
        let hex = |text: String| repeated(hex(&text)?, times);
        let from = |name: String| repeated(self.file(&name)?, times);
        let mut regex = |text: String| builder.expression(&text).map(Pattern::Regex);
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
            expect_regex.map(|it| regex(it).map(Action::Expect)),
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
        let may_change = bytes.is_some_and(|bytes| line_ends::may_change(bytes));
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
            may_change: file.filter(|_| may_change && !self.files.has(ATTRIBUTES)),
        })
    }

    fn file(&self, name: &str) -> Result<Vec<u8>, String> {
        self.files
            .read(name, MOST_BYTES)
            .map_err(|error| format!("cannot read {name:?}: {error}"))
    }
}

/// The connections of a case: by number, or by name in the order of first use.
#[derive(Default)]
struct Connections {
    names: Vec<Arc<str>>,
    has_numbers: bool,
}

impl Connections {
    /// The index and the name of this connection.
    fn find(&mut self, typed: Option<ConnectionFile>) -> Result<(usize, Option<Arc<str>>), String> {
        let mixed = "the connections of a case have numbers or names, not both";
        let too_many = || format!("connections go from 1 to {MOST_CONNECTIONS}");
        let name = match typed {
            // A step without a connection is on the first one.
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
        if known.is_none() {
            self.names.push(name.into());
        }
        Ok((connection, self.names.get(connection).cloned()))
    }
}

/// The state after the steps so far, which decides the steps that may follow.
#[derive(Default)]
struct Order {
    bytes: usize,
    time: Duration,
    expects: bool,
    /// Connections whose client has finished sending, and connections that have ended.
    finished: BTreeSet<usize>,
    ended: BTreeSet<usize>,
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
            Action::Pause(time) => {
                self.time = self.time.saturating_add(*time);
                if self.time > MOST_TIME {
                    return Err("the pauses of a case may take a year in all".to_owned());
                }
            }
            Action::Open => {}
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

/// Bytes that a step holds, not counting regular expressions.
fn held(action: &Action) -> usize {
    match action {
        Action::Send(bytes) | Action::Expect(Pattern::Bytes(bytes)) => bytes.capacity(),
        _ => 0,
    }
}

fn flag(yes: bool) -> Result<(), String> {
    if yes {
        Ok(())
    } else {
        Err("it can only be true: leave the step out instead".to_owned())
    }
}

fn repeated(bytes: Vec<u8>, times: usize) -> Result<Vec<u8>, String> {
    match bytes.len().checked_mul(times) {
        Some(0) if times > 0 => Err("no bytes: nothing would be sent or expected".to_owned()),
        Some(length) if length <= MOST_BYTES => Ok(bytes.repeat(times)),
        _ => Err(format!("more than {}", ByteSize(MOST_BYTES as u64))),
    }
}

/// The bytes of a hexadecimal text: two digits each, with blanks anywhere between.
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
