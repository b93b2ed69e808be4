//! Imports of the embedding program's own, as an embedder sees them: through the public interface alone.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails panics"
)]

/// Values of all types, callers, and both kinds of plugins.
mod calls;
/// Plugins that attack the host through an import, and functions that fail.
mod hostile;
/// Names, types, and what is refused.
mod loading;
/// Imports in scripts.
mod scripts;

use eco_plugin::{Budgets, Cache, Compiler, Engine, HostImport, LoadError, ServerPlugin, Source};

/// The name of the import in all tests.
const NAME: &str = "mycompany:kv/store@0.1.0";

/// A component that imports `interface` under [`NAME`]. `functions` are the names of its functions with their types in
/// core WebAssembly, and `receive` is the body of its own function: it has `$chunk` and `$length`, a data segment "name"
/// at 16, room from 32 to 1024, and returns the address of a list.
fn component(interface: &str, functions: &[(&str, &str)], receive: &str) -> String {
    let mut lowered = String::new();
    let (mut imported, mut given) = (String::new(), String::new());
    for (name, kind) in functions {
        lowered += &format!(
            r#"(core func ${name} (canon lower (func $host "{name}")
                 (memory $memory "memory") (realloc (func $memory "realloc"))))"#
        );
        imported += &format!(r#"(import "host" "{name}" (func ${name} {kind}))"#);
        given += &format!(r#"(export "{name}" (func ${name}))"#);
    }
    format!(
        r#"(component
          (import "{NAME}" (instance $host {interface}))
          (core module $memory
            (memory (export "memory") 40)
            (global $end (mut i32) (i32.const 1024))
            (data (i32.const 16) "name")
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
              (local.set $at (i32.and (i32.add (global.get $end) (i32.const 7)) (i32.const -8)))
              (global.set $end (i32.add (local.get $at) (local.get 3)))
              ;; What doesn't fit begins anew: what was there is no longer needed.
              (if (i32.gt_u (global.get $end) (i32.const 2000000))
                (then
                  (local.set $at (i32.const 1024))
                  (global.set $end (i32.add (local.get $at) (local.get 3)))))
              (local.get $at)))
          (core instance $memory (instantiate $memory))
          {lowered}
          (core module $plugin
            (import "memory" "memory" (memory 1))
            {imported}
            (func (export "receive") (param $chunk i32) (param $length i32) (result i32) (local $n i32)
              {receive}))
          (core instance $plugin (instantiate $plugin
            (with "memory" (instance $memory)) (with "host" (instance {given}))))
          (func $receive (param "chunk" (list u8)) (result (list u8))
            (canon lift (core func $plugin "receive")
              (memory $memory "memory") (realloc (func $memory "realloc"))))
          (instance $handler (export "receive" (func $receive)))
          (export "eco:plugin/handler@0.1.0" (instance $handler)))"#
    )
}

/// A plugin that calls `f`, which takes bytes and returns nothing, so many times with bytes from here, so many.
fn calls_f(times: u32, at: u32, length: u32) -> String {
    let receive = format!(
        "(loop $again
           (call $f (i32.const {at}) (i32.const {length}))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $n) (i32.const {times}))))
         (i32.const 32)"
    );
    component(
        r#"(export "f" (func (param "data" (list u8))))"#,
        &[("f", "(param i32 i32)")],
        &receive,
    )
}

/// A plugin that calls `f` once, and hands on its chunk.
fn hands_on() -> String {
    component(
        r#"(export "f" (func (param "data" (list u8))))"#,
        &[("f", "(param i32 i32)")],
        "(call $f (local.get $chunk) (local.get $length)) (i32.const 32)",
    )
}

fn import() -> HostImport {
    HostImport::new(NAME)
}

fn budgets() -> Budgets {
    Budgets::server(1 << 30)
}

fn engine(import: HostImport) -> Engine {
    engine_with(import, budgets())
}

fn engine_with(import: HostImport, budgets: Budgets) -> Engine {
    Engine::builder(Compiler::InProcess, budgets)
        .cache(Cache::User)
        .import(import)
        .build()
        .expect("an engine")
}

/// The source of a plugin, in a folder that must stay until it is loaded.
fn source(folder: &tempfile::TempDir, name: &str, text: &str) -> Source {
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("it can be written");
    Source::File(path)
}

async fn load(engine: &Engine, text: &str) -> Result<ServerPlugin, LoadError> {
    let folder = tempfile::tempdir().expect("a folder");
    ServerPlugin::load(engine, source(&folder, "plugin.wat", text)).await
}
