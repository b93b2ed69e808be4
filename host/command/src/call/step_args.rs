//! The steps of `eco call`: chunks, pauses and ends, in the order of the command line.
//!
//! It implements clap's traits by hand, since clap's derive loses the order between different arguments.

use super::chunk;
use crate::exit::{Exit, Failure};
use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};
use clap_lex::OsStrExt as _;
use eco_text::escape::Escaped;
use std::ffi::{OsStr, OsString};
use std::time::Duration;

/// The most connections that `--peers` may name: each has an instance of the plugin. More is refused as usage.
/// Test: `commands::call::steps_that_make_no_sense_are_usage`.
const MOST_PEERS: usize = 100;

/// A step as it was typed.
#[derive(Clone, Debug)]
enum TypedStep {
    Chunk(OsString),
    Pause(Duration),
    End(String),
}

/// The arguments that give the steps, and the names of the peers.
#[derive(Clone, Debug)]
pub(crate) struct StepArgs {
    peers: Vec<String>,
    typed: Vec<TypedStep>,
}

/// A step. Connections are counted from 0.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Bytes arrive on a connection, which is opened first unless it is. There may be none.
    Chunk(usize, Vec<u8>),
    /// Time passes.
    Pause(Duration),
    /// The peer of a connection ends its input.
    End(usize),
}

impl StepArgs {
    /// The names of the connections. One connection without a name has none.
    pub(super) fn peers(&self) -> &[String] {
        &self.peers
    }

    /// The number of chunks from stdin.
    pub(super) fn count_from_stdin(&self) -> usize {
        let from_stdin = |typed: &&TypedStep| match typed {
            TypedStep::Chunk(text) => self.split(text).is_ok_and(|(_, text)| text == "-"),
            TypedStep::Pause(_) | TypedStep::End(_) => false,
        };
        self.typed.iter().filter(from_stdin).count()
    }

    /// The steps, with the bytes of all chunks.
    pub(super) fn read(&self) -> Result<Vec<Step>, Failure> {
        if self.peers.len() > MOST_PEERS {
            return Err(Exit::Usage.saying(format!("--peers takes at most {MOST_PEERS} names")));
        }
        let mut others = self.peers.iter();
        while let Some(name) = others.next() {
            if others.clone().any(|other| other == name) {
                return Err(Exit::Usage.saying(format!("--peers names {name} twice")));
            }
        }
        if let Some(odd) = self.peers.iter().find(|name| !is_name(name)) {
            return Err(Exit::Usage.saying(format!(
                "{odd:?} can't be the name of a peer: take letters, digits, - and _"
            )));
        }
        let step = |typed: &TypedStep| {
            Ok(match typed {
                TypedStep::Chunk(text) => {
                    let (connection, text) = self.split(text)?;
                    Step::Chunk(connection, chunk::parse(text)?)
                }
                TypedStep::Pause(time) => Step::Pause(*time),
                TypedStep::End(name) => {
                    Step::End(self.find(name).ok_or_else(|| self.unknown(name))?)
                }
            })
        };
        self.typed.iter().map(step).collect()
    }

    /// The connection of a chunk, and its text: `anna: hello` where peers have names.
    fn split<'a>(&self, text: &'a OsStr) -> Result<(usize, &'a OsStr), Failure> {
        if self.peers.is_empty() {
            return Ok((0, text));
        }
        let named = text.split_once(":");
        let found = named.and_then(|(name, rest)| Some((self.find(name.to_str()?)?, rest)));
        let (peer, rest) = found.ok_or_else(|| {
            let first = self.peers.first().map(String::as_str).unwrap_or_default();
            let peers = self.peers.join(", ");
            Exit::Usage.saying(format!(
                "{} doesn't say which peer sends it: begin with one of {peers}, and a colon, as in '{first}: hello\\n'",
                Escaped(text.as_encoded_bytes())
            ))
        })?;
        Ok((peer, rest.strip_prefix(" ").unwrap_or(rest)))
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.peers.iter().position(|peer| peer == name)
    }

    fn unknown(&self, name: &str) -> Failure {
        let peers = self.peers.join(", ");
        Exit::Usage.saying(format!("there is no peer {name:?}: --peers names {peers}"))
    }
}

fn is_name(name: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.chars().all(is_fine)
}

impl clap::Args for StepArgs {
    fn augment_args(command: Command) -> Command {
        command
            .arg(
                Arg::new("chunks")
                    .value_name("CHUNK")
                    .num_args(0..)
                    .value_parser(ValueParser::os_string())
                    .action(ArgAction::Append)
                    .help("Bytes that arrive, one chunk each; for a client plugin, its one message"),
            )
            .arg(
                Arg::new("peers")
                    .long("peers")
                    .value_name("NAME,...")
                    .value_delimiter(',')
                    .help(format!(
                        "Names of several connections, {MOST_PEERS} at most; each chunk then says whose it is: 'anna: hello\\n'"
                    )),
            )
            .arg(
                Arg::new("pause")
                    .long("pause")
                    .value_name("TIME")
                    .action(ArgAction::Append)
                    .value_parser(ValueParser::new(humantime::parse_duration))
                    .help("Wait so long at this point; may be given several times"),
            )
            .arg(
                Arg::new("end")
                    .long("end")
                    .value_name("NAME")
                    .action(ArgAction::Append)
                    .requires("peers")
                    .help("This peer stops sending here, and the others at the end; needs --peers"),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for StepArgs {
    fn from_arg_matches(found: &ArgMatches) -> Result<Self, clap::Error> {
        let mut typed: Vec<(usize, TypedStep)> = Vec::new();
        let texts = |name: &str| found.get_many::<String>(name).into_iter().flatten();
        let places = |name: &str| found.indices_of(name).into_iter().flatten();
        let chunks = found.get_many::<OsString>("chunks").into_iter().flatten();
        typed.extend(places("chunks").zip(chunks.cloned().map(TypedStep::Chunk)));
        typed.extend(places("end").zip(texts("end").cloned().map(TypedStep::End)));
        let pauses = found.get_many::<Duration>("pause").into_iter().flatten();
        typed.extend(places("pause").zip(pauses.copied().map(TypedStep::Pause)));
        typed.sort_by_key(|(place, _)| *place);
        Ok(Self {
            peers: texts("peers").cloned().collect(),
            typed: typed.into_iter().map(|(_, typed)| typed).collect(),
        })
    }

    fn update_from_arg_matches(&mut self, found: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(found)?;
        Ok(())
    }
}
