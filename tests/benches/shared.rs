//! What connections share, beside programs that do the same: messages to many, the store, and Redis.
//!
//! `cargo bench --profile dist -p eco-benches --bench shared` takes some minutes and writes
//! `tests/benches/SHARED.md`. In another profile, or with `-- --quick`, it writes nothing.

use anyhow::{Context as _, Result, ensure};
use eco_benches::figures::{is_quick, median};
use eco_benches::process::Process;
use eco_benches::{eco, is_dist};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const MESSAGE: usize = 64;
const MEMBERS: [usize; 5] = [1, 10, 100, 1000, MANY];
/// So many are measured once, and not with a script: each who comes is told to all who are there, forty million
/// times in all.
const MANY: usize = 9000;
/// No part of it takes this long unless a message is lost. All of the 9,000 coming takes minutes.
const PATIENCE: Duration = Duration::from_secs(900);
/// Calls of the store in one call of the plugin.
const ADDS: u64 = 1000;

/// A relay in JavaScript, as `tests/plugins/relay.wat` is one.
const SCRIPT: &str = r#"
function open() { subscribe("relay", ""); return "."; }
function receive(chunk) { publish("relay", chunk); }
function message(topic, data) { return data; }
"#;

struct Bench {
    eco: PathBuf,
    /// How many hear a message: a row each.
    members: &'static [usize],
    rounds: usize,
    deliveries: usize,
    requests: usize,
}

fn main() -> Result<()> {
    let quick = is_quick();
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    let bench = Bench {
        eco: eco()?,
        // A thousand that come are told of each other, which takes a minute where nothing is optimised.
        members: if quick { &[1, 10, 100] } else { &MEMBERS },
        rounds: if quick { 1 } else { 7 },
        deliveries: if quick { 2000 } else { 100_000 },
        requests: if quick { 2000 } else { 50_000 },
    };
    let mut text = String::new();
    text += &bench.messages()?;
    text += &bench.adds()?;
    text += &bench.redis()?;
    println!("{text}");
    if !quick && is_dist()? {
        let page = format!(
            "# What connections share: results\n\nWritten by `cargo bench --profile dist -p eco-benches --bench shared`, on {} processors. Load and servers share\nthe machine. Medians of {} rounds, each server in turn.\n\n{text}",
            std::thread::available_parallelism()?,
            bench.rounds
        );
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("SHARED.md");
        std::fs::write(&path, page)?;
    }
    Ok(())
}

/// A plugin in a folder or a file of its own.
fn plugin(folder: &str, file: &str, text: &str) -> Result<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(file), text)?;
    let path = if file.ends_with("wat") {
        folder
    } else {
        folder.join(file)
    };
    Ok(path.display().to_string())
}

impl Bench {
    fn serve(&self, plugin: &str) -> Result<Process> {
        Process::start(|port| {
            let mut command = Command::new(&self.eco);
            command.args(["serve", "-qq", "-p", plugin, "--snapshot", "first"]);
            command.args(["--listen", &format!("127.0.0.1:{port}")]);
            command.args(["--publish-rate", "100000000", "--publish-size", "1GiB"]);
            command.args(["--delivery-rate", "10000000000"]);
            command.args([
                "--mailbox-events",
                "1000000",
                "--mailbox-size",
                "1GiB",
                "--waiting-size",
                "1GiB",
            ]);
            command.args(["--max-connections", "10000"]);
            command
        })
    }

