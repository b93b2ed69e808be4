//! The bytes that a call returns, and the two ways in which they come back.
//!
//! It owns these ways. Functions choose between them in `function`.

use super::measured::Measured;
use super::types::{Reply, Step, Turn};
use eco_compile::Compiled;
use std::borrow::Cow;
use wasmtime::Store;
use wasmtime::component::{Lift, WasmList};

/// The way in which bytes come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifting {
    /// They are read where they lie in the plugin's memory.
    InPlace,
    /// They are copied while they are lifted: functions with a `post-return` free or overwrite them before the host
    /// could look.
    Copied,
}

impl Lifting {
    /// The way that the functions of this plugin allow.
    pub(crate) fn of(compiled: &Compiled) -> Self {
        if compiled.post_return {
            Self::Copied
        } else {
            Self::InPlace
        }
    }
}

/// Bytes that a call has returned, before they are read.
pub(crate) enum Bytes {
    InPlace(WasmList<u8>),
    Copied(Vec<u8>),
}

impl Bytes {
    /// Borrows them from the plugin's memory, or hands over the copy. `store` is that of the instance that
    /// returned them.
    pub(crate) fn read<T>(self, store: &Store<T>) -> Cow<'_, [u8]> {
        match self {
            Self::InPlace(list) => list.as_le_slice(store).into(),
            Self::Copied(copy) => copy.into(),
        }
    }
}

/// A value that a call returns, lifted in one of the two ways.
pub(crate) trait Returned: Lift + Measured + Send + Sync + 'static {
    /// The same type, with [`Bytes`] for both ways.
    type Value;

    /// Converts the value.
    fn into_value(self) -> Self::Value;
}

impl Returned for WasmList<u8> {
    type Value = Bytes;

    fn into_value(self) -> Bytes {
        Bytes::InPlace(self)
    }
}

impl Returned for Vec<u8> {
    type Value = Bytes;

    fn into_value(self) -> Bytes {
        Bytes::Copied(self)
    }
}

impl<D: Returned> Returned for Reply<D> {
    type Value = Reply<D::Value>;

    fn into_value(self) -> Self::Value {
        Reply {
            data: self.data.into_value(),
            next: self.next,
        }
    }
}

impl<D: Returned> Returned for Turn<D> {
    type Value = Turn<D::Value>;

    fn into_value(self) -> Self::Value {
        Turn {
            send: self.send.into_value(),
            expect: self.expect,
        }
    }
}

impl<D: Returned> Returned for Step<D> {
    type Value = Step<D::Value>;

    fn into_value(self) -> Self::Value {
        match self {
            Self::Next(turn) => Step::Next(turn.into_value()),
            Self::Done => Step::Done,
            Self::Wrong(fault) => Step::Wrong(fault),
        }
    }
}

impl<R: Returned> Returned for Result<R, String> {
    type Value = Result<R::Value, String>;

    fn into_value(self) -> Self::Value {
        self.map(R::into_value)
    }
}

impl<R: Returned> Returned for (R,) {
    type Value = R::Value;

    fn into_value(self) -> R::Value {
        self.0.into_value()
    }
}
