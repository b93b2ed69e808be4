//! Why a component is left as it is.

use wasm_encoder::reencode;
use wasmparser::BinaryReaderError;

/// Why a component is left as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeError {
    /// It has something that is not merged.
    #[error("it has {0}")]
    Has(&'static str),
    /// An index or a name of nothing.
    #[error("it names something that is not there")]
    Missing,
    /// It can't be read, or what was made of it is wrong.
    #[error(transparent)]
    Invalid(#[from] BinaryReaderError),
    /// A part of it can't be written anew.
    #[error(transparent)]
    Unwritable(Box<reencode::Error<Self>>),
}

impl From<reencode::Error<Self>> for MergeError {
    fn from(error: reencode::Error<Self>) -> Self {
        match error {
            reencode::Error::UserError(error) => error,
            error => Self::Unwritable(Box::new(error)),
        }
    }
}
