//! A function of the embedder's, with its types: it converts arguments and results, and stands between the plugin and a
//! closure that panics.
//!
//! It owns the call. `imports::host_functions` owns the bounds that hold for it.

use super::arguments::{Arguments, from_parts};
use super::reader::Reader;
use super::returned::{Returned, Trap};
use crate::error::HostFunctionPanicked;
use crate::imports::caller::Caller;
use crate::imports::host_calls::{HostCalls as _, charge, fuel_of};
use crate::imports::host_functions::{
    HostFailure, Pending, Prepared, ScriptFunction, Terms, within_bounds,
};
use crate::imports::parts::Part;
use crate::instance::state::InstanceState;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use wasmtime::component::LinkerInstance;
use wasmtime::{AsContextMut as _, StoreContextMut};

/// What a closure gives: its result, or the future of it.
pub(super) enum Given<R> {
    Now(R),
    Later(Pin<Box<dyn Future<Output = R> + Send>>),
}

/// The closure of a function, of whatever kind.
type Body<A, R> = Box<dyn Fn(Caller, A) -> Given<R> + Send + Sync>;

/// A function that can be linked, whatever its types are.
pub(super) trait HostFunction: ScriptFunction {
    /// Defines the function for plugins that import it.
    fn link(
        self: Arc<Self>,
        instance: &mut LinkerInstance<'_, InstanceState>,
        terms: Terms,
    ) -> wasmtime::Result<()>;

    /// Its type in WIT: `func(string) -> option<list<u8>>`.
    fn wit(&self) -> String;
}

/// A function with the parameters `A` and the result `R`.
pub(super) struct Function<A, R> {
    name: String,
    /// Its name, for messages: `get` of mycompany:kv/store@0.1.0.
    shown: String,
    body: Body<A, R>,
}

impl<A: Arguments, R: Returned> Function<A, R> {
    pub(super) fn new(
        import: &str,
        name: &str,
        body: impl Fn(Caller, A) -> Given<R> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_owned(),
            shown: format!("`{name}` of {import}"),
            body: Box::new(body),
        }
    }

    /// Runs the closure. A panic becomes an error, which ends the plugin's call and nothing else.
    async fn run(&self, caller: Caller, arguments: A) -> wasmtime::Result<R> {
        match self.guarded(|| (self.body)(caller, arguments))? {
            Given::Now(result) => Ok(result),
            Given::Later(mut future) => {
                std::future::poll_fn(|cx| match self.guarded(|| future.as_mut().poll(cx)) {
                    Ok(poll) => poll.map(Ok),
                    Err(panicked) => Poll::Ready(Err(panicked)),
                })
                .await
            }
        }
    }

    fn guarded<T>(&self, work: impl FnOnce() -> T) -> wasmtime::Result<T> {
        // What the closure shares with others is its own: a lock that it held is poisoned, as after any panic.
        catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
            wasmtime::Error::new(HostFunctionPanicked {
                function: self.shown.clone(),
                said: said(&*panic),
            })
        })
    }

    /// Serves a call of a component.
    async fn serve(
        &self,
        mut store: StoreContextMut<'_, InstanceState>,
        unread: A::Unread,
        terms: Terms,
    ) -> wasmtime::Result<R::Written> {
        store.data_mut().count_time_exactly();
        charge(&mut store, terms.fuel)?;
        let mut reader = Reader::new(store.as_context_mut(), &self.shown, terms.most_bytes);
        let arguments = A::read(unread, &mut reader)?;
        let (taken, items) = (reader.taken(), reader.items());
        charge(&mut store, fuel_of(taken, items))?;
        let run = |caller| self.run(caller, arguments);
        let result = within_bounds(&mut store, taken, run).await?;
        let (given, most) = (result.length(), terms.most_bytes);
        charge(&mut store, fuel_of(given, 0))?;
        if given > most {
            return Err(wasmtime::format_err!(
                "{} gave {given} bytes (at most {most})",
                self.shown
            ));
        }
        store.data_mut().hold_result(given)?;
        result.written().map_err(|trap| self.ended(&trap))
    }

    fn ended(&self, trap: &Trap) -> wasmtime::Error {
        wasmtime::format_err!("{} ended the call: {trap}", self.shown)
    }
}

impl<A: Arguments, R: Returned> ScriptFunction for Function<A, R> {
    fn name(&self) -> &str {
        &self.name
    }

    fn parameters(&self) -> u32 {
        A::COUNT
    }

    fn prepare(&self, arguments: Vec<Part>, most: usize) -> Result<Prepared<'_>, String> {
        let (arguments, lists) = from_parts::<A>(arguments, most)?;
        let run = move |caller| -> Pending<'_> {
            Box::pin(async move {
                let result = self.run(caller, arguments).await?;
                let outcome = result.parts().map_err(|trap| self.ended(&trap))?;
                Ok(outcome.map_err(HostFailure::Failed))
            })
        };
        Ok(Prepared {
            lists,
            run: Box::new(run),
        })
    }
}

impl<A: Arguments, R: Returned> HostFunction for Function<A, R> {
    fn link(
        self: Arc<Self>,
        instance: &mut LinkerInstance<'_, InstanceState>,
        terms: Terms,
    ) -> wasmtime::Result<()> {
        let name = self.name.clone();
        instance.func_wrap_async(
            &name,
            move |store: StoreContextMut<'_, InstanceState>, unread: A::Unread| {
                let function = self.clone();
                Box::new(async move { function.serve(store, unread, terms).await })
            },
        )
    }

    fn wit(&self) -> String {
        match R::wit() {
            None => format!("func({})", A::wit()),
            Some(result) => format!("func({}) -> {result}", A::wit()),
        }
    }
}

/// The message of a panic.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it gave no reason").to_owned()
}
