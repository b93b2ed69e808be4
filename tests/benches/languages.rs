//! What a language costs, without a socket: compiling a plugin and loading it from the cache, its
//! memory, the start of a connection, and calls of three sizes.
//!
//! `cargo bench --profile dist -p eco-benches --bench languages` measures the built-in echo and the
//! samples that are scripts, and what is named behind `-- PLUGIN...`. Paths count from the root.
//! The samples `upper` all do the same with each byte, so that they can be compared.

use anyhow::Result;
use eco_benches::figures::median;
use eco_host::contract::{Connection, Session as _};
use eco_host::plugin::{
    BUILT_IN_SERVERS, Budgets, Cache, Compiler, Engine, Inspection, PluginSession, ServerPlugin,
    Source,
};
use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

const PLUGINS: [&str; 4] = [
    "echo",
    "plugins/javascript/upper/upper.js",
    "plugins/lua/upper/upper.lua",
    "plugins/python/upper/upper.py",
];

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const CONNECTIONS: usize = 16;
const STARTS: usize = 200;

/// The sizes of chunks, and how many calls each is measured with.
const CALLS: [(usize, usize); 3] = [(16, 2000), (1024, 2000), (64 * 1024, 200)];

#[tokio::main]
async fn main() -> Result<()> {
    // Compiling is measured here, so it may take its time.
    let mut budgets = Budgets::server(8 << 30);
    budgets.compile = Duration::from_secs(600);
    let engine = Engine::builder(Compiler::InProcess, budgets.clone())
        .cache(Cache::User)
        .pooled(CONNECTIONS)
        .build()?;
    let uncached = Engine::builder(Compiler::InProcess, budgets).build()?;
    let mut plugins: Vec<String> = std::env::args().skip(1).collect();
    // cargo itself adds `--bench`.
    plugins.retain(|argument| !argument.starts_with("--"));
    if plugins.is_empty() {
        plugins.extend(PLUGINS.map(str::to_owned));
    }
    println!("compile ms   load ms  memory KiB  start µs   16 B µs  1 KiB µs 64 KiB µs  plugin");
    for name in plugins {
        match measure(&uncached, &engine, &name).await {
            Ok(figures) => println!("{figures}  {name}"),
            // Python's interpreter may not be set up; the other rows are still worth having.
            Err(error) => println!("{name}: {error:#}"),
        }
    }
    Ok(())
}

/// All the figures of one plugin, as a line of the table.
async fn measure(uncached: &Engine, engine: &Engine, name: &str) -> Result<String> {
    let found = Inspection::of(uncached, source(name)).await?;
    let compile = found.compile.as_secs_f64() * 1e3;
    let memory = found.server?.memory / 1024;
    // The first load fills the cache.
    ServerPlugin::load(engine, source(name)).await?;
    let before = Instant::now();
    let plugin = ServerPlugin::load(engine, source(name)).await?;
    let load = before.elapsed().as_secs_f64() * 1e3;
    // A script may begin in portable code, and starts from a snapshot later.
    plugin.settled().await;
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        times.push(start(&plugin).await?.1);
    }
    let mut line = format!(
        "{compile:>10.1} {load:>9.2} {memory:>11} {:>9.1}",
        median_of(&times)
    );
    let (mut session, _) = start(&plugin).await?;
    for (size, calls) in CALLS {
        let time = receives(&mut session, size, calls).await?;
        line += &format!(" {time:>9.2}");
    }
    Ok(line)
}

fn source(name: &str) -> Source {
    match Source::named(name, BUILT_IN_SERVERS) {
        Source::File(path) => Source::File(Path::new(ROOT).join(path)),
        other => other,
    }
}

/// A new connection up to the reply to its first chunk, and how long that took.
async fn start(plugin: &ServerPlugin) -> Result<(PluginSession, Duration)> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 5005));
    let connection = Connection {
        id: 1,
        peer: address.to_string(),
        local: address.to_string(),
        origin: None,
        details: None,
    };
    let before = Instant::now();
    let mut session = plugin.session();
    black_box(session.open(&connection).await?);
    black_box(session.receive(&[b'x'; 16]).await?);
    Ok((session, before.elapsed()))
}

async fn receives(session: &mut PluginSession, size: usize, calls: usize) -> Result<f64> {
    let chunk = vec![b'x'; size];
    let mut times = Vec::with_capacity(calls);
    for _ in 0..calls {
        let before = Instant::now();
        black_box(session.receive(&chunk).await?);
        times.push(before.elapsed());
    }
    Ok(median_of(&times))
}

/// The one in the middle, in µs.
fn median_of(times: &[Duration]) -> f64 {
    median(times.iter().map(Duration::as_secs_f64)) * 1e6
}