    /// Processor time for each message that is delivered.
    fn messages(&self) -> Result<String> {
        let relay = std::fs::read_to_string(format!("{ROOT}/tests/plugins/relay.wat"))?;
        let compiled = plugin("relay", "relay.wat", &relay)?;
        let script = plugin("relay-script", "relay.js", SCRIPT)?;
        let mut text = format!(
            "Processor time of the server for each message of {MESSAGE} B that one connection says and so many others hear, in µs; in\nparentheses the ratio to a native tokio server that does just that.\n\n| hear it | native tokio | a compiled plugin | JavaScript |\n|---|---|---|---|\n"
        );
        for &members in self.members {
            let rounds = if members < MANY {
                self.rounds
            } else {
                self.rounds / 7
            };
            let mut figures = [vec![], vec![], vec![]];
            for _ in 0..rounds {
                let mut servers = vec![
                    Process::start(|port| {
                        let mut command = Command::new(env!("CARGO_BIN_EXE_native-chat"));
                        command.arg(port.to_string());
                        command
                    })?,
                    self.serve(&compiled)?,
                ];
                if members < MANY {
                    servers.push(self.serve(&script)?);
                }
                for (server, figures) in servers.iter().zip(&mut figures) {
                    figures.push(self.delivered(server, members)?);
                }
            }
            let [native, eco, script] = figures;
            let figure = |of: Vec<f64>| match of.is_empty() {
                true => String::new(),
                false => {
                    let ratios = of.iter().zip(&native).map(|(a, b)| a / b);
                    format!("{:.2} ({:.2})", median(&of), median(ratios))
                }
            };
            if rounds > 0 {
                writeln!(
                    text,
                    "| {members} | {:.2} | {} | {} |",
                    median(&native),
                    figure(eco),
                    figure(script)
                )?;
            }
        }
        Ok(text + "\n")
    }

    fn delivered(&self, server: &Process, members: usize) -> Result<f64> {
        let address = server.address;
        let messages = (self.deliveries / members).clamp(20, 20_000);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let delivering = async {
            let mut listeners = Vec::new();
            for _ in 0..members {
                let mut stream = tokio::net::TcpStream::connect(address).await?;
                // It greets with a byte, and hears from then on.
                stream.read_exact(&mut [0]).await?;
                listeners.push(stream);
            }
            let mut speaker = tokio::net::TcpStream::connect(address).await?;
            speaker.set_nodelay(true)?;
            speaker.read_exact(&mut [0]).await?;
            // One message that all have heard: now all are in.
            let mut heard = vec![0; MESSAGE];
            speaker.write_all(&[b'.'; MESSAGE]).await?;
            for listener in &mut listeners {
                listener.read_exact(&mut heard).await?;
            }
            let before = server.cpu()?;
            for _ in 0..messages {
                speaker.write_all(&[b'x'; MESSAGE]).await?;
                for listener in &mut listeners {
                    listener.read_exact(&mut heard).await?;
                }
            }
            let used = server.cpu()?.saturating_sub(before);
            Ok(used.as_secs_f64() * 1e6 / (messages * members) as f64)
        };
        runtime.block_on(async { tokio::time::timeout(PATIENCE, delivering).await })?
    }

