//! The output of `eco call`.

use crate::exit::Failure;
use crate::output;
use eco_contract::{Expect, Next, Reply};
use eco_plugin::{Turn, Usage};
use eco_text::escape::Escaped;
use std::cell::RefCell;
use std::time::Duration;

/// The form of the output.
#[derive(Clone, Copy)]
pub(super) enum Show<'a> {
    /// The bytes of the replies and nothing else.
    Raw,
    /// A line for each event. `peers` are the names of the connections, if they have any.
    Lines {
        peers: &'a [String],
        printer: &'a Printer,
    },
}

/// Bytes of lines that are kept back. More than that is printed at once, and can no longer be taken back.
/// Test: `commands::call::output_of_a_slow_call_is_kept_up_to_a_bound`.
const MOST_KEPT: usize = 64 * 1024;

/// Prints lines to stdout: at once, or all together when they are known to be valid.
pub(super) struct Printer(RefCell<Option<String>>);

impl Printer {
    /// A printer that prints at once.
    pub(super) fn direct() -> Self {
        Self(RefCell::new(None))
    }

    /// A printer that keeps lines until they are flushed.
    pub(super) fn buffered() -> Self {
        Self(RefCell::new(Some(String::new())))
    }

    /// Prints the kept lines, and prints at once from then on.
    pub(super) fn flush(&self) -> Result<(), Failure> {
        match self.0.take() {
            Some(kept) => output::print(&kept),
            None => Ok(()),
        }
    }

    fn print(&self, line: &str) -> Result<(), Failure> {
        if let Some(kept) = &mut *self.0.borrow_mut()
            && kept.len() + line.len() <= MOST_KEPT
        {
            kept.push_str(line);
            return Ok(());
        }
        self.flush()?;
        output::print(line)
    }
}

impl Show<'_> {
    /// Shows an action of a peer.
    pub(super) fn event(self, connection: usize, what: &str) -> Result<(), Failure> {
        match self {
            Self::Raw => Ok(()),
            Self::Lines { peers, printer } => {
                printer.print(&format!("{}> {what}\n", name(peers, connection)))
            }
        }
    }

    /// Shows that a peer has no connection any more, and so does nothing.
    pub(super) fn gone(self, connection: usize) -> Result<(), Failure> {
        self.event(connection, "(nothing: the connection is closed)")
    }

    /// Shows the beginning of a pause.
    pub(super) fn pause(self, time: Duration) -> Result<(), Failure> {
        match self {
            Self::Raw => Ok(()),
            Self::Lines { printer, .. } => {
                printer.print(&format!("  ({})\n", humantime::format_duration(time)))
            }
        }
    }

    /// Shows a reply.
    pub(super) fn reply(self, connection: usize, reply: &Reply<'_>) -> Result<(), Failure> {
        let Self::Lines { peers, printer } = self else {
            return output::bytes(&reply.data);
        };
        let next = match reply.next {
            Next::KeepOpen | Next::More => "",
            Next::Finish => "  (and finishes)",
            Next::Close => "  (and closes)",
            Next::Reset => "  (and resets)",
        };
        if reply.data.is_empty() && next.is_empty() {
            return Ok(());
        }
        let name = name(peers, connection);
        printer.print(&format!("{name}< {}{next}\n", Escaped(&reply.data)))
    }

    /// Shows what a program had written before it failed, of which its peer gets nothing.
    pub(super) fn unsent(self, connection: usize, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Lines { peers, printer } if !bytes.is_empty() => {
                let name = name(peers, connection);
                printer.print(&format!(
                    "{name}< {}  (written, and not sent)\n",
                    Escaped(bytes)
                ))
            }
            Self::Lines { .. } | Self::Raw => Ok(()),
        }
    }

    /// Logs the usage of an instance.
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

    /// Whether no line was printed yet.
    pub(super) fn can_be_undone(self) -> bool {
        match self {
            Self::Raw => false,
            Self::Lines { printer, .. } => printer.0.borrow().is_some(),
        }
    }

    /// Shows the first turn of a client.
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

/// The name of a connection, padded to the longest one; empty without names.
fn name(peers: &[String], connection: usize) -> String {
    let width = peers.iter().map(String::len).max().unwrap_or_default();
    match peers.get(connection) {
        Some(name) => format!("{name:width$} "),
        None => String::new(),
    }
}
