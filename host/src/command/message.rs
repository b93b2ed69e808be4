//! The message of `eco send`: what was typed, stdin or a file, up to a limit.

use super::args::SendArgs;
use super::exit::{Exit, Failure};
use anyhow::Context as _;
use bytesize::ByteSize;
use std::fs::File;
use std::io::Read;

/// Where the message comes from.
pub(super) enum Message {
    /// The plugin's own.
    Plugins,
    Typed(String),
    Stdin,
    File(std::path::PathBuf),
}

impl Message {
    /// Whether stdin is what it is read from.
    pub(super) fn is_stdin(&self) -> bool {
        matches!(self, Self::Stdin)
    }
}

impl From<&SendArgs> for Message {
    fn from(args: &SendArgs) -> Self {
        match (&args.message, &args.file) {
            (_, Some(path)) => Self::File(path.clone()),
            (Some(dash), None) if dash == "-" => Self::Stdin,
            (Some(text), None) => Self::Typed(text.clone()),
            (None, None) => Self::Plugins,
        }
    }
}

impl Message {
    /// Reads it. `None` is the plugin's own. More than `most` bytes are refused, and not read.
    pub(super) fn read(self, most: usize) -> Result<Option<Vec<u8>>, Failure> {
        let bytes = match self {
            Self::Plugins => return Ok(None),
            Self::Typed(text) => text.into_bytes(),
            Self::Stdin => bounded(std::io::stdin().lock(), most)
                .context("cannot read the message from stdin")
                .map_err(|error| Exit::Usage.because(error))?,
            Self::File(path) => File::open(&path)
                .and_then(|file| bounded(file, most))
                .with_context(|| format!("cannot read the message from {}", path.display()))
                .map_err(|error| Exit::Usage.because(error))?,
        };
        if bytes.len() > most {
            let most = ByteSize(most as u64);
            return Err(Exit::Usage.saying(format!(
                "the message is larger than {most}, which is what a client plugin may send in one turn (see --reply); nothing was sent"
            )));
        }
        Ok(Some(bytes))
    }
}

/// One byte more than `most`, so that what is too large can be told without reading it all.
fn bounded(from: impl Read, most: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take((most as u64).saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
