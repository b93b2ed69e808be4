//! Programs that read standard input and write standard output, and know nothing of eco.
//!
//! Most are core modules, written in text. `as_component` makes components of them with the adapter that toolchains use,
//! so that both kinds do the same.

mod budgets;
mod clients;
mod ends;
mod hostile;
mod inspected;
mod laboratory;
mod made;
mod preview2;
mod programs;
mod streams;
mod world;

use crate::harness::Server;
use crate::support::{plugin_file, serve};
use eco_host::contract::{Connection, Next, Opening, Reply, Session};
use eco_host::plugin::{
    Budgets, Compiler, Engine, EngineBuilder, Error, PluginSession, Program, ProgramSettings,
    ServerPlugin, Source,
};

/// A core module with WASI preview 1, and with functions for short programs:
///
/// - `$read` reads so many bytes at most to 4096, and leaves their number
/// - `$write` writes so many bytes at an address to a descriptor
/// - `$say` writes so many bytes of the text at 1024 to standard output
/// - `$sleep` sleeps for so many nanoseconds
///
/// `main` is the body of `_start`, with two locals.
fn program(text: &str, main: &str) -> String {
    format!(
        r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 4)
  (data (i32.const 1024) "{text}")
  (func $read (param $most i32) (result i32) (local $errno i32)
    (i32.store (i32.const 0) (i32.const 4096))
    (i32.store (i32.const 4) (local.get $most))
    (local.set $errno (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (if (local.get $errno) (then (call $exit (local.get $errno))))
    (i32.load (i32.const 8)))
  (func $write (param $to i32) (param $at i32) (param $length i32) (local $errno i32)
    (i32.store (i32.const 16) (local.get $at))
    (i32.store (i32.const 20) (local.get $length))
    (local.set $errno (call $fd_write (local.get $to) (i32.const 16) (i32.const 1) (i32.const 24)))
    (if (local.get $errno) (then (call $exit (local.get $errno)))))
  (func $say (param $length i32)
    (call $write (i32.const 1) (i32.const 1024) (local.get $length)))
  (func $clock (param $at i32) (param $delay i64)
    (i64.store (local.get $at) (i64.const 7))
    (i32.store8 offset=8 (local.get $at) (i32.const 0))
    (i32.store offset=16 (local.get $at) (i32.const 1))
    (i64.store offset=24 (local.get $at) (local.get $delay)))
  (func $sleep (param $delay i64)
    (call $clock (i32.const 256) (local.get $delay))
    (if (call $poll (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 768)) (then unreachable)))
  (func (export "_start") (local $count i32) (local $more i32)
    {main}))"#
    )
}

/// A program that sends back what comes, in pieces of 64 KiB at most.
fn echo() -> String {
    program(
        "",
        "(loop $more
           (local.set $count (call $read (i32.const 65536)))
           (if (local.get $count) (then
             (call $write (i32.const 1) (i32.const 4096) (local.get $count))
             (br $more))))",
    )
}

/// The same program as a component of WASI 0.2.
fn as_component(module: &str) -> Vec<u8> {
    let module = wat::parse_str(module).expect("it is a module");
    let adapter = wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER;
    wit_component::ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.adapter("wasi_snapshot_preview1", adapter))
        .and_then(|mut encoder| encoder.encode())
        .expect("it becomes a component")
}

/// The program in both forms, with their names.
fn both(name: &str, module: &str) -> [String; 2] {
    [
        plugin_file(&format!("stdio-{name}.wat"), module),
        plugin_file(&format!("stdio-{name}.wasm"), as_component(module)),
    ]
}

/// A server of each form of the program, with more arguments.
fn serve_both(name: &str, module: &str, arguments: &[&str]) -> impl Iterator<Item = Server> {
    let arguments = arguments
        .iter()
        .map(|it| (*it).to_owned())
        .collect::<Vec<_>>();
    both(name, module).into_iter().map(move |path| {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        serve(&[&["-p", &path], &words[..]].concat())
    })
}

/// An engine whose plugins are compiled by the binary.
fn engine(budgets: Budgets) -> Engine {
    engine_builder(budgets).build().expect("an engine")
}

fn engine_builder(budgets: Budgets) -> EngineBuilder {
    let helper = Compiler::Helper(Program::new(crate::harness::binary()));
    Engine::builder(helper, budgets)
}

/// A session of a program, which has begun, with its greeting.
async fn session(engine: &Engine, module: &str) -> (PluginSession, Vec<u8>) {
    let mut session = load(engine, module).await.session();
    let greeting = greeting(&mut session).await.expect("it begins");
    (session, greeting)
}

async fn load(engine: &Engine, module: impl AsRef<[u8]>) -> ServerPlugin {
    let source = Source::from_contents("program.wasm", module.as_ref());
    let settings = ProgramSettings::default();
    let loaded = ServerPlugin::load_program(engine, source, &settings).await;
    loaded.expect("it loads")
}

async fn greeting(session: &mut PluginSession) -> Result<Vec<u8>, Error> {
    match session.open(&connection()).await? {
        Opening::Greeting(reply) => Ok(reply.data.into_owned()),
        Opening::Refusal(why) => panic!("it refuses: {why}"),
    }
}

fn connection() -> Connection {
    Connection {
        id: 7,
        peer: "192.0.2.1:50344".to_owned(),
        local: "198.51.100.2:7".to_owned(),
        origin: None,
        details: None,
    }
}

/// The bytes of a reply, and what follows.
fn parts(reply: Reply<'_>) -> (Vec<u8>, Next) {
    (reply.data.into_owned(), reply.next)
}
