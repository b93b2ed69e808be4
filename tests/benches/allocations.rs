//! What a connection allocates: its session with one chunk, from the instance to its end, without a socket.
//!
//! `cargo bench -p eco-benches --bench allocations` prints it and fails where it is more than it was: an
//! error that is made and thrown away at each connection, say, is seen here and nowhere else. Counts are the
//! same on every machine, so that they have bounds, which times have not.

use anyhow::{Result, bail};
use eco_host::contract::{Connection, Origin, Reason, Session as _};
use eco_host::plugin::{BUILT_IN_SERVERS, Budgets, Cache, Compiler, Engine, ServerPlugin, Source};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::path::Path;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Sessions that are counted, and as many before, which fill what is kept from one to the next.
const SESSIONS: usize = 100;

/// Each plugin, with the most allocations that a connection of it may make: what they were when this was
/// written, and no reserve. A call through the component layer is one of them: its future has a box.
const PLUGINS: [(&str, &str, usize); 4] = [
    ("echo", "", 21),
    ("any.wat", "", 31),
    ("echo.lua", "function receive(chunk) return chunk end", 45),
    ("echo.js", "function receive(chunk) { return chunk; }", 43),
];

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(count())
}

async fn count() -> Result<()> {
    // Compiled first, so that nothing is compiled in this process while sessions are counted.
    let engine = Engine::builder(Compiler::InProcess, Budgets::server(8 << 30))
        .cache(Cache::User)
        .pooled(16)
        .compiled_first()
        .build()?;
    println!("allocations of a connection, and their bytes:");
    let mut more = Vec::new();
    for (name, text, most) in PLUGINS {
        let plugin = ServerPlugin::load(&engine, source(name, text)?).await?;
        plugin.settled().await;
        sessions(&plugin).await?;
        let region = Region::new(ALLOCATOR);
        sessions(&plugin).await?;
        let change = region.change();
        let allocations = (change.allocations + change.reallocations) / SESSIONS;
        let bytes = change.bytes_allocated / SESSIONS;
        println!("  {name:<10} {allocations:>4}  {bytes:>6}  (at most {most})");
        if allocations > most {
            more.push(name);
        }
    }
    if more.is_empty() {
        Ok(())
    } else {
        bail!(
            "connections of {} allocate more than they did",
            more.join(", ")
        )
    }
}

fn source(name: &str, text: &str) -> Result<Source> {
    if name == "echo" {
        return Ok(Source::named(name, BUILT_IN_SERVERS));
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let looping = include_str!("../../plugins/echo/echo.wat").replacen(
        "(core module $echo",
        "(core module $echo (func (loop))",
        1,
    );
    std::fs::write(&path, if text.is_empty() { &looping } else { text })?;
    Ok(Source::File(path))
}

async fn sessions(plugin: &ServerPlugin) -> Result<()> {
    for id in 0..SESSIONS as u64 {
        let mut session = plugin.session();
        let address = || "127.0.0.1:5005".to_owned();
        let connection = Connection {
            id,
            peer: address(),
            local: address(),
            origin: Some(Origin(1)),
            details: None,
        };
        session.open(&connection).await?;
        let reply = session.receive(b"0123456789abcdef").await?;
        anyhow::ensure!(&*reply.data == b"0123456789abcdef", "no echo");
        session.closed(Reason::Ended).await?;
    }
    Ok(())
}
