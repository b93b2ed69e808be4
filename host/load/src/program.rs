//! A dialogue that a program holds: it is started on a connection of its own, and is over when it exits.
//!
//! It owns what such an end means. `turn_times` has the turns.

use super::client::Client;
use super::connection::connect;
use super::failure::{Failure, ProgramEnd};
use super::own_time::OwnTime;
use super::tally::Failed;
use super::turn_times::{Ended, TurnTimes};
use eco_contract::Session as _;
use eco_net::{End, Limits, LiveCounts, serve};
use eco_plugin::{Error, ServerPlugin};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

impl Client {
    /// Runs the program to its end, timed from when it was due, or else from its first write.
    pub(super) async fn run_program(
        &mut self,
        program: &ServerPlugin,
        due: Option<Instant>,
    ) -> Result<(), Failed> {
        let run = self.run.clone();
        self.own_time.stops(Instant::now());
        let connecting = connect(&run, &self.tally, &mut self.timeout, |stream| {
            stream.connection(1)
        });
        let (mut stream, connection) = connecting.await?;
        self.own_time.goes_on(Instant::now());
        let own_time = std::mem::replace(&mut self.own_time, OwnTime::new(false));
        let times = Arc::new(TurnTimes::start(self.tally.clone(), own_time, due));
        let limits = Limits::default()
            .idle_timeout(Some(run.timeout))
            .write_timeout(Some(run.timeout));
        let (stopping, counts) = (AtomicBool::new(false), LiveCounts::observed(times.clone()));
        let mut session = program.session().in_parts().without_exit_log();
        // Boxed, since it is larger than a plugin's turn, whose client would have room for it.
        let end = Box::pin(serve(
            &mut stream,
            &mut session,
            &connection,
            &limits,
            &stopping,
            &counts,
        ))
        .await;
        let judged = judge(&end, session.exit_code(), run.timeout);
        // A program that still runs learns that its connection is gone. What it makes of that is no figure.
        let _ = session.closed(end.reason()).await;
        let ended = match judged {
            Ok(()) => Ended::Well,
            Err(_) => Ended::Badly,
        };
        self.own_time = times.finish(counts.get(), ended, &mut self.dialogue_time);
        judged.map_err(|failure| run.failed(&failure))
    }
}

/// Says whether a program whose connection ended so, with this exit code, has come to a good end.
fn judge(end: &End<Error>, code: Option<u32>, timeout: Duration) -> Result<(), Failure<'_>> {
    match (end, code) {
        (End::Failed(error), _) => Err(Failure::Plugin(error)),
        (End::Idle | End::Stalled, _) => Err(Failure::Program(ProgramEnd::Timeout(timeout))),
        (End::Ended | End::ByPlugin(_), Some(0)) => Ok(()),
        (End::Ended | End::ByPlugin(_), Some(code)) => {
            Err(Failure::Program(ProgramEnd::Exited(code)))
        }
        _ => Err(Failure::Program(ProgramEnd::CutOff(end.reason()))),
    }
}
