//! Verdicts on a plugin under a case: a closed set.

use eco_plugin::{Budget, CompileError, Error, LoadError};
use eco_text::escape::Escaped;

/// The end of a case.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Verdict {
    /// Every reply was right under every split.
    Passed,
    /// A byte of the reply is wrong.
    WrongBytes,
    /// The plugin waits for more, and owes bytes.
    MissingBytes,
    /// It sent too many bytes.
    ExtraBytes,
    /// It ended the connection too early, or without having to.
    ClosedEarly,
    /// It did not end the connection.
    NotClosed,
    /// It used up its fuel.
    OutOfCpu,
    /// It asked for more memory than its limit.
    OutOfMemory,
    /// One call returned more than the limit.
    ReplyTooBig,
    /// It stopped by this error of its own.
    Crashed(String),
    /// Its return value breaks the calling convention of components, or the types of the contract.
    BadAbi(String),
    /// It can't be loaded as a plugin.
    DoesNotLoad(String),
    /// Compiling it takes more than the limits.
    TooComplex(String),
    /// It lacks this export.
    MissingFunction(String),
    /// It imports this, which nobody gives it.
    ImportNotAllowed(String),
    /// eco failed, or the exercise did. It is never held against the student.
    Internal(String),
}

impl Verdict {
    /// The verdict in one word. It is stable: reports and tests use it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::WrongBytes => "wrong-bytes",
            Self::MissingBytes => "missing-bytes",
            Self::ExtraBytes => "extra-bytes",
            Self::ClosedEarly => "closed-early",
            Self::NotClosed => "not-closed",
            Self::OutOfCpu => "out-of-cpu",
            Self::OutOfMemory => "out-of-memory",
            Self::ReplyTooBig => "reply-too-big",
            Self::Crashed(_) => "crashed",
            Self::BadAbi(_) => "bad-abi",
            Self::DoesNotLoad(_) => "does-not-load",
            Self::TooComplex(_) => "too-complex",
            Self::MissingFunction(_) => "missing-function",
            Self::ImportNotAllowed(_) => "import-not-allowed",
            Self::Internal(_) => "internal",
        }
    }

    /// The thing that it names, if any: an error, an export, an import.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Crashed(what)
            | Self::BadAbi(what)
            | Self::DoesNotLoad(what)
            | Self::TooComplex(what)
            | Self::MissingFunction(what)
            | Self::ImportNotAllowed(what)
            | Self::Internal(what) => Some(what),
            Self::Passed
            | Self::WrongBytes
            | Self::MissingBytes
            | Self::ExtraBytes
            | Self::ClosedEarly
            | Self::NotClosed
            | Self::OutOfCpu
            | Self::OutOfMemory
            | Self::ReplyTooBig => None,
        }
    }

    /// The verdict in a plain sentence. Words of the plugin in it are escaped.
    pub fn sentence(&self) -> String {
        match self {
            Self::Passed => "Every reply was right, however the bytes were split.".to_owned(),
            Self::WrongBytes => "A byte of the reply is not the one expected.".to_owned(),
            Self::MissingBytes => {
                "The reply isn't whole: the plugin has all that it needs, and sent too little."
                    .to_owned()
            }
            Self::ExtraBytes => "The plugin sent more than was asked for.".to_owned(),
            Self::ClosedEarly => {
                "The plugin ended the connection, which should have stayed open.".to_owned()
            }
            Self::NotClosed => "The plugin should have ended the connection here.".to_owned(),
            Self::OutOfCpu => {
                "The plugin used up its budget of work: a loop that doesn't end, or work that grows too fast."
                    .to_owned()
            }
            Self::OutOfMemory => {
                "The plugin wanted more memory than it may have: does it keep what it no longer needs?"
                    .to_owned()
            }
            Self::ReplyTooBig => "One call returned more bytes than it may.".to_owned(),
            Self::Crashed(what) => format!("The plugin stopped: {what}."),
            Self::BadAbi(what) => format!("What the plugin returned makes no sense: {what}."),
            Self::DoesNotLoad(what) => format!("It can't be loaded: {what}"),
            Self::TooComplex(what) => format!("It takes too much to compile: {what}"),
            Self::MissingFunction(what) => format!("It is no server plugin: {what}"),
            Self::ImportNotAllowed(what) => {
                format!("It asks for what no plugin gets here: {what}")
            }
            Self::Internal(what) => {
                format!("This could not be judged, which is not the plugin's fault: {what}")
            }
        }
    }

    /// Whether it is about the plugin's replies, or about when it stopped.
    pub(super) fn is_about_replies(&self) -> bool {
        matches!(
            self,
            Self::WrongBytes
                | Self::MissingBytes
                | Self::ExtraBytes
                | Self::ClosedEarly
                | Self::NotClosed
        )
    }

    /// Whether a split of the bytes could make the difference.
    pub(super) fn depends_on_split(&self) -> bool {
        self.is_about_replies() || matches!(self, Self::Crashed(_))
    }
}

