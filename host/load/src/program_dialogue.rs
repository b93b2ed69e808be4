//! A dialogue that a program holds. It is started on a connection of its own, and the dialogue is over when it exits.

use super::client::Client;
use super::connection::connect;
use super::failure::Failure;
use super::own_time::OwnTime;
use super::program_run::ProgramRun;
use super::tally::Failed;
use super::turn_times::{Ended, TurnTimes};
use eco_net::LiveCounts;
use eco_plugin::ServerPlugin;
use std::sync::Arc;
use std::time::Instant;

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
        let counts = LiveCounts::observed(times.clone());
        let running = ProgramRun::over(&mut stream, &connection, program, run.timeout, &counts);
        // Boxed, since it is larger than a plugin's turn, whose client would have room for it.
        let result = Box::pin(running).await.result();
        let ended = match result {
            Ok(()) => Ended::Well,
            Err(_) => Ended::Badly,
        };
        self.own_time = times.finish(counts.get(), ended, &mut self.dialogue_time);
        result.map_err(|failure| run.failed(&Failure::Program(&failure)))
    }
}
