//! Snapshots: an interpreter with the data that an instance of it had after it evaluated a script.
//!
//! wasmtime's pre-initializer makes them in two steps. First it gives the interpreter exports through which its
//! memories and globals can be read. Then it writes the component anew with the values that were read. The process that
//! runs the instance, which may be another one, reads it between the two steps.

use super::image::{Global, State};
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

/// Adds exports for reading to the interpreter.
pub(super) fn instrument(interpreter: &[u8]) -> wasmtime::Result<Vec<u8>> {
    let (_, instrumented) = Wizer::new().instrument_component(interpreter)?;
    Ok(instrumented)
}

/// Writes the interpreter anew, with this state. `bytes` are those of the interpreter, then those of its memories.
pub(super) fn write(state: &State, bytes: &[u8]) -> wasmtime::Result<Vec<u8>> {
    let wrong = || wasmtime::format_err!("the state is not that of this interpreter");
    let lengths = state.memories.iter().map(|(_, length)| *length);
    let memories = lengths.fold(0, usize::saturating_add);
    let interpreter = bytes.len().checked_sub(memories).ok_or_else(wrong)?;
    let (interpreter, contents) = bytes.split_at(interpreter);
    let wizer = Wizer::new();
    let (component, _) = wizer.instrument_component(interpreter)?;
    let mut read = Read {
        state,
        contents,
        is_whole: true,
    };
    let written = {
        let writing = pin!(wizer.snapshot_component(&component, &mut read));
        // The future never waits: every answer is at hand.
        match writing.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(written) => written?,
            Poll::Pending => return Err(wrong()),
        }
    };
    if read.is_whole {
        Ok(written)
    } else {
        Err(wrong())
    }
}

/// Answers the pre-initializer as the instance would.
struct Read<'a> {
    state: &'a State,
    contents: &'a [u8],
    /// Whether the state has had every answer so far.
    is_whole: bool,
}

impl Read<'_> {
    /// The value of a global. `of` extracts it, if it has the right type.
    fn global<T: Default>(&mut self, function: &str, of: fn(Global) -> Option<T>) -> T {
        let mut globals = self.state.globals.iter();
        let found = globals.find(|(name, _)| name == function);
        let value = found.and_then(|(_, value)| of(*value));
        self.is_whole &= value.is_some();
        value.unwrap_or_default()
    }

    fn memory(&self, function: &str) -> Option<&[u8]> {
        let mut start = 0;
        for (name, length) in &self.state.memories {
            if name == function {
                return self.contents.get(start..)?.get(..*length);
            }
            start += length;
        }
        None
    }
}

impl ComponentInstanceState for Read<'_> {
    async fn call_func_ret_list_u8(
        &mut self,
        _: &str,
        function: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        match self.memory(function) {
            Some(memory) => contents(memory),
            None => {
                self.is_whole = false;
                contents(&[]);
            }
        }
    }

    fn call_func_ret_s32(&mut self, _: &str, function: &str) -> impl Future<Output = i32> + Send {
        ready(self.global(function, |global| match global {
            Global::I32(value) => Some(value),
            _ => None,
        }))
    }

    fn call_func_ret_s64(&mut self, _: &str, function: &str) -> impl Future<Output = i64> + Send {
        ready(self.global(function, |global| match global {
            Global::I64(value) => Some(value),
            _ => None,
        }))
    }

    fn call_func_ret_f32(&mut self, _: &str, function: &str) -> impl Future<Output = u32> + Send {
        ready(self.global(function, |global| match global {
            Global::F32(value) => Some(value),
            _ => None,
        }))
    }

    fn call_func_ret_f64(&mut self, _: &str, function: &str) -> impl Future<Output = u64> + Send {
        ready(self.global(function, |global| match global {
            Global::F64(value) => Some(value),
            _ => None,
        }))
    }
}