/// The verdict on a plugin that failed under way.
impl From<&Error> for Verdict {
    fn from(error: &Error) -> Self {
        match error {
            Error::Plugin(text) => Self::Crashed(format!("it says {}", Escaped(text.as_bytes()))),
            Error::Trap(what) => Self::Crashed(what.clone()),
            Error::Abi(what) => Self::BadAbi(what.clone()),
            Error::Budget { budget, value, .. } => match budget {
                Budget::Fuel => Self::OutOfCpu,
                Budget::Memory | Budget::Table => Self::OutOfMemory,
                Budget::Reply => Self::ReplyTooBig,
                Budget::Stack => {
                    Self::Crashed(format!("its calls nest too deep ({value} of stack)"))
                }
                Budget::TotalMemory => Self::Internal(too_little_memory(value)),
                Budget::Log => Self::Crashed(format!("it wrote more than {value} to the log")),
                // Budgets of time are a backstop, and the others are of compiling.
                _ => Self::Internal(error.to_string()),
            },
            // A full pool, the system, a dead instance that was called, and all that nobody has thought of.
            _ => Self::Internal(escaped(&error.to_string())),
        }
    }
}

/// The verdict on a plugin that can't be loaded, in every case.
impl From<&LoadError> for Verdict {
    fn from(error: &LoadError) -> Self {
        match error {
            LoadError::Start(error) => error.into(),
            LoadError::Import { refused, .. } => {
                Self::ImportNotAllowed(escaped(&refused.join(", ")))
            }
            LoadError::ImportType(why) => Self::ImportNotAllowed(escaped(&format!("{why:#}"))),
            LoadError::Export { .. } | LoadError::Function { .. } => {
                Self::MissingFunction(escaped(&error.to_string()))
            }
            LoadError::Type { .. } | LoadError::StartType(_) => {
                Self::BadAbi(escaped(&error.to_string()))
            }
            LoadError::Script { .. } => Self::DoesNotLoad(escaped(&error.to_string())),
            LoadError::Compile(error) => error.into(),
            // The system, and all that nobody has thought of.
            _ => Self::Internal(escaped(&error.to_string())),
        }
    }
}

/// What a plugin that can't be compiled gets, in every case.
impl From<&CompileError> for Verdict {
    fn from(error: &CompileError) -> Self {
        match error {
            CompileError::Budget { budget, value, .. } => match budget {
                Budget::Memory | Budget::Table => Self::OutOfMemory,
                Budget::File => Self::DoesNotLoad(error.to_string()),
                Budget::Compile | Budget::CompileMemory => {
                    Self::TooComplex(escaped(&error.to_string()))
                }
                Budget::TotalMemory => Self::Internal(too_little_memory(value)),
                _ => Self::Internal(error.to_string()),
            },
            CompileError::Complex(_) => Self::TooComplex(escaped(&error.to_string())),
            CompileError::NotWasm { .. }
            | CompileError::NoFile(_)
            | CompileError::SourceFile
            | CompileError::NotText { .. }
            | CompileError::Text(_)
            | CompileError::CoreModule
            | CompileError::Unbounded(_)
            | CompileError::Invalid(_)
            | CompileError::Asynchronous(_) => Self::DoesNotLoad(escaped(&error.to_string())),
            // These are no fault of the plugin, and nobody has said that an error of another kind is.
            CompileError::Read { .. }
            | CompileError::Changing
            | CompileError::NoPython
            | CompileError::Internal(_)
            | _ => Self::Internal(escaped(&error.to_string())),
        }
    }
}

/// The message that a run needs more of the host's memory than it has here.
fn too_little_memory(value: &str) -> String {
    format!(
        "all its connections together, with what they share, needed more memory than the {value} that there is for one plugin here; give the machine, or its container, more, or judge fewer at the same time"
    )
}

/// Escapes a text, and bounds it: a plugin's author chose some of the words, and their number.
fn escaped(text: &str) -> String {
    let text = eco_text::escape::harmless(text);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let short: String = lines.join("; ").chars().take(MOST_TEXT).collect();
    short
}

/// Characters of an error that are shown. Compilers' messages can be pages long.
const MOST_TEXT: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    /// Fuel decides on too much work: it is the same everywhere, and time isn't.
    #[test]
    fn time_is_only_a_backstop() {
        let budgets = Limits::default().budgets(usize::MAX);
        let verdict = |budget| Verdict::from(&Error::budget(budget, &budgets));
        assert_eq!(verdict(Budget::Fuel), Verdict::OutOfCpu);
        for time in [Budget::Cpu, Budget::Wait] {
            assert_eq!(verdict(time).code(), "internal", "{time}");
        }
    }

    /// Whatever a plugin breaks as it is compiled, somebody is to blame, and nobody has to look.
    #[test]
    fn what_is_too_much_for_the_compiler_is_too_complex() {
        let budgets = Limits::default().budgets(usize::MAX);
        let broken = |budget| CompileError::budget(budget, &budgets, "");
        for error in [
            broken(Budget::Compile),
            broken(Budget::CompileMemory),
            CompileError::Complex("it nests too deep".to_owned()),
        ] {
            assert_eq!(Verdict::from(&error).code(), "too-complex");
        }
        let killed = CompileError::Internal(std::io::Error::other("the helper was killed").into());
        assert_eq!(Verdict::from(&killed).code(), "internal");
    }
}