    /// What a call of the store costs.
    fn adds(&self) -> Result<String> {
        let relay = std::fs::read_to_string(format!("{ROOT}/tests/plugins/relay.wat"))?;
        let said = "(call $publish\n        (i32.const 128) (i32.const 5) (local.get $at) (local.get $length) (i32.const 64))";
        ensure!(relay.contains(said), "relay.wat has changed");
        let replies = "(return (call $reply (i32.const 144) (i32.const 1)))";
        let many = format!(
            "(loop $again
                (call $add (i32.const 128) (i32.const 5) (i64.const 1) (i32.const 64))
                (local.set $length (i32.add (local.get $length) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $length) (i32.const {}))))
            {replies}",
            ADDS + 2
        );
        let adding = self.serve(&plugin("adds", "adds.wat", &relay.replace(said, &many))?)?;
        let idle = self.serve(&plugin("idle", "idle.wat", &relay.replace(said, replies))?)?;
        let calls = (self.requests / 10).max(100) as u64;
        let mut costs = Vec::new();
        for _ in 0..self.rounds {
            let cost = |server: &Process| -> Result<f64> {
                let mut stream = TcpStream::connect(server.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                let mut byte = [0];
                stream.read_exact(&mut byte)?;
                server.cpu_per_unit(|| {
                    for _ in 0..calls {
                        stream.write_all(b"xy")?;
                        stream.read_exact(&mut byte)?;
                    }
                    Ok(calls)
                })
            };
            costs.push((cost(&adding)? - cost(&idle)?) / ADDS as f64);
        }
        Ok(format!(
            "`store.add` from a compiled plugin takes {:.2} µs of processor time.\n\n",
            median(costs)
        ))
    }

    /// Requests in a second of redis-benchmark, beside Redis itself.
    fn redis(&self) -> Result<String> {
        let Ok(version) = Command::new("redis-server").arg("--version").output() else {
            return Ok("Redis is not here, so that nothing is said of it.\n".to_owned());
        };
        let version = String::from_utf8_lossy(&version.stdout);
        let version = version
            .split("v=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let script = format!("{ROOT}/tests/plugins/redis/redis.js");
        let mut servers = vec![
            Process::start(|port| {
                let mut command = Command::new("redis-server");
                command.args([
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                    "--port",
                    &port.to_string(),
                ]);
                command
            })?,
            self.serve(&script)?,
        ];
        match self.redis_in_rust() {
            Ok(component) => servers.push(self.serve(&component)?),
            Err(error) => println!("The server in Rust can't be built: {error:#}"),
        }
        let mut text = format!(
            "Requests in a second of `redis-benchmark -c 16 -P 1`, with a part of Redis's protocol over the store, beside\nRedis {}; in parentheses the ratio.\n\n| request | Redis | JavaScript | Rust |\n|---|---|---|---|\n",
            version.unwrap_or_default()
        );
        for test in ["set", "get", "incr"] {
            let mut rates = [vec![], vec![], vec![]];
            for _ in 0..self.rounds {
                for (server, rates) in servers.iter().zip(&mut rates) {
                    rates.push(self.redis_benchmark(server, test)?);
                }
            }
            let [redis, script, rust] = rates;
            let figure = |of: Vec<f64>| match of.is_empty() {
                true => String::new(),
                false => {
                    let ratios = of.iter().zip(&redis).map(|(a, b)| a / b);
                    format!("{:.0} ({:.2})", median(&of), median(ratios))
                }
            };
            writeln!(
                text,
                "| {} | {:.0} | {} | {} |",
                test.to_uppercase(),
                median(&redis),
                figure(script),
                figure(rust)
            )?;
        }
        Ok(text)
    }

    /// Builds the server of Redis's protocol in Rust, as its author would.
    fn redis_in_rust(&self) -> Result<String> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("redis-in-rust");
        let _ = std::fs::remove_dir_all(&folder);
        let eco = |arguments: &[&str]| -> Result<()> {
            // What begins with GUEST_ is for the compilers of plugins alone (`.ci/run`).
            let guest = std::env::vars().filter_map(|(name, value)| {
                let name = name.strip_prefix("GUEST_")?.to_owned();
                Some((name, value))
            });
            let mut command = Command::new(&self.eco);
            let output = command.args(arguments).envs(guest).output()?;
            let said = String::from_utf8_lossy(&output.stderr);
            ensure!(output.status.success(), "{said}");
            Ok(())
        };
        let path = folder.display().to_string();
        eco(&["new", &path, "--lang", "rust", "--chat"])?;
        let source = std::fs::read(format!("{ROOT}/tests/plugins/redis/redis.rs"))?;
        std::fs::write(folder.join("src/lib.rs"), source)?;
        eco(&["build", &path])?;
        let mut components = std::fs::read_dir(&folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "wasm"));
        let component = components.next().context("nothing was built")?;
        Ok(component.display().to_string())
    }

    fn redis_benchmark(&self, server: &Process, test: &str) -> Result<f64> {
        let output = Command::new("redis-benchmark")
            .args(["-p", &server.address.port().to_string(), "-t", test])
            .args([
                "-n",
                &self.requests.to_string(),
                "-c",
                "16",
                "-P",
                "1",
                "--csv",
            ])
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        // A line of names, then the figures: "SET","123456.78",...
        let figures = text
            .lines()
            .rfind(|line| line.to_lowercase().contains(test));
        let rate = figures.and_then(|line| line.split(',').nth(1));
        let rate = rate.map(|rate| rate.trim_matches('"').parse());
        rate.with_context(|| format!("redis-benchmark said {text}"))?
            .with_context(|| format!("redis-benchmark said {text}"))
    }
}
