//! Calling a plugin directly: a handler of which it is known beforehand that every call is over in
//! microseconds (`eco_compile` finds out).
//!
//! It is there since an echo through the component layer takes a tenth more of the processor than one without
//! (`tests/benches/RESULTS.md`, eco beside eco as any plugin). When that is no longer so, it goes.
//!
//! Nothing can happen in such a call that would have to be waited for, so that it needs no fiber, no
//! stack of its own and no clock; and the component is so plain that its module can be called as it
//! is. What a component's call does beyond that is done here, as the component model's canonical ABI
//! has it for a `list<u8>`: <https://github.com/WebAssembly/component-model>, `CanonicalABI.md`.
//! Memory, replies and traps are bounded as for any plugin.

use crate::engine::EngineState;
use crate::error::Error;
use crate::instance::state::InstanceState;
use crate::instance::state::PluginShared;
use crate::instance::{Code, Owner, Usage, new_store};
use eco_compile::Budget;
use eco_compile::{DirectNames, Target};
use eco_contract::{DirectBuffer, Next, Reply};
use std::sync::Arc;
use wasmtime::{Instance, InstancePre, Linker, Memory, Store, TypedFunc};

/// Ticks until the next, which never comes.
const NEVER: u64 = u64::MAX / 2;

/// The module of a plugin that is called directly, compiled.
pub(crate) struct Module {
    ready: InstancePre<InstanceState>,
    names: DirectNames,
}

impl Module {
    /// Of the module by itself.
    pub(crate) fn new(
        engine: &EngineState,
        module: &wasmtime::Module,
        names: DirectNames,
    ) -> wasmtime::Result<Self> {
        let ready = Linker::new(&engine.wasmtime).instantiate_pre(module)?;
        Ok(Self { ready, names })
    }
}

/// A live instance in its sandbox. After a call that failed it is dead: drop it.
pub(crate) struct Direct {
    store: Store<InstanceState>,
    memory: Memory,
    realloc: TypedFunc<(u32, u32, u32, u32), u32>,
    receive: TypedFunc<(u32, u32), u32>,
    engine: Arc<EngineState>,
    /// Where the plugin wants the chunk that comes.
    room: Option<List>,
}

impl Direct {
    /// Instantiates the plugin.
    pub(crate) fn start(
        plugin: &PluginShared,
        module: &Module,
        owner: Owner,
    ) -> Result<Self, Error> {
        // No call of it takes long.
        let code = Code {
            engine: &plugin.engine.wasmtime,
            target: Target::Native,
        };
        let mut store = new_store(plugin, code, owner);
        store.set_epoch_deadline(NEVER);
        let started = module.ready.instantiate(&mut store);
        started
            .and_then(|instance| module.find(instance, store, plugin))
            .map_err(|error| Error::from_start(error, &plugin.engine.budgets))
    }

    /// What the instance has used so far.
    pub(crate) fn usage(&self) -> Usage {
        Usage::of(&self.store)
    }

    /// Hands over one chunk. The reply lies in the plugin's memory, until the next call.
    pub(crate) fn receive(&mut self, chunk: &[u8]) -> Result<Reply<'_>, Error> {
        self.room = None;
        self.room(chunk.len())?.copy_from_slice(chunk);
        DirectBuffer::receive_filled(self, chunk.len())
    }
}

impl DirectBuffer for Direct {
    type Error = Error;

    /// In the plugin's memory, where the plugin wants it.
    fn room(&mut self, length: usize) -> Result<&mut [u8], Error> {
        let room = match self.room {
            Some(room) if room.length == length => room,
            _ => {
                let size = u32::try_from(length).map_err(|_| abi("the chunk is too long"))?;
                let at = self
                    .realloc
                    .call(&mut self.store, (0, 0, 1, size))
                    .map_err(|error| Error::from_call(error, &self.engine.budgets))?;
                let at = at as usize;
                *self.room.insert(List { at, length })
            }
        };
        room.of_mut(self.memory.data_mut(&mut self.store))
            .ok_or_else(|| abi("what realloc returned is out of bounds of memory"))
    }

    fn filled(&mut self, length: usize) -> Result<&[u8], Error> {
        let room = self.room.filter(|room| length <= room.length);
        room.map(|room| List { length, ..room })
            .and_then(|chunk| chunk.of(self.memory.data(&self.store)))
            .ok_or_else(no_room)
    }

    fn receive_filled(&mut self, length: usize) -> Result<Reply<'_>, Error> {
        let budgets = &self.engine.budgets;
        let room = self.room.take().filter(|room| length <= room.length);
        let room = room.ok_or_else(no_room)?;
        // Both are below what a memory can have.
        let chunk = (room.at as u32, length as u32);
        let result = self
            .receive
            .call(&mut self.store, chunk)
            .map_err(|error| Error::from_call(error, budgets))?;
        let memory = self.memory.data(&self.store);
        let reply = List::read(memory, result)?;
        let data = reply
            .of(memory)
            .ok_or_else(|| abi("list pointer/length out of bounds of memory"))?;
        if data.len() > budgets.reply {
            return Err(Error::budget(Budget::Reply, budgets));
        }
        Ok(Reply {
            data: data.into(),
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

impl Module {
    fn find(
        &self,
        instance: Instance,
        mut store: Store<InstanceState>,
        plugin: &PluginShared,
    ) -> wasmtime::Result<Direct> {
        let memory = instance
            .get_memory(&mut store, &self.names.memory)
            .ok_or_else(|| wasmtime::format_err!("there is no memory"))?;
        Ok(Direct {
            memory,
            realloc: instance.get_typed_func(&mut store, &self.names.realloc)?,
            receive: instance.get_typed_func(&mut store, &self.names.receive)?,
            store,
            engine: plugin.engine.clone(),
            room: None,
        })
    }
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

    /// As the canonical ABI returns it: the address, then the length, four bytes each.
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
