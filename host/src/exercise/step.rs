//! From a step as it is written to one that can be run: one action, on a connection that can still
//! have it.

use super::case::{Action, Pattern, Step};
use super::file::{ACTIONS, StepFile};
use super::read::{Document, Mistake};
use bytesize::ByteSize;
use regex::bytes::Regex;
use std::collections::HashSet;
use std::ops::Range;
use toml::Spanned;

/// The bytes that all steps of a case may have together. More is refused, since each is sent several
/// times to every submission. Test: `exercises::a_wrong_exercise_is_refused_with_its_line`.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// The connections of a case. More is refused: each is an instance in every run.
/// Test: `exercises::a_wrong_exercise_is_refused_with_its_line`.
const MOST_CONNECTIONS: usize = 64;

impl Document<'_> {
    /// The steps of a case that is at `span`.
    pub(super) fn steps(
        &self,
        span: Range<usize>,
        files: Vec<Spanned<StepFile>>,
    ) -> Result<Vec<Step>, Mistake> {
        let mut steps: Vec<Step> = Vec::new();
        let mut order = Order::default();
        for file in files {
            let at = file.span();
            let step = self
                .step(file.into_inner())
                .and_then(|step| order.check(&step).map(|()| step))
                .map_err(|what| self.mistake(at, what))?;
            steps.push(step);
        }
        match order.expects {
            true => Ok(steps),
            false => Err(self.mistake(
                span,
                "its steps expect nothing, so that any plugin passes: add an expect",
            )),
        }
    }

    fn step(&self, file: StepFile) -> Result<Step, String> {
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
        let times = repeat.unwrap_or(1);
        let text = |text: String| repeated(text.into_bytes(), times);
        let hex = |text: String| repeated(hex(&text)?, times);
        let from = |name: String| repeated(self.file(&name)?, times);
        // By itself first, so that no bracket in it gets out of ours.
        let regex = |text: String| {
            Regex::new(&text)
                .and_then(|_| Regex::new(&format!(r"\A(?:{text})")))
                .map_err(|error| error.to_string())
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
            expect_regex.map(|it| regex(it).map(|it| Action::Expect(Pattern::Regex(it)))),
            expect_close.map(yes(Action::ExpectClose)),
            half_close.map(yes(Action::HalfClose)),
            pause.map(|it| time(it).map(Action::Pause)),
        ];
        let mut actions = actions.into_iter().flatten();
        let (Some(action), None) = (actions.next(), actions.next()) else {
            return Err(format!("a step has exactly one of {}", ACTIONS.join(", ")));
        };
        let action = action?;
        let has_bytes = matches!(action, Action::Send(_) | Action::Expect(Pattern::Bytes(_)));
        if repeat.is_some() && !(has_bytes && times > 0) {
            return Err("repeat is for bytes that are sent or expected, and at least 1".to_owned());
        }
        let connection = connection.unwrap_or(1);
        if !(1..=MOST_CONNECTIONS).contains(&connection) {
            return Err(format!("connections go from 1 to {MOST_CONNECTIONS}"));
        }
        Ok(Step {
            connection: connection - 1,
            action,
        })
    }

    fn file(&self, name: &str) -> Result<Vec<u8>, String> {
        self.files
            .read(name)
            .map_err(|error| format!("cannot read {name:?}: {error}"))
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
        match self.bytes > MOST_BYTES {
            true => Err(format!(
                "the steps of a case may have {} in all",
                ByteSize(MOST_BYTES as u64)
            )),
            false => Ok(()),
        }
    }
}

fn flag(yes: bool) -> Result<(), String> {
    match yes {
        true => Ok(()),
        false => Err("it can only be true: leave the step out instead".to_owned()),
    }
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
