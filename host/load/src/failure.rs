//! Why a dialogue, or a whole run, failed: as data, for whoever puts it into words.

use eco_contract::Expect;
use eco_net::Broken;
use eco_plugin::{Error, Fault};
use serde::Serialize;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Why a dialogue failed, in a word.
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
    /// It was under way when the run was over, and long after.
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

/// A dialogue that failed, with what is known of it.
#[derive(Debug)]
pub enum Failure<'a> {
    /// The plugin found the reply wrong.
    WrongReply {
        /// What, and where.
        fault: &'a Fault,
        /// All of the reply.
        reply: &'a [u8],
    },
    /// These bytes came beyond what the dialogue had use for.
    Surplus(&'a [u8]),
    /// The reply broke off.
    NotWhole {
        /// What was expected.
        expect: &'a Expect,
        /// Bytes that came.
        came: usize,
        /// How it broke off.
        why: NotWhole<'a>,
    },
    /// There is no connection.
    NotConnected(&'a io::Error),
    /// The plugin expects a reply of so many bytes, and a reply may not have as many.
    ExpectsTooMuch {
        /// Bytes that it expects.
        bytes: u64,
        /// Bytes that a reply may have.
        most: usize,
    },
    /// The plugin could not go on.
    Plugin(&'a Error),
    /// The plugin said something else to the same bytes than before.
    Unsteady,
    /// It had waited for so long when it was cut off.
    Unfinished(Duration),
    /// It was due so long before the end.
    NeverBegun(Duration),
}

/// How a reply broke off.
#[derive(Debug)]
pub enum NotWhole<'a> {
    /// The connection, or a limit, broke.
    Broken {
        /// What happened.
        broken: &'a Broken,
        /// Bytes that a reply may have.
        most: usize,
        /// Whether the connection was used for several dialogues, which some servers don't want.
        reused: bool,
    },
    /// It took longer than this.
    Timeout(Duration),
}

impl Failure<'_> {
    /// The cause under which it is counted.
    pub fn cause(&self) -> Cause {
        match self {
            Self::WrongReply { .. } | Self::Surplus(_) => Cause::WrongReply,
            Self::NotWhole { why, .. } => why.cause(),
            Self::NotConnected(_) => Cause::NotConnected,
            Self::ExpectsTooMuch { .. } | Self::Plugin(_) | Self::Unsteady => Cause::PluginFailed,
            Self::Unfinished(_) => Cause::Unfinished,
            Self::NeverBegun(_) => Cause::NeverBegun,
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
                Broken::Write(_) | Broken::Read(_) | Broken::Sink(_) => Cause::Broken,
            },
        }
    }
}

/// What made it pointless to go on.
#[derive(Debug)]
pub enum Fatal {
    /// In a dialogue of the plugin nothing was sent, received or waited for.
    NothingToMeasure,
    /// The process, or the system, has no descriptors left for more connections.
    OutOfDescriptors(io::Error),
    /// The ports of the addresses to connect from are all in use or cooling down, or the addresses are not
    /// this machine's.
    OutOfPorts {
        /// What the system said.
        error: io::Error,
        /// Whether the addresses were given, as [`Sources`](super::Sources).
        sources_given: bool,
    },
    /// There was never a connection.
    NoServer {
        /// The first of the addresses that were tried.
        to: Option<SocketAddr>,
        /// What the system said.
        error: io::Error,
    },
}
