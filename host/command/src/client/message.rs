//! The message that a client sends: typed text, stdin or a file, up to a limit.

use crate::exit::{Exit, Failure};
use anyhow::Context as _;
use bytesize::ByteSize;
use clap::ValueHint;
use eco_files::read_at_most;
use eco_text::escape;
use std::ffi::OsStr;
use std::fs::File;
use std::path::PathBuf;

/// The arguments that give the message.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct MessageArgs {
    /// What to send; - reads stdin, and after -- it may begin with a dash. Without it the plugin sends its own message
    #[arg(conflicts_with = "file")]
    pub(crate) message: Option<String>,
    /// Send this file
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
}

/// The source of the message.
#[derive(Clone)]
pub(crate) enum Message {
    /// None was given: the plugin sends its own.
    Plugins,
    Typed(String),
    Stdin,
    File(PathBuf),
    /// This number of random bytes.
    Random(usize),
}

impl Message {
    /// The source that was typed.
    ///
    /// # Errors
    /// The plugin comes from stdin too.
    pub(crate) fn typed(args: MessageArgs, plugin: &OsStr) -> Result<Self, Failure> {
        let message = match (args.message, args.file) {
            (_, Some(path)) => Self::File(path),
            (Some(dash), None) if dash == "-" => Self::Stdin,
            (Some(text), None) => Self::Typed(text),
            (None, None) => Self::Plugins,
        };
        match &message {
            Self::Stdin if plugin == "-" => {
                Err(Exit::Usage.saying("the message and the plugin can't both come from stdin"))
            }
            _ => Ok(message),
        }
    }

    /// Reads the message; `None` is the plugin's own.
    ///
    /// # Errors
    /// It can't be read, or has more than `most` bytes. No more than that are read.
    pub(crate) fn read(self, most: usize) -> Result<Option<Vec<u8>>, Failure> {
        let bytes = match self {
            Self::Plugins => return Ok(None),
            Self::Typed(text) => text.into_bytes(),
            // A message that is too long is not made.
            Self::Random(length) if length > most => return Err(too_large(most)),
            Self::Random(length) => random(length)?,
            Self::Stdin => read_at_most(std::io::stdin().lock(), most)
                .context("cannot read the message from stdin")
                .map_err(|error| Exit::Usage.because(error))?,
            Self::File(path) => File::open(&path)
                .and_then(|file| read_at_most(file, most))
                .with_context(|| format!("cannot read the message from {}", escape::path(&path)))
                .map_err(|error| Exit::Usage.because(error))?,
        };
        if bytes.len() > most {
            return Err(too_large(most));
        }
        Ok(Some(bytes))
    }
}

fn too_large(most: usize) -> Failure {
    let most = ByteSize(most as u64);
    Exit::Usage.saying(format!(
        "the message is larger than {most}, which is what a client plugin may send in one turn (see --reply); nothing was sent"
    ))
}

fn random(length: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).context("the system has no random bytes")?;
    Ok(bytes)
}
