//! Failures of a dialogue or of a whole run, as data. Callers put them into words.

use super::target::Target;
use eco_contract::{Expect, Reason};
use eco_net::Broken;
use eco_plugin::{Error, Fault};
use serde::Serialize;
use std::io;
use std::time::Duration;

/// The cause of a failed dialogue, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The plugin found the reply wrong, or more came than was expected.
    WrongReply,
    /// The server closed the connection before the reply was whole.
    ClosedEarly,
    /// The connection broke.
    Broken,
    /// A turn, or connecting, took longer than [`Settings::timeout`](super::Settings).
    Timeout,
    /// The reply is longer than [`Settings::reply`](super::Settings).
    ReplyTooLong,
    /// All replies together take more than [`Settings::total_reply`](super::Settings).
    NoMemory,
    /// No connection.
    NotConnected,
    /// The plugin itself could not go on.
    PluginFailed,
    /// It was still under way long after the end of the run.
    Unfinished,
    /// It was due, and no connection was free to begin it.
    NeverBegun,
}

impl Cause {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 10] = [
        Self::WrongReply,
        Self::ClosedEarly,
        Self::Broken,
        Self::Timeout,
        Self::ReplyTooLong,
        Self::NoMemory,
        Self::NotConnected,
        Self::PluginFailed,
        Self::Unfinished,
        Self::NeverBegun,
    ];

    /// For a person.
    pub fn text(self) -> &'static str {
        match self {
            Self::WrongReply => "wrong reply",
            Self::ClosedEarly => "closed before the reply was whole",
            Self::Broken => "connection broken",
            Self::Timeout => "timeout",
            Self::ReplyTooLong => "reply too long",
            Self::NoMemory => "no memory for the reply",
            Self::NotConnected => "not connected",
            Self::PluginFailed => "plugin failed",
            Self::Unfinished => "unfinished at the end",
            Self::NeverBegun => "due, and no connection was free",
        }
    }
}

/// A failed dialogue, with its details.
#[derive(Debug)]
pub enum Failure<'a> {
    /// The plugin found the reply wrong.
    WrongReply {
        /// The mistake and its place.
        fault: &'a Fault,
        /// The whole reply.
        reply: &'a [u8],
    },
    /// More bytes came than the dialogue used.
    Surplus(&'a [u8]),
    /// The reply broke off.
    NotWhole {
        /// The expected reply.
        expect: &'a Expect,
        /// Bytes that came.
        came: usize,
        /// How it broke off.
        why: NotWhole<'a>,
    },
    /// There is no connection.
    NotConnected(&'a io::Error),
    /// The plugin expects a longer reply than the limit.
    ExpectsTooMuch {
        /// Bytes that it expects.
        bytes: u64,
        /// The limit, in bytes.
        most: usize,
    },
    /// The plugin could not go on.
    Plugin(&'a Error),
    /// The plugin answered the same bytes in two ways.
    Unsteady,
    /// A program did not exit with code 0.
    Program(&'a ProgramFailure),
    /// It was cut off after it had waited this long.
    Unfinished(Duration),
    /// It was due this long before the end.
    NeverBegun(Duration),
}

/// How a reply broke off.
#[derive(Debug)]
pub enum NotWhole<'a> {
    /// The connection broke, or a limit was reached.
    Broken {
        /// The error.
        broken: &'a Broken,
        /// The limit of a reply, in bytes.
        most: usize,
        /// Whether the connection served several dialogues, which some servers refuse.
        reused: bool,
    },
    /// It took longer than this.
    Timeout(Duration),
}

/// Why a program did not exit with code 0.
#[derive(Debug)]
pub enum ProgramFailure {
    /// It could not go on.
    Failed(Error),
    /// It exited with this code, by which it says that something is wrong.
    Exited(u32),
    /// The connection broke first.
    ConnectionBroken(io::Error),
    /// The connection ended first, for this reason.
    CutOff(Reason),
    /// The server sent nothing, or took nothing, for this long.
    ServerSilent(Duration),
}

impl Failure<'_> {
    /// The cause under which it is counted.
    pub fn cause(&self) -> Cause {
        match self {
            Self::WrongReply { .. } | Self::Surplus(_) => Cause::WrongReply,
            Self::NotWhole { why, .. } => why.cause(),
            Self::NotConnected(_) => Cause::NotConnected,
            Self::ExpectsTooMuch { .. } | Self::Plugin(_) | Self::Unsteady => Cause::PluginFailed,
            Self::Program(failure) => failure.cause(),
            Self::Unfinished(_) => Cause::Unfinished,
            Self::NeverBegun(_) => Cause::NeverBegun,
        }
    }
}

impl ProgramFailure {
    fn cause(&self) -> Cause {
        match self {
            Self::Failed(_) => Cause::PluginFailed,
            Self::Exited(_) => Cause::WrongReply,
            Self::ConnectionBroken(_) | Self::CutOff(_) => Cause::Broken,
            Self::ServerSilent(_) => Cause::Timeout,
        }
    }
}

impl NotWhole<'_> {
    fn cause(&self) -> Cause {
        match self {
            Self::Timeout(_) => Cause::Timeout,
            Self::Broken { broken, .. } => match broken {
                Broken::Short => Cause::ClosedEarly,
                Broken::TooLong => Cause::ReplyTooLong,
                Broken::NoMemory(_) => Cause::NoMemory,
                _ => Cause::Broken,
            },
        }
    }
}

/// A reason to give up the run.
#[derive(Debug)]
pub enum Fatal {
    /// A dialogue of the plugin sent, received and awaited nothing.
    NothingToMeasure,
    /// The process, or the system, has no descriptors left for more connections.
    OutOfDescriptors(io::Error),
    /// The ports of the source addresses are all in use or cooling down, or the addresses are not this
    /// machine's.
    OutOfPorts {
        /// The system's error.
        error: io::Error,
        /// Whether the addresses were given, as [`Sources`](super::Sources).
        sources_given: bool,
    },
    /// No connection ever succeeded.
    NoServer {
        /// The server.
        to: Target,
        /// The system's error.
        error: io::Error,
    },
}
