//! `eco send --stdio`: the client is a program that reads standard input and writes standard output. It runs as one that serves
//! does, over a connection that eco has made.

use super::config::SendConfig;
use super::connecting::{LAST_WORDS, connected, layered};
use crate::client::replies;
use crate::exit::{Exit, Failure};
use crate::plugin::{self, compiler};
use anyhow::Context as _;
use eco_load::{ProgramFailure, ProgramRun};
use eco_net::{LiveCounts, linger};

/// Runs the program to its end.
pub(super) async fn run(config: SendConfig) -> Result<(), Failure> {
    let engine = compiler::engine(config.budgets).build();
    let engine = engine.context("cannot set up the sandbox")?;
    let (name, timeout) = (config.plugin.name(), config.timeout);
    let program = config.plugin.load_server(&engine).await?;
    let stream = connected(&config.to, timeout).await?;
    let connection = stream.connection(1);
    let mut stream = layered(stream, &config.to, &config.layers, timeout).await?;
    let counts = LiveCounts::default();
    let run = ProgramRun::over(&mut stream, &connection, &program, timeout, &counts).await;
    let _ = tokio::time::timeout(LAST_WORDS, linger(&mut stream, &run.end)).await;
    drop(stream);
    run.result().map_err(|failure| match failure {
        ProgramFailure::Failed(error) => {
            plugin::failed(error, || format!("the program {name} failed"))
        }
        failure => Exit::Wrong.saying(replies::program(&failure)),
    })
}
