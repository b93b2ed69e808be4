//! `eco state`: what a server keeps in its store, looked at from outside.

use super::exit::{Exit, Failure};
use super::output;
use super::state_args::{StateArgs, not_there};
use clap::Subcommand;
use eco_state::{Limits, Location, Problem, StoreBackend, open_store};
use eco_text::escape::one_line;

/// Keys that are asked for at once.
const PAGE: usize = 1000;

/// What is done with a store.
#[derive(Debug, Subcommand)]
pub(super) enum StateCommand {
    /// List the keys, one a line
    List {
        /// Those alone that begin with this
        #[arg(default_value = "")]
        prefix: String,
        #[command(flatten)]
        place: Place,
    },
    /// Print the value of a key, byte for byte
    Show {
        /// Which
        key: String,
        #[command(flatten)]
        place: Place,
    },
    /// Remove keys
    Wipe {
        /// Those that begin with this
        #[arg(required_unless_present = "all")]
        prefix: Option<String>,
        /// All of them
        #[arg(long, conflicts_with = "prefix")]
        all: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// Where the store is.
#[derive(Debug, clap::Args)]
pub(super) struct Place {
    #[command(flatten)]
    state: StateArgs,
}

impl Place {
    async fn open(&self) -> Result<Box<dyn StoreBackend>, Failure> {
        let location = self.state.location()?;
        match &location {
            Location::Memory => {
                return Err(Exit::Usage.saying(
                    "what is kept in memory can't be had from outside, and ends with its server\nSay where it is kept: --state file:PATH or --state redis://HOST, as the server has it.",
                ));
            }
            Location::File(path) if !path.exists() => {
                let path = one_line(path.to_string_lossy());
                return Err(Exit::Usage.saying(format!("there is no file {path}")));
            }
            Location::File(_) | Location::Redis(_) => {}
        }
        let Some(namespace) = self.state.namespace() else {
            return Err(Exit::Usage.saying(
                "whose is it? --namespace NAME says so: a server's is the name of its plugin, such as chat for chat.js, unless it was given one",
            ));
        };
        let limits = Limits::default();
        open_store(&location, namespace, &limits)
            .await
            .map_err(not_there)
    }
}

/// Does it.
pub(super) async fn run(command: StateCommand) -> Result<(), Failure> {
    match command {
        StateCommand::List { prefix, place } => {
            let store = place.open().await?;
            let mut more = None;
            loop {
                let page = store.keys(&prefix, more.as_deref(), PAGE).await;
                let page = page.map_err(failed)?;
                let lines = page.keys.iter().map(|key| format!("{}\n", one_line(key)));
                output::bytes(lines.collect::<String>().as_bytes())?;
                match page.more {
                    Some(next) => more = Some(next),
                    None => return Ok(()),
                }
            }
        }
        StateCommand::Show { key, place } => {
            let value = place.open().await?.get(&key).await.map_err(failed)?;
            match value {
                Some(value) => output::bytes(&value),
                None => {
                    let key = one_line(&key);
                    Err(Exit::Wrong.saying(format!(
                        "there is no key {key}\n`eco state list` has all of them."
                    )))
                }
            }
        }
        StateCommand::Wipe { prefix, place, .. } => {
            let store = place.open().await?;
            let removed = wipe(&*store, &prefix.unwrap_or_default()).await?;
            output::print(&format!("removed {removed} keys\n"))
        }
    }
}

/// Removes all keys with that prefix. How many there were.
async fn wipe(store: &dyn StoreBackend, prefix: &str) -> Result<u64, Failure> {
    let mut removed = 0;
    let mut more = None;
    loop {
        let page = store.keys(prefix, more.as_deref(), PAGE).await;
        let page = page.map_err(failed)?;
        for key in &page.keys {
            removed += u64::from(store.delete(key).await.map_err(failed)?);
        }
        match page.more {
            Some(next) => more = Some(next),
            None => return Ok(removed),
        }
    }
}

fn failed(problem: Problem) -> Failure {
    Exit::Unavailable.because(problem)
}
