//! One event as one line, for a person or for a machine.
//!
//! It owns the form of a line. Every value passes `escape::one_line`, so an event is one line of a bounded length.

use console::Style;
use eco_text::escape::{add_to_line, one_line};
use std::fmt::{Debug, Display, Write as _};
use std::time::SystemTime;
use tracing::Level;
use tracing::field::{Field, Visit};

/// The form of lines.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `TIME LEVEL message name=value`.
    Plain,
    /// The same on a terminal.
    Coloured,
    /// A JSON object.
    Json,
}

/// A line that is being written.
pub(super) struct LogLine {
    form: Form,
    text: String,
}

/// Bytes that are enough for most lines.
const USUAL: usize = 256;

impl LogLine {
    /// Begins a line with the current time and the level.
    pub(super) fn new(form: Form, level: Level) -> Self {
        let time = humantime::format_rfc3339_micros(SystemTime::now());
        let mut text = String::with_capacity(USUAL);
        // Writing to a text never fails, here and below.
        let _ = match form {
            Form::Plain => write!(text, "{time} {level:>5}"),
            Form::Coloured => {
                let time = Style::new().dim().force_styling(true).apply_to(time);
                let colour = colour(level).force_styling(true);
                write!(text, "{time} {}", colour.apply_to(format!("{level:>5}")))
            }
            Form::Json => write!(text, r#"{{"timestamp":"{time}","level":"{level}""#),
        };
        Self { form, text }
    }

    /// Adds a text, escaped so that the line stays one line.
    pub(super) fn text(&mut self, name: &str, value: &dyn Display) {
        self.name(name);
        match self.form {
            Form::Plain | Form::Coloured => add_to_line(&mut self.text, value),
            Form::Json => {
                let value = serde_json::Value::from(one_line(value));
                let _ = write!(self.text, "{value}");
            }
        }
    }

    /// Adds a number, or another value that JSON writes without quotes.
    pub(super) fn number(&mut self, name: &str, value: &dyn Display) {
        self.name(name);
        let _ = write!(self.text, "{value}");
    }

    fn name(&mut self, name: &str) {
        let _ = match (self.form, name) {
            (Form::Json, _) => write!(self.text, r#","{name}":"#),
            (_, "message") => write!(self.text, " "),
            (Form::Plain, _) => write!(self.text, " {name}="),
            (Form::Coloured, _) => {
                let name = Style::new().italic().force_styling(true).apply_to(name);
                write!(self.text, " {name}=")
            }
        };
    }

    /// The whole line, with the line break.
    pub(super) fn finish(self) -> String {
        let Self { form, mut text } = self;
        text += match form {
            Form::Json => "}\n",
            Form::Plain | Form::Coloured => "\n",
        };
        text
    }
}

fn colour(level: Level) -> Style {
    match level {
        Level::ERROR => Style::new().red(),
        Level::WARN => Style::new().yellow(),
        Level::INFO => Style::new().green(),
        _ => Style::new().blue(),
    }
}

/// `tracing` hands over the fields of an event, the message first.
impl Visit for LogLine {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field.name(), &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match self.form {
            Form::Json => self.text(field.name(), &value),
            // A reached limit; the flag of its name sets it.
            _ if field.name() == "limit" => {
                let _ = write!(self.text, " (see --{value})");
            }
            // Texts stand in quotes.
            Form::Plain | Form::Coloured => self.record_debug(field, &value),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.number(field.name(), &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // eco's are times, so they are finite, as JSON requires.
        self.number(field.name(), &format_args!("{value:?}"));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn line(form: Form) -> String {
        let mut line = LogLine::new(form, Level::WARN);
        line.text("message", &"a\nb \"c\" \u{1b}[2J");
        line.number("connection", &7);
        line.finish()
    }

    #[test]
    fn an_event_is_one_line_in_every_form() {
        let plain = line(Form::Plain);
        let (time, rest) = plain.split_once(' ').unwrap();
        assert!(humantime::parse_rfc3339(time).is_ok(), "{time}");
        assert_eq!(rest, " WARN a\\nb \"c\" \\u{1b}[2J connection=7\n");
        let json: serde_json::Value = serde_json::from_str(&line(Form::Json)).unwrap();
        assert_eq!(
            json.get("message").and_then(|it| it.as_str()),
            Some(r#"a\nb "c" \u{1b}[2J"#)
        );
        assert_eq!(json.get("connection").and_then(|it| it.as_u64()), Some(7));
        let coloured = line(Form::Coloured);
        let bare = console::strip_ansi_codes(&coloured);
        assert!(bare.ends_with(rest), "{bare}");
        assert!(!coloured.contains("\u{1b}[2J"), "{coloured}");
    }
}
