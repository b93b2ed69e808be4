//! `eco send --stdio`: the client is a program that reads standard input and writes standard output. It runs as one that serves
//! does, over a connection that eco has made.

use super::config::SendConfig;
use super::connecting::{LAST_WORDS, connected, layered};
use crate::client::replies;
use crate::exit::{Exit, Failure};
use crate::plugin::{self, compiler};
use anyhow::Context as _;
use eco_contract::Session as _;
use eco_net::{End, Limits, LiveCounts, linger, serve};
use std::sync::atomic::AtomicBool;

/// Runs the program to its end.
pub(super) async fn run(config: SendConfig) -> Result<(), Failure> {
    let engine = compiler::engine(config.budgets).build();
    let engine = engine.context("cannot set up the sandbox")?;
    let (name, timeout) = (config.plugin.name(), config.timeout);
    let program = config.plugin.load_server(&engine).await?;
    let stream = connected(&config.to, timeout).await?;
    let connection = stream.connection(1);
    let mut stream = layered(stream, &config.to, &config.layers, timeout).await?;
    let mut session = program.session().in_parts().without_exit_log();
    let limits = Limits::default()
        .idle_timeout(Some(timeout))
        .write_timeout(Some(timeout));
    let (stopping, counts) = (AtomicBool::new(false), LiveCounts::default());
    let end = serve(
        &mut stream,
        &mut session,
        &connection,
        &limits,
        &stopping,
        &counts,
    )
    .await;
    let code = session.exit_code();
    // A program that still runs learns that its connection is gone. What it makes of that is no matter of the server's.
    let _ = session.closed(end.reason()).await;
    let _ = tokio::time::timeout(LAST_WORDS, linger(&mut stream, &end)).await;
    drop(stream);
    let failed = |error| plugin::failed(error, || format!("the program {name} failed"));
    match end {
        End::Failed(error) => return Err(failed(error)),
        End::Ended | End::ByPlugin(_) => {}
        End::Idle | End::Stalled => return Err(Exit::Wrong.saying(replies::silent(timeout))),
        End::PeerReset(error) => {
            return Err(Exit::Wrong.saying(format!("the connection broke: {error}")));
        }
        end => {
            let reason = end.reason();
            return Err(Exit::Wrong.saying(format!("the connection ended otherwise: {reason}")));
        }
    }
    match code {
        Some(0) => Ok(()),
        Some(code) => Err(Exit::Wrong.saying(format!("{name} exited with code {code}"))),
        None => Err(Exit::Wrong.saying(format!("{name} has not ended"))),
    }
}
