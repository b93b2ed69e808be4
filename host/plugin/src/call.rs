//! The calls of plugins and programs, and the names of their functions in the WIT.

use eco_contract::Connection;

/// A call that a server's session makes, apart from its last.
pub(crate) enum Call<'a> {
    Open(&'a Connection),
    Receive(&'a [u8]),
    /// An event is due. Of a program: what it waits for beside its input has come.
    Event,
    EndOfInput,
}

impl Call<'_> {
    pub(crate) fn function(&self) -> CalledFunction {
        match self {
            Self::Open(_) => CalledFunction::Open,
            Self::Receive(_) => CalledFunction::Receive,
            Self::Event => CalledFunction::Event,
            Self::EndOfInput => CalledFunction::EndOfInput,
        }
    }
}

/// A function of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalledFunction {
    Receive,
    Event,
    Open,
    EndOfInput,
    Closed,
    /// The first of a client.
    Start,
    Replied,
}

impl CalledFunction {
    /// Those of a server's plugin.
    pub(crate) const OF_SERVERS: [Self; 5] = [
        Self::Receive,
        Self::Event,
        Self::Open,
        Self::EndOfInput,
        Self::Closed,
    ];

    /// Its index among those of a server's plugin. `None` for one of a client.
    pub(crate) const fn index(self) -> Option<usize> {
        match self {
            Self::Receive => Some(0),
            Self::Event => Some(1),
            Self::Open => Some(2),
            Self::EndOfInput => Some(3),
            Self::Closed => Some(4),
            Self::Start | Self::Replied => None,
        }
    }

    /// Its name in the WIT.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Event => "event",
            Self::Open => "open",
            Self::EndOfInput => "end-of-input",
            Self::Closed => "closed",
            Self::Start => "start",
            Self::Replied => "replied",
        }
    }
}
