//! A function of the contract that returns bytes.
//!
//! It owns the choice between the two ways in which the bytes come back. The lookup picks the way, and calls look
//! alike. `server` and `client` name the functions.

use crate::abi::{Lifting, Returned};
use crate::error::Error;
use crate::instance::{Entered, Instance};
use eco_fair::{Account, Place};
use futures_util::{FutureExt as _, TryFutureExt as _};
use std::sync::Arc;
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Lower, TypedFunc};

/// A function with the parameters `P`. It returns `I` with its bytes in place, or `C` with a copy of them.
pub(crate) enum Function<P, I, C> {
    InPlace(TypedFunc<P, (I,)>),
    Copied(TypedFunc<P, (C,)>),
}

impl<P, I, C> Function<P, I, C>
where
    P: ComponentNamedList + Lower + Send + Sync,
    I: Returned,
    C: Returned<Value = I::Value>,
{
    /// Looks up the export of an instance.
    ///
    /// # Errors
    /// It has another type.
    pub(crate) fn find(
        instance: &mut Instance,
        export: &ComponentExportIndex,
        lifting: Lifting,
    ) -> wasmtime::Result<Self> {
        Ok(match lifting {
            Lifting::InPlace => Self::InPlace(instance.function(export)?),
            Lifting::Copied => Self::Copied(instance.function(export)?),
        })
    }

    // Neither function is an `async fn`, which would hold the arguments once more in the future of each connection.

    /// Calls the function in its instance. See [`Entered::call`].
    pub(crate) fn call_in(
        &self,
        entered: &mut Entered<'_>,
        arguments: P,
    ) -> impl Future<Output = Result<I::Value, Error>> {
        match self {
            Self::InPlace(it) => entered
                .call(*it, arguments)
                .map_ok(Returned::into_value)
                .left_future(),
            Self::Copied(it) => entered
                .call(*it, arguments)
                .map_ok(Returned::into_value)
                .right_future(),
        }
    }

    /// Calls the function in its instance, for an event. See [`Entered::call_for_event`].
    pub(crate) fn call_for_event_in(
        &self,
        entered: &mut Entered<'_>,
        arguments: P,
        paid: (Option<Place>, Option<Arc<Account>>),
    ) -> impl Future<Output = Result<I::Value, Error>> {
        match self {
            Self::InPlace(it) => entered
                .call_for_event(*it, arguments, paid)
                .map_ok(Returned::into_value)
                .left_future(),
            Self::Copied(it) => entered
                .call_for_event(*it, arguments, paid)
                .map_ok(Returned::into_value)
                .right_future(),
        }
    }
}
