//! One core module for the many of a component, so that an instance of it is one mapping of its memory and
//! its table is filled when it is compiled, not at each start.
//!
//! componentize-py links Python from a dozen libraries, each a module that imports the memory and the table
//! of the first, and fills its part of the table when it is instantiated. Here they become one module: what
//! one exports and another imports is the same item. Left beside it is only the module that gets functions
//! of the host for which the memory must be there already.
//!
//! `read` takes a component apart, `origin` finds the item that an index stands for, `layout` gives it its new
//! index, `module` writes the one module, and `component` all that is around it. Nothing here knows of Python.

mod component;
mod error;
mod layout;
mod module;
mod origin;
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

    /// A component as wit-component links it.
    const LINKED: &str = include_str!("linked.wat");

    fn modules(component: &[u8]) -> usize {
        let payloads = Parser::new(0).parse_all(component).flatten();
        let is_module = |payload: &Payload<'_>| matches!(payload, Payload::ModuleSection { .. });
        payloads.filter(is_module).count()
    }

    /// Its words and its results when it is run twice.
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
