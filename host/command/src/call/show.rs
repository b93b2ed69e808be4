//! What `eco call` shows of connections.

use super::super::exit::Failure;
use super::super::output;
use eco_contract::{Expect, Next, Reply};
use eco_plugin::{Turn, Usage};
use eco_text::escape::Escaped;
use std::cell::RefCell;
use std::time::Duration;

/// Where replies go, and how.
#[derive(Clone, Copy)]
pub(super) enum Show<'a> {
    /// The bytes of the replies and nothing else.
    Raw,
    /// A line for each thing that happens. `peers` are the names of the connections, if they have any.
    Lines {
        peers: &'a [String],
        paper: &'a Paper,
    },
}

/// Where lines go: to stdout, or held back until it is known that they count.
pub(super) struct Paper(RefCell<Option<String>>);

impl Paper {
    /// Prints at once.
    pub(super) fn open() -> Self {
        Self(RefCell::new(None))
    }

    /// Holds everything back until it is released.
    pub(super) fn held() -> Self {
        Self(RefCell::new(Some(String::new())))
    }

    /// Prints what was held back, and all that comes at once.
    pub(super) fn release(&self) -> Result<(), Failure> {
        match self.0.take() {
            Some(held) => output::print(&held),
            None => Ok(()),
        }
    }

    fn print(&self, line: &str) -> Result<(), Failure> {
        match &mut *self.0.borrow_mut() {
            Some(held) => {
                held.push_str(line);
                Ok(())
            }
            None => output::print(line),
        }
    }
}

impl Show<'_> {
    /// What a peer does.
    pub(super) fn event(self, connection: usize, what: &str) -> Result<(), Failure> {
        match self {
            Self::Raw => Ok(()),
            Self::Lines { peers, paper } => {
                paper.print(&format!("{}> {what}\n", name(peers, connection)))
            }
        }
    }

    /// A peer should do something, and has no connection any more.
    pub(super) fn gone(self, connection: usize) -> Result<(), Failure> {
        self.event(connection, "(nothing: the connection is closed)")
    }

    /// Time begins to pass.
    pub(super) fn pause(self, time: Duration) -> Result<(), Failure> {
        match self {
            Self::Raw => Ok(()),
            Self::Lines { paper, .. } => {
                paper.print(&format!("  ({})\n", humantime::format_duration(time)))
            }
        }
    }

    /// What the plugin says to one of them.
    pub(super) fn reply(self, connection: usize, reply: &Reply<'_>) -> Result<(), Failure> {
        let Self::Lines { peers, paper } = self else {
            return output::bytes(&reply.data);
        };
        let next = match reply.next {
            Next::KeepOpen => "",
            Next::Finish => "  (and finishes)",
            Next::Close => "  (and closes)",
            Next::Reset => "  (and resets)",
        };
        if reply.data.is_empty() && next.is_empty() {
            return Ok(());
        }
        let name = name(peers, connection);
        paper.print(&format!("{name}< {}{next}\n", Escaped(&reply.data)))
    }

    /// What the instances have used, in the log.
    pub(super) fn usage(self, connection: usize, usage: Usage) {
        if let Self::Lines { peers, .. } = self {
            let who = match peers.get(connection) {
                Some(name) => format!("{name} "),
                None => String::new(),
            };
            let fuel = usage.fuel.unwrap_or_default();
            let memory = bytesize::ByteSize(usage.memory as u64);
            tracing::info!("{who}used {fuel} units of fuel and {memory} of memory");
        }
    }

    /// The first turn of a client.
    pub(super) fn turn(self, turn: &Turn<'_>) -> Result<(), Failure> {
        if let Self::Raw = self {
            return output::bytes(&turn.send);
        }
        let expects = match &turn.expect {
            Expect::Exactly(bytes) => format!("{bytes} bytes"),
            Expect::Through(end) => format!("everything up to {}", Escaped(end)),
            Expect::ToEnd => "everything to the end".to_owned(),
            Expect::Nothing => "nothing".to_owned(),
        };
        let sends = Escaped(&turn.send);
        output::print(&format!("sends    {sends}\nexpects  {expects}\n"))
    }
}

/// The name of a connection, as wide as the longest one, where there are names.
fn name(peers: &[String], connection: usize) -> String {
    let width = peers.iter().map(String::len).max().unwrap_or_default();
    match peers.get(connection) {
        Some(name) => format!("{name:width$} "),
        None => String::new(),
    }
}
