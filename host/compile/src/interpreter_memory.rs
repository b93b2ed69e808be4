//! Tests of the memory of the embedded interpreters, by the function that the host asks for room: it owns nothing else.

use crate::cache::Cache;
use crate::interpreter::Interpreter;
use crate::script::languages::Language;
use wasmparser::{Parser, Payload};
use wasmtime::{
    Config, Engine, Instance, Linker, Memory, Module, Store, StoreLimits, StoreLimitsBuilder,
    TypedFunc,
};

/// Memory of an instance.
const MEMORY: usize = 64 << 20;

/// An interpreter before its first call, without its imports.
struct Raw {
    store: Store<StoreLimits>,
    memory: Memory,
    realloc: TypedFunc<(u32, u32, u32, u32), u32>,
}

impl Raw {
    fn of(engine: &Engine, module: &Module) -> Self {
        let limits = StoreLimitsBuilder::new().memory_size(MEMORY).build();
        let mut store = Store::new(engine, limits);
        store.limiter(|limits| limits);
        let mut linker = Linker::new(engine);
        linker.define_unknown_imports_as_traps(module).unwrap();
        let instance: Instance = linker.instantiate(&mut store, module).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let realloc = instance.get_typed_func(&mut store, "cabi_realloc").unwrap();
        Self {
            store,
            memory,
            realloc,
        }
    }

    /// A new place of so many bytes. `None` where the interpreter has none.
    fn place(&mut self, alignment: u32, size: u32) -> Option<u32> {
        let asked = (0, 0, alignment, size);
        let place = self.realloc.call(&mut self.store, asked).ok()?;
        let end = u64::from(place) + u64::from(size);
        let memory = self.memory.data_size(&self.store) as u64;
        assert!(size == 0 || end <= memory, "{size} bytes at {place}");
        Some(place)
    }
}

/// The core module that exports the memory: the largest of a component.
fn largest_module(component: &[u8]) -> &[u8] {
    let modules =
        Parser::new(0)
            .parse_all(component)
            .filter_map(|payload| match payload.unwrap() {
                Payload::ModuleSection {
                    unchecked_range, ..
                } => component.get(unchecked_range),
                _ => None,
            });
    modules.max_by_key(|module| module.len()).unwrap()
}

/// Each embedded language, with its module.
fn interpreters() -> Vec<(Language, Engine, Module)> {
    let mut config = Config::new();
    config.wasm_exceptions(true);
    let engine = Engine::new(&config).unwrap();
    let languages = Language::ALL.iter().copied();
    let embedded = languages.filter(|language| !language.needs_setup());
    let compiled = embedded.map(|language| {
        let interpreter = Interpreter::of(language, &Cache::None).unwrap();
        let component = interpreter.read().unwrap();
        let module = Module::new(&engine, largest_module(&component)).unwrap();
        (language, engine.clone(), module)
    });
    compiled.collect()
}

#[test]
fn room_of_every_size_is_apart_and_large_ones_are_aligned_alike() {
    for (language, engine, module) in interpreters() {
        let mut raw = Raw::of(&engine, &module);
        let mut taken = Vec::new();
        let mut aligned = None;
        for round in 0..40 {
            for size in [1, 8, 41, 128, 700, 1024, 1500, 4096, 16384, 40000, 65536] {
                let size = size + round;
                let place = raw.place(1, size).unwrap();
                taken.push((place, place + size));
                if size > 1024 {
                    let line = *aligned.get_or_insert(place % 64);
                    assert_eq!(place % 64, line, "{language:?}: {size} bytes at {place}");
                }
            }
        }
        taken.sort_unstable();
        for pair in taken.windows(2) {
            assert!(pair[0].1 <= pair[1].0, "{language:?}: {pair:?}");
        }
    }
}

#[test]
fn room_that_no_memory_has_is_refused_whatever_the_numbers() {
    let sizes = [
        MEMORY as u32,
        0x7fff_ffef,
        0x7fff_fff8,
        0x7fff_ffff,
        0x8000_0000,
        0x8000_0001,
        0xffff_ffc0,
        0xffff_ffef,
        0xffff_fff0,
        0xffff_fff8,
        0xffff_ffff,
    ];
    for (language, engine, module) in interpreters() {
        for size in sizes {
            for alignment in [1, 8, 0x8000_0000, 0xffff_ffff] {
                let mut raw = Raw::of(&engine, &module);
                raw.place(1, 5000).unwrap();
                let place = raw.place(alignment, size);
                assert_eq!(place, None, "{language:?}: {size}, {alignment}");
            }
        }
        // No bytes need no room, whatever they are aligned to.
        assert!(Raw::of(&engine, &module).place(0xffff_ffff, 0).is_some());
    }
}
