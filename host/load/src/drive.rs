//! One thread of a load, from its first connection to its last.
//!
//! It owns the state that the connections of a thread share.

use super::client::Client;
use super::dialogue_time::DialogueTime;
use super::idle::Idle;
use super::instance_pool::InstancePool;
use super::own_time::OwnTime;
use super::pace::WakeUps;
use super::run::Run;
use super::tally::SharedTally;
use eco_net::ReusableTimeout;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Time for dialogues under way to finish after the end of the run. Then they count as unfinished.
/// Test: `load::schedule::a_server_that_stalls_can_not_hide_it`.
const FINISH: Duration = Duration::from_secs(1);

/// Drives one connection from each of the times in `starts`.
pub(super) fn drive(
    run: &Arc<Run>,
    tally: &SharedTally,
    idle: &Idle,
    starts: &[Duration],
) -> io::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    idle.watch(&mut runtime);
    runtime.enable_all().build()?.block_on(async {
        let wake_ups = WakeUps::start()?;
        let pool = Arc::new(InstancePool::new(starts.len()));
        let mut clients = JoinSet::new();
        for start in starts {
            let client = Client {
                run: run.clone(),
                tally: tally.clone(),
                pool: pool.clone(),
                wake_ups: wake_ups.clone(),
                timeout: ReusableTimeout::new(Some(run.timeout)),
                own_time: OwnTime::new(run.pace.is_timed()),
                dialogue_time: DialogueTime::default(),
                waiting: None,
            };
            clients.spawn(run_from(client, *start));
        }
        let finishing = async {
            run.pace.ended().await;
            tokio::time::sleep(FINISH).await;
        };
        let running = async {
            while let Some(client) = clients.join_next().await {
                client.map_err(io::Error::other)?;
            }
            Ok(())
        };
        let finished = tokio::select! {
            result = running => Some(result),
            () = finishing => None,
        };
        match finished {
            Some(result) => result,
            None => {
                clients.shutdown().await;
                Ok(())
            }
        }
    })
}

/// Runs the client from this time on, unless the run is over by then.
async fn run_from(client: Client, start: Duration) {
    if !start.is_zero() {
        let run = client.run.clone();
        tokio::select! {
            () = tokio::time::sleep(start) => {}
            () = run.pace.ended() => return,
        }
    }
    client.run().await;
}
