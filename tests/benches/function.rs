//! A plugin as a function: what a call costs without a socket, and what a new instance for each call adds.
//!
//! `cargo bench -p eco-benches --bench function` takes a minute and writes `tests/benches/FUNCTION.md`; with `--
//! --quick` it writes nothing. Each figure is that of the fastest of many short rounds: whatever else the machine does
//! only adds to it.

use anyhow::{Result, ensure};
use eco_benches::figures::is_quick;
use eco_host::contract::Session as _;
use eco_host::plugin::{
    BUILT_IN_SERVERS, Budgets, Compiler, Engine, PluginSession, ServerPlugin, Source,
};
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

const CHUNK: [u8; 16] = *b"0123456789abcdef";

/// Each plugin echoes. `any plugin` contains a loop, so that it is not called directly.
const PLUGINS: [(&str, &str, &str); 4] = [
    ("called directly", "echo", ""),
    ("any plugin", "any.wat", ""),
    (
        "JavaScript",
        "echo.js",
        "function receive(chunk) { return chunk; }",
    ),
    (
        "Lua",
        "echo.lua",
        "function receive(chunk) return chunk end",
    ),
];

/// How much is measured.
#[derive(Clone, Copy)]
struct Amount {
    rounds: usize,
    /// Calls of a round, and new instances.
    calls: usize,
    instances: usize,
}

fn main() -> Result<()> {
    let quick = is_quick();
    let amount = if quick {
        Amount {
            rounds: 2,
            calls: 10,
            instances: 2,
        }
    } else {
        Amount {
            rounds: 1000,
            calls: 100,
            instances: 2,
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let page = runtime.block_on(page(amount))?;
    print!("{page}");
    if !quick {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("FUNCTION.md");
        std::fs::write(path, page)?;
    }
    Ok(())
}

async fn page(amount: Amount) -> Result<String> {
    let mut page = format!(
        "# A plugin as a function: results\n\n\
        Written by `cargo bench -p eco-benches --bench function`, on {}. Nanoseconds for a call\n\
        with {} bytes, which come back: the fastest of {} rounds of {} calls. \"New\" is a new instance\n\
        for each call: `reset`, then the call.\n\n\
        | plugin | call | call, pooled | new | new, pooled |\n|---|---|---|---|---|\n",
        eco_benches::processor(),
        CHUNK.len(),
        amount.rounds,
        amount.calls,
    );
    let engines = [engine(None)?, engine(Some(1))?];
    for (title, name, text) in PLUGINS {
        let mut calls = Vec::new();
        let mut new = Vec::new();
        for engine in &engines {
            let plugin = ServerPlugin::load(engine, source(name, text)).await?;
            plugin.settled().await;
            let mut session = plugin.session();
            calls.push(fastest(amount.rounds, amount.calls, &mut session, |_| {}).await?);
            let reset = PluginSession::reset;
            new.push(fastest(amount.rounds, amount.instances, &mut session, reset).await?);
        }
        writeln!(page, "| {title} | {} | {} |", cells(&calls), cells(&new))?;
    }
    Ok(page)
}

/// Figures as cells of a table.
fn cells(figures: &[f64]) -> String {
    let cells: Vec<_> = figures
        .iter()
        .map(|figure| format!("{figure:.0}"))
        .collect();
    cells.join(" | ")
}

/// Nanoseconds of a call in the fastest of these rounds, with what is done before each call.
async fn fastest(
    rounds: usize,
    calls: usize,
    session: &mut PluginSession,
    before: impl Fn(&mut PluginSession),
) -> Result<f64> {
    let mut fastest = f64::INFINITY;
    for _ in 0..rounds {
        let began = Instant::now();
        for _ in 0..calls {
            before(session);
            let reply = session.receive(black_box(&CHUNK)).await?;
            ensure!(*reply.data == CHUNK, "no echo");
        }
        fastest = fastest.min(began.elapsed().as_nanos() as f64 / calls as f64);
    }
    Ok(fastest)
}

/// An engine without a pool, or with one for so many connections.
fn engine(pooled: Option<usize>) -> Result<Engine> {
    let builder = Engine::builder(Compiler::InProcess, Budgets::server(8 << 30)).compiled_first();
    let builder = match pooled {
        None => builder,
        Some(connections) => builder.pooled(connections),
    };
    Ok(builder.build()?)
}

fn source(name: &str, text: &str) -> Source {
    if name == "echo" {
        return Source::named(name, BUILT_IN_SERVERS);
    }
    let looping = include_str!("../../plugins/echo/echo.wat").replacen(
        "(core module $echo",
        "(core module $echo (func (loop))",
        1,
    );
    let text = if text.is_empty() { &looping } else { text };
    Source::from_contents(name, text)
}
