//! One core module for the many of a component, so that an instance of it is one mapping of its memory and
//! its table is filled when it is compiled, not at each start.
//!
//! componentize-py links Python from a dozen libraries, each a module that imports the memory and the table
//! of the first, and fills its part of the table when it is instantiated. Here they become one module: what
//! one exports and another imports is the same item. Left beside it is only the module that gets functions
//! of the host for which the memory must be there already.
//!
//! `read` takes a component apart, `links` finds what an index stands for, `module` writes the one module,
//! and `component` all that is around it. Nothing here knows of Python.

mod component;
mod error;
mod layout;
mod links;
mod module;
mod read;

use error::MergeError;
use wasmparser::Validator;

/// The component with as few core modules as can be.
///
/// # Errors
/// It isn't a component, or has something that wit-component's linker doesn't write.
pub(crate) fn merge(component: &[u8]) -> Result<Vec<u8>, MergeError> {
    Validator::new().validate_all(component)?;
    let parts = read::Parts::of(component)?;
    let written = component::write(&parts)?;
    Validator::new().validate_all(&written)?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::merge;
    use std::sync::{Arc, Mutex};
    use wasmparser::{Parser, Payload};
    use wasmtime::component::{Component, Linker};
    use wasmtime::{Engine, Store};

    /// As wit-component links: a library fills its part of the table of `main`, and what the host gives it
    /// for which the memory must be there goes through a table that `fixup` fills later.
    const LINKED: &str = r#"(component
        (import "now" (func $now (result u32)))
        (import "say" (func $say (param "text" string)))
        (core module $shim
            (type $say (func (param i32 i32)))
            (table (export "$imports") 1 funcref)
            (func (export "0") (param i32 i32)
                (call_indirect (type $say) (local.get 0) (local.get 1) (i32.const 0))))
        (core module $main
            (memory (export "memory") 1)
            (table (export "table") 3 funcref)
            (global (export "base") i32 (i32.const 1))
            (global (export "sum") (mut i32) (i32.const 5))
            (data (i32.const 16) "hello"))
        (core module $library
            (import "env" "memory" (memory 1))
            (import "env" "table" (table 1 funcref))
            (import "env" "base" (global $base i32))
            (import "env" "sum" (global $sum (mut i32)))
            (import "host" "now" (func $now (result i32)))
            (import "host" "say" (func $say (param i32 i32)))
            (type $number (func (result i32)))
            (elem (global.get $base) func $seven $nine)
            (func $seven (result i32) (i32.const 7))
            (func $nine (result i32) (i32.const 9))
            (func (export "run") (result i32)
                (call $say (i32.const 16) (i32.const 5))
                (global.set $sum (i32.add (global.get $sum) (call $now)))
                (i32.add
                    (global.get $sum)
                    (call_indirect (type $number) (i32.add (global.get $base) (i32.const 1))))))
        (core module $fixup
            (import "" "0" (func (param i32 i32)))
            (import "" "$imports" (table 1 funcref))
            (elem (i32.const 0) func 0))
        (core instance $shim (instantiate $shim))
        (core instance $main (instantiate $main))
        (core func $now (canon lower (func $now)))
        (core instance $library (instantiate $library
            (with "env" (instance $main))
            (with "host" (instance
                (export "now" (func $now))
                (export "say" (func $shim "0"))))))
        (core func $say (canon lower (func $say) (memory $main "memory")))
        (core instance (instantiate $fixup
            (with "" (instance
                (export "0" (func $say))
                (export "$imports" (table $shim "$imports"))))))
        (func (export "run") (result u32) (canon lift (core func $library "run"))))"#;

    fn modules(component: &[u8]) -> usize {
        let payloads = Parser::new(0).parse_all(component).flatten();
        let is_module = |payload: &Payload<'_>| matches!(payload, Payload::ModuleSection { .. });
        payloads.filter(is_module).count()
    }

    /// What it says and returns when it is run twice.
    fn run(component: &[u8]) -> wasmtime::Result<(Vec<String>, [u32; 2])> {
        let engine = Engine::default();
        let said = Arc::new(Mutex::new(Vec::new()));
        let mut linker = Linker::new(&engine);
        linker.root().func_wrap("now", |_, ()| Ok((100_u32,)))?;
        let heard = said.clone();
        linker
            .root()
            .func_wrap("say", move |_, (text,): (String,)| {
                heard.lock().expect("nobody panics").push(text);
                Ok(())
            })?;
        let mut store = Store::new(&engine, ());
        let component = Component::new(&engine, component)?;
        let instance = linker.instantiate(&mut store, &component)?;
        let run = instance.get_typed_func::<(), (u32,)>(&mut store, "run")?;
        let (first,) = run.call(&mut store, ())?;
        let (second,) = run.call(&mut store, ())?;
        let said = said.lock().expect("nobody panics").clone();
        Ok((said, [first, second]))
    }

    #[test]
    fn what_is_linked_of_modules_runs_as_one_and_does_the_same() {
        let linked = wat::parse_str(LINKED).expect("it is right");
        let merged = merge(&linked).expect("it can be merged");
        assert_eq!((modules(&linked), modules(&merged)), (4, 2));
        let expected = (vec!["hello".to_owned(); 2], [114, 214]);
        assert_eq!(run(&linked).expect("it runs"), expected);
        assert_eq!(run(&merged).expect("it runs"), expected);
    }

    #[test]
    fn what_begins_by_itself_is_not_merged() {
        let start = "(func $nothing) (start $nothing) (memory (export \"memory\") 1)";
        let begins = LINKED.replace("(memory (export \"memory\") 1)", start);
        let begins = wat::parse_str(begins).expect("it is right");
        let refused = merge(&begins).expect_err("the order would be another");
        assert_eq!(refused.to_string(), "it has a start function");
    }
}
