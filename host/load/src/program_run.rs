//! A program as the client of a connection. It runs until it exits, or until its connection ends.
//!
//! It owns what such an end means.

use super::failure::ProgramFailure;
use eco_contract::{Connection, Session as _};
use eco_net::{End, Limits, LiveCounts, Stream, serve};
use eco_plugin::{Error, ServerPlugin};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A program that has run as the client of a connection.
#[derive(Debug)]
pub struct ProgramRun {
    /// How the connection ended.
    pub end: End<Error>,
    /// `None` if it has not exited.
    exit_code: Option<u32>,
    timeout: Duration,
}

impl ProgramRun {
    /// Runs the program over a connection: until it exits, until the connection ends, or until the server sends nothing,
    /// or takes nothing, for `timeout`. The stream stays open. `counts` has the bytes.
    pub async fn over(
        stream: &mut Stream,
        connection: &Connection,
        program: &ServerPlugin,
        timeout: Duration,
        counts: &LiveCounts,
    ) -> Self {
        let limits = Limits::default()
            .idle_timeout(Some(timeout))
            .write_timeout(Some(timeout));
        let stopping = AtomicBool::new(false);
        let mut session = program.session().in_parts().without_exit_log();
        let end = serve(stream, &mut session, connection, &limits, &stopping, counts).await;
        let exit_code = session.exit_code();
        // A program that still runs learns that its connection is gone. What it makes of that says nothing of the server.
        let _ = session.closed(end.reason()).await;
        Self {
            end,
            exit_code,
            timeout,
        }
    }

    /// Says whether the program has exited with code 0.
    ///
    /// # Errors
    /// It has not, for this reason.
    pub fn result(self) -> Result<(), ProgramFailure> {
        match (self.end, self.exit_code) {
            (End::Failed(error), _) => Err(ProgramFailure::Failed(error)),
            (End::Idle | End::Stalled, _) => Err(ProgramFailure::ServerSilent(self.timeout)),
            (End::PeerReset(error), _) => Err(ProgramFailure::ConnectionBroken(error)),
            (End::Ended | End::ByPlugin(_), Some(0)) => Ok(()),
            (End::Ended | End::ByPlugin(_), Some(code)) => Err(ProgramFailure::Exited(code)),
            (end, _) => Err(ProgramFailure::CutOff(end.reason())),
        }
    }
}
