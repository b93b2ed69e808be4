//! `eco state`: lists, shows and wipes the keys of a store.

pub(crate) mod args;

use crate::exit::{Exit, Failure};
use crate::output;
use crate::state::args::{StateArgs, not_there};
use clap::Subcommand;
use eco_state::{Limits, Location, Problem, StoreBackend, open_store};
use eco_text::escape::{self, one_line};

/// Keys of one request to the store.
const PAGE: usize = 1000;

/// The longest value that is shown, in bytes: the longest that Redis keeps. A longer one is an error.
/// Test: `state::redis_attacks::store::a_value_that_is_larger_than_this_server_has_is_an_error_and_breaks_no_link`.
const LONGEST_VALUE: usize = 512 * 1024 * 1024;

/// The commands of `eco state`.
#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// List the keys, one a line, or without --namespace the names under which something is kept
    List {
        /// Those alone that begin with this
        #[arg(default_value = "")]
        prefix: String,
        #[command(flatten)]
        place: StateArgs,
    },
    /// Print the value of a key, byte for byte
    Show {
        /// Which
        key: String,
        #[command(flatten)]
        place: StateArgs,
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
        place: StateArgs,
    },
}

/// The location of the store, unless there can be none.
fn find(place: &StateArgs) -> Result<Location, Failure> {
    let location = place.location()?;
    match &location {
        Location::Memory => Err(Exit::Usage.saying(
            "what is kept in memory can't be had from outside, and ends with its server\nSay where it is kept: --state file:PATH or --state redis://HOST, as the server has it.",
        )),
        Location::File(path) if !path.exists() => {
            let path = escape::path(path);
            Err(Exit::Usage.saying(format!("there is no file {path}")))
        }
        _ => Ok(location),
    }
}

/// Opens the store of a namespace.
async fn open(location: &Location, namespace: &str) -> Result<Box<dyn StoreBackend>, Failure> {
    // A server with other limits may have written longer values.
    let limits = Limits::default().value(LONGEST_VALUE);
    let opened = open_store(location, namespace, &limits).await;
    opened.map_err(not_there)
}

/// Opens the store of the namespace that was given.
async fn open_named(place: &StateArgs) -> Result<Box<dyn StoreBackend>, Failure> {
    let location = find(place)?;
    let Some(namespace) = place.namespace() else {
        return Err(Exit::Usage.saying(
            "whose is it? --namespace NAME says so: a server's is the name of its plugin, such as chat for chat.js, unless it was given one\n`eco state list` without it has the names that are there.",
        ));
    };
    open(&location, namespace).await
}

/// Lists the namespaces.
async fn list_namespaces(place: &StateArgs) -> Result<(), Failure> {
    // Any namespace will do, since the store is asked for all of them. No server has the empty one.
    let store = open(&find(place)?, "").await?;
    let there = store.namespaces().await.map_err(failed)?;
    if there.may_be_more {
        tracing::warn!("there may be more names than these");
    }
    lines(&there.names)
}

/// Prints each name in a line of its own.
fn lines(names: &[String]) -> Result<(), Failure> {
    let lines = names.iter().map(|name| format!("{}\n", one_line(name)));
    output::bytes(lines.collect::<String>().as_bytes())
}

/// Runs the command.
pub(crate) async fn run(command: StateCommand) -> Result<(), Failure> {
    match command {
        StateCommand::List { prefix, place } => {
            if prefix.is_empty() && place.namespace().is_none() {
                return list_namespaces(&place).await;
            }
            let store = open_named(&place).await?;
            each_page(&*store, &prefix, async |keys| lines(&keys)).await
        }
        StateCommand::Show { key, place } => {
            let value = open_named(&place).await?.get(&key).await.map_err(failed)?;
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
            let store = open_named(&place).await?;
            let mut removed = 0_u64;
            each_page(&*store, &prefix.unwrap_or_default(), async |keys| {
                for key in &keys {
                    removed += u64::from(store.delete(key).await.map_err(failed)?);
                }
                Ok(())
            })
            .await?;
            output::print(&format!("removed {removed} keys\n"))
        }
    }
}

/// Calls `work` with all keys that begin with the prefix, a page at a time.
async fn each_page(
    store: &dyn StoreBackend,
    prefix: &str,
    mut work: impl AsyncFnMut(Vec<String>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut more = None;
    loop {
        let page = store.keys(prefix, more.as_deref(), PAGE).await;
        let page = page.map_err(failed)?;
        work(page.keys).await?;
        more = page.more;
        if more.is_none() {
            return Ok(());
        }
    }
}

fn failed(problem: Problem) -> Failure {
    Exit::Unavailable.because(problem)
}
