//! Direct calls to a handler whose every call is over in microseconds. `eco_compile` detects such handlers.
//!
//! A direct call saves a tenth of the processor time of an echo through the component layer
//! (`tests/benches/RESULTS.md`, eco beside eco as any plugin). If it saves less, this module goes; `instance` alone
//! chooses it.
//!
//! Such a call waits for nothing, so that it needs no fiber, no stack of its own and no clock; and the component is
//! so plain that its module can be called as it is. This module does the rest of a component's call, as the component
//! model's canonical ABI defines it for a `list<u8>`: <https://github.com/WebAssembly/component-model>,
//! `CanonicalABI.md`. Memory, replies and traps are bounded as for any plugin.

use crate::call::CalledFunction;
use crate::engine::Engine;
use crate::engine_state::EngineState;
use crate::error::{Error, LoadError};
use crate::instance::state::{InstanceState, PluginShared};
use crate::instance::{Code, Condition, DirectCalls, DirectWatch, Owner, call_span, new_store};
use crate::usage::Usage;
use eco_compile::{Budget, Compiled, DirectNames, Target};
use eco_contract::{DirectBuffer, Next, Reply};
use std::sync::Arc;
use wasmtime::{InstancePre, Linker, Memory, Store, TypedFunc};

/// Ticks until the epoch deadline, which is never reached.
const NEVER: u64 = u64::MAX / 2;

/// The module of a plugin that is called directly. Its instances are made from it.
pub(super) struct DirectTemplate {
    ready: InstancePre<InstanceState>,
    names: DirectNames,
}

impl DirectTemplate {
    /// The template of a plugin; `None` for one that is called as a component.
    pub(super) fn of(engine: &Engine, compiled: &Compiled) -> Result<Option<Self>, LoadError> {
        let Some((module, names)) = &compiled.direct else {
            return Ok(None);
        };
        let ready = Linker::new(&engine.0.wasmtime)
            .instantiate_pre(module)
            .map_err(LoadError::Internal)?;
        let names = names.clone();
        Ok(Some(Self { ready, names }))
    }

    /// Makes an instance of the plugin.
    pub(super) fn instantiate(
        &self,
        plugin: &PluginShared,
        owner: Owner,
    ) -> Result<DirectInstance, Error> {
        // All calls of the plugin are short.
        let code = Code {
            engine: &plugin.engine.wasmtime,
            target: Target::Native,
        };
        let mut store = new_store(plugin, code, owner);
        store.set_epoch_deadline(NEVER);
        let instance = self.ready.instantiate(&mut store);
        let made = instance.and_then(|instance| {
            let memory = instance
                .get_memory(&mut store, &self.names.memory)
                .ok_or_else(|| wasmtime::format_err!("there is no memory"))?;
            Ok(DirectInstance {
                memory,
                realloc: instance.get_typed_func(&mut store, &self.names.realloc)?,
                receive: instance.get_typed_func(&mut store, &self.names.receive)?,
                store,
                engine: plugin.engine.clone(),
                calls: DirectCalls::default(),
                room: None,
            })
        });
        made.map_err(|error| Error::from_start(error, &plugin.engine.budgets))
    }
}

/// A live instance in its sandbox.
pub(super) struct DirectInstance {
    store: Store<InstanceState>,
    memory: Memory,
    realloc: TypedFunc<(u32, u32, u32, u32), u32>,
    receive: TypedFunc<(u32, u32), u32>,
    engine: Arc<EngineState>,
    calls: DirectCalls,
    /// The place in memory that the plugin has allocated for the next chunk.
    room: Option<List>,
}

impl DirectInstance {
    /// The memory and the work that it has used so far.
    pub(super) fn usage(&self) -> Usage {
        Usage::of(&self.store)
    }

