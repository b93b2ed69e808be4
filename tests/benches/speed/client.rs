//! `eco load`'s own cost: one thread of it beside one thread of a plain tokio client.

use super::Bench;
use super::load::{connect, round_trip};
use super::measures::{eco_load, number};
use super::table::figure;
use anyhow::{Context as _, Result};
use eco_benches::figures::median;
use eco_benches::process::Process;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const CONNECTIONS: usize = 64;
const SIZE: usize = 16;
const CLIENT: &str = include_str!("../../../plugins/echo-client/echo-client.wat");
const LUA: &str = r#"function start(message) sent = message return { send = message, exactly = #message } end
function replied(reply) if reply ~= sent then error("it differs") end end
"#;
const JAVASCRIPT: &str = "let sent;
function start(message) { sent = message; return { send: message, exactly: message.length }; }
function replied(reply) {
  if (reply.some((byte, at) => byte !== sent[at])) throw new Error('it differs');
}
";

/// The rates of both, and of a client plugin that is asked at every reply, as a table.
pub(crate) fn compare(bench: &Bench) -> Result<String> {
    let name = "round trips that one thread of eco load drives";
    if !bench.wants(name) {
        return Ok(String::new());
    }
    // An import is enough for its dialogues not to be known by heart.
    let asked = CLIENT.replacen(
        "(component $plugin",
        r#"(component $plugin (import "eco:plugin/log@0.1.0" (instance))"#,
        1,
    );
    let written = |name: &str, text: &str| {
        let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, text)?;
        anyhow::Ok(path.display().to_string())
    };
    let asked_path = written("asked.wat", &asked)?;
    let lua = written("client.lua", LUA)?;
    let javascript = written("client.js", JAVASCRIPT)?;
    let fastest = bench.peers.iter().find(|peer| peer.name == "tuned epoll");
    let server = fastest
        .map(|peer| peer.start(CONNECTIONS))
        .context("no server")??;
    let rounds = if bench.quick { 1 } else { 15 };
    let mut rates: [Vec<f64>; 5] = Default::default();
    for _ in 0..rounds {
        let figures = [
            plain(server.address, bench.long)?,
            eco(bench, &server, &[])?,
            eco(bench, &server, &["-p", &asked_path])?,
            eco(bench, &server, &["-p", &lua])?,
            eco(bench, &server, &["-p", &javascript])?,
        ];
        for (rates, figure) in rates.iter_mut().zip(figures) {
            rates.push(figure);
        }
    }
    let [native, by_heart, asked, lua, javascript] = rates;
    let ratio = |rates: &[f64]| {
        let ratios: Vec<f64> = rates.iter().zip(&native).map(|(a, b)| a / b).collect();
        median(&ratios)
    };
    Ok(format!(
        "
The {name}, {SIZE} B on {CONNECTIONS} connections, against the tuned epoll server (aim: 0.9):

| client | 1/s | ratio |
|---|---|---|
| plain tokio, one thread | {} | 1 |
| eco load, built-in client | {} | {:.3} |
| eco load, a client that is asked at every reply, in a new instance each | {} | {:.3} |
| the same in Lua | {} | {:.3} |
| the same in JavaScript | {} | {:.3} |
",
        figure(median(&native)),
        figure(median(&by_heart)),
        ratio(&by_heart),
        figure(median(&asked)),
        ratio(&asked),
        figure(median(&lua)),
        ratio(&lua),
        figure(median(&javascript)),
        ratio(&javascript),
    ))
}

fn eco(bench: &Bench, server: &Process, arguments: &[&str]) -> Result<f64> {
    let connections = CONNECTIONS.to_string();
    let size = SIZE.to_string();
    let mut all = vec!["--threads", "1", "-c", &connections, "--size", &size];
    all.extend(arguments);
    number(
        &eco_load(bench, server, &all, bench.long)?,
        &["turns", "per_second"],
    )
}

/// As one writes it with tokio on one thread; it looks at the replies, and takes no times.
fn plain(address: SocketAddr, time: Duration) -> Result<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let started = Instant::now();
        let mut clients = JoinSet::new();
        for _ in 0..CONNECTIONS {
            clients.spawn(async move {
                let mut stream = connect(address).await?;
                let (message, mut reply) = ([b'x'; SIZE], [0; SIZE]);
                let mut trips = 0u64;
                while started.elapsed() < time {
                    round_trip(&mut stream, &message, &mut reply).await?;
                    trips += 1;
                }
                anyhow::Ok(trips)
            });
        }
        let mut all = 0;
        while let Some(client) = clients.join_next().await {
            all += client??;
        }
        Ok(all as f64 / started.elapsed().as_secs_f64())
    })
}
