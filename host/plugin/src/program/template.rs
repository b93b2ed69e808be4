//! What instances of a program are made from, and how one begins.

use super::between_calls::{begin_call, end_run};
use crate::cpu::call_state::CallState;
use crate::engine_state::EngineState;
use crate::error::Error;
use crate::instance::state::InstanceState;
use crate::instance::{Owner, Started, Template, start};
use crate::stdio::Pipes;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use wasmtime::component::{self, ComponentExportIndex};
use wasmtime::{InstancePre, Store};
use wasmtime_wasi::I32Exit;

/// The function at which a core module begins.
const START: &str = "_start";

/// A program that runs: its future has its exit code.
pub(super) type Running = Pin<Box<dyn Future<Output = Result<u32, Error>> + Send>>;

/// Linked code of a program.
pub(super) enum ProgramTemplate {
    Module(Template<InstancePre<InstanceState>>),
    /// With its function `run`.
    Component(Template, ComponentExportIndex),
}

/// The function at which an instance begins.
enum Main {
    Start(wasmtime::TypedFunc<(), ()>),
    Run(component::TypedFunc<(), (Result<(), ()>,)>),
}

impl ProgramTemplate {
    pub(super) fn engine(&self) -> &Arc<EngineState> {
        match self {
            Self::Module(template) => &template.shared.engine,
            Self::Component(template, _) => &template.shared.engine,
        }
    }

    /// Makes an instance, which has not begun, and returns the bytes of its memory.
    pub(super) async fn try_out(&self, owner: Owner) -> Result<usize, MakeError> {
        let (store, ..) = self.make(owner).await?;
        Ok(store.data().memory())
    }

    /// Makes an instance that runs when it is polled.
    pub(super) async fn run(
        &self,
        owner: Owner,
        pipes: &Arc<Pipes>,
    ) -> Result<(Running, Arc<CallState>), Error> {
        let made = self.make(owner).await;
        let (store, main, call_state) = made.map_err(|error| match error {
            MakeError::Start(error) => error,
            MakeError::Type(why) => Error::Internal(why),
        })?;
        Ok((Box::pin(run(store, main, pipes.clone())), call_state))
    }

    async fn make(
        &self,
        owner: Owner,
    ) -> Result<(Store<InstanceState>, Main, Arc<CallState>), MakeError> {
        match self {
            Self::Module(template) => {
                let Started {
                    mut store,
                    exports,
                    call_state,
                } = start(template, owner).await?;
                let main = exports.get_typed_func(&mut store, START)?;
                Ok((store, Main::Start(main), call_state))
            }
            Self::Component(template, run) => {
                let Started {
                    mut store,
                    exports,
                    call_state,
                } = start(template, owner).await?;
                let main = exports.get_typed_func(&mut store, run)?;
                Ok((store, Main::Run(main), call_state))
            }
        }
    }
}

/// Why there is no instance.
pub(super) enum MakeError {
    Start(Error),
    /// Its function has another type.
    Type(wasmtime::Error),
}

impl From<Error> for MakeError {
    fn from(error: Error) -> Self {
        Self::Start(error)
    }
}

impl From<wasmtime::Error> for MakeError {
    fn from(error: wasmtime::Error) -> Self {
        Self::Type(error)
    }
}

impl Main {
    /// Calls it. A component says no more than whether it succeeded.
    async fn call(&self, store: &mut Store<InstanceState>) -> wasmtime::Result<u32> {
        match self {
            Self::Start(start) => start.call_async(store, ()).await.map(|()| 0),
            Self::Run(run) => {
                let (result,) = run.call_async(store, ()).await?;
                Ok(u32::from(result.is_err()))
            }
        }
    }
}

/// Runs a program from its beginning to its exit.
async fn run(mut store: Store<InstanceState>, main: Main, pipes: Arc<Pipes>) -> Result<u32, Error> {
    let ended = {
        let running = async {
            begin_call(&mut store, &pipes, Duration::ZERO).await?;
            pipes.open();
            main.call(&mut store).await
        };
        let mut running = pin!(running);
        std::future::poll_fn(|cx| match pipes.broken() {
            Some(broken) => Poll::Ready(Err(broken)),
            None => running.as_mut().poll(cx).map(Ok),
        })
        .await
    };
    let state = store.data_mut();
    let result = match ended {
        Ok(Ok(code)) => Ok(code),
        Ok(Err(error)) => match error.downcast_ref::<I32Exit>() {
            Some(exit) => Ok(exit.0.cast_unsigned()),
            None => Err(state.failed(error)),
        },
        Err((budget, deadline)) => {
            state.meter.set_deadline(deadline);
            Err(state.broke(budget))
        }
    };
    end_run(&mut store, &pipes, result)
}