    /// Copies a chunk to the plugin and hands it over. The reply lies in the plugin's memory, until the next call.
    pub(super) fn receive_copy(&mut self, chunk: &[u8]) -> Result<Reply<'_>, Error> {
        self.room = None;
        self.room(chunk.len())?.copy_from_slice(chunk);
        self.receive_filled(chunk.len())
    }

    /// Checks that the instance may be called.
    pub(super) fn check_alive(&self) -> Result<(), Error> {
        match self.store.data().condition {
            Condition::Alive => Ok(()),
            Condition::Failed | Condition::Dead => Err(Error::Dead),
        }
    }

    /// Counts a call of `receive` that is over, and tells the observer of it.
    fn watched<T>(&mut self, watch: Option<DirectWatch>, result: &Result<T, Error>) {
        if let Some(watch) = watch {
            let state = self.store.data();
            state.watched_direct(watch, CalledFunction::Receive, &mut self.calls, result);
        }
    }

    /// Makes a call. The instance is dead if it fails.
    fn enter<T>(&mut self, call: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.store.data_mut().condition.begin()?;
        let returned = call(self)?;
        self.store.data_mut().condition = Condition::Alive;
        Ok(returned)
    }

    /// Has the plugin allocate room for a chunk.
    fn allocate(&mut self, length: usize) -> Result<List, Error> {
        let size = u32::try_from(length).map_err(|_| abi("the chunk is too long"))?;
        let at = self
            .realloc
            .call(&mut self.store, (0, 0, 1, size))
            .map_err(|error| Error::from_call(error, &self.engine.budgets))?;
        let at = at as usize;
        let room = List { at, length };
        if room.of(self.memory.data(&self.store)).is_none() {
            return Err(abi("what realloc returned is out of bounds of memory"));
        }
        Ok(room)
    }

    /// Hands over the chunk, and returns the place of the reply.
    fn receive(&mut self, chunk: List) -> Result<List, Error> {
        let budgets = &self.engine.budgets;
        // Both are below the size that a memory can have.
        let chunk = (chunk.at as u32, chunk.length as u32);
        let result = self
            .receive
            .call(&mut self.store, chunk)
            .map_err(|error| Error::from_call(error, budgets))?;
        let memory = self.memory.data(&self.store);
        let reply = List::read(memory, result)?;
        if reply.of(memory).is_none() {
            return Err(abi("list pointer/length out of bounds of memory"));
        }
        if reply.length > budgets.reply {
            return Err(Error::budget(Budget::Reply, budgets));
        }
        Ok(reply)
    }
}

impl DirectBuffer for DirectInstance {
    type Error = Error;

    /// The room lies in the plugin's memory, where the plugin has allocated it.
    fn room(&mut self, length: usize) -> Result<&mut [u8], Error> {
        let room = match self.room {
            Some(room) if room.length == length => room,
            _ => {
                let watch = self.store.data().watch_direct(&self.calls);
                let allocated = self.enter(|it| it.allocate(length));
                if allocated.is_err() {
                    self.watched(watch, &allocated);
                }
                *self.room.insert(allocated?)
            }
        };
        room.of_mut(self.memory.data_mut(&mut self.store))
            .ok_or_else(no_room)
    }

    fn filled(&mut self, length: usize) -> Result<&[u8], Error> {
        let room = self.room.filter(|room| length <= room.length);
        room.map(|room| List { length, ..room })
            .and_then(|chunk| chunk.of(self.memory.data(&self.store)))
            .ok_or_else(no_room)
    }

    fn receive_filled(&mut self, length: usize) -> Result<Reply<'_>, Error> {
        let room = self.room.take().filter(|room| length <= room.length);
        let room = room.ok_or_else(no_room)?;
        let watch = self.store.data().watch_direct(&self.calls);
        let reply = call_span(CalledFunction::Receive)
            .in_scope(|| self.enter(|it| it.receive(List { length, ..room })));
        self.watched(watch, &reply);
        let data = reply?.of(self.memory.data(&self.store));
        Ok(Reply {
            data: data.ok_or_else(no_room)?.into(),
            next: Next::KeepOpen,
        })
    }
}

fn no_room() -> Error {
    abi("there is no room for the chunk")
}

fn abi(what: &str) -> Error {
    Error::Abi(what.to_owned())
}

/// A `list<u8>` in a plugin's memory.
#[derive(Clone, Copy)]
struct List {
    at: usize,
    length: usize,
}

impl List {
    fn of(self, memory: &[u8]) -> Option<&[u8]> {
        memory.get(self.at..)?.get(..self.length)
    }

    fn of_mut(self, memory: &mut [u8]) -> Option<&mut [u8]> {
        memory.get_mut(self.at..)?.get_mut(..self.length)
    }

    /// Reads a list as the canonical ABI returns it: the address, then the length, four bytes each.
    fn read(memory: &[u8], result: u32) -> Result<Self, Error> {
        if !result.is_multiple_of(4) {
            return Err(abi("return pointer not aligned"));
        }
        let word = |place: usize| {
            let bytes = memory.get(result as usize..)?.get(place..)?.first_chunk()?;
            usize::try_from(u32::from_le_bytes(*bytes)).ok()
        };
        match (word(0), word(4)) {
            (Some(at), Some(length)) => Ok(Self { at, length }),
            _ => Err(abi("pointer out of bounds of memory")),
        }
    }
}
