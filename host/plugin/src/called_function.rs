//! The functions of plugins that eco calls, by their names in the WIT.

/// A function of a plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CalledFunction {
    Receive,
    Event,
    /// A session begins with it.
    #[default]
    Open,
    EndOfInput,
    Closed,
    /// The first of a client.
    Start,
    Replied,
}

impl CalledFunction {
    /// Those of a server's plugin, in the order of their numbers.
    pub(crate) const OF_SERVERS: [Self; 5] = [
        Self::Receive,
        Self::Event,
        Self::Open,
        Self::EndOfInput,
        Self::Closed,
    ];

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
