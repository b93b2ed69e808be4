//! What several servers with one Redis cost, beside one that keeps its state in memory: a message, and an addition.
//!
//! `cargo bench --profile dist -p eco-benches --bench hosts` takes a minute and writes `tests/benches/HOSTS.md`. In
//! another profile, or with `-- --quick`, it writes nothing.

use anyhow::{Context as _, Result, ensure};
use eco_benches::figures::{is_quick, median, quantile};
use eco_benches::process::Process;
use eco_benches::{eco, is_dist};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const MESSAGE: usize = 64;
/// Who hears a message, on all hosts together.
const MEMBERS: usize = 30;
/// Connections that add at once, when all is busy.
const BUSY: usize = 64;
/// No part of it takes this long unless something is lost.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where state is kept, and by how many hosts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Memory,
    File,
    Redis(usize),
}

impl Place {
    const ALL: [Self; 5] = [
        Self::Memory,
        Self::File,
        Self::Redis(1),
        Self::Redis(2),
        Self::Redis(3),
    ];

    fn name(self) -> String {
        match self {
            Self::Memory => "memory".to_owned(),
            Self::File => "file".to_owned(),
            Self::Redis(1) => "Redis, 1 host".to_owned(),
            Self::Redis(hosts) => format!("Redis, {hosts} hosts"),
        }
    }
}

/// What was measured once.
struct Figures {
    /// Processor time of all hosts for each unit, in µs, and Redis's.
    eco: f64,
    redis: f64,
    /// How long it took, in µs, half of the times and 99 of a hundred.
    half: f64,
    most: f64,
    /// Units in a second.
    rate: f64,
}

struct Bench {
    eco: PathBuf,
    redis: Process,
    folder: PathBuf,
    /// Counts the namespaces.
    runs: usize,
    units: usize,
    rounds: usize,
}

fn main() -> Result<()> {
    let quick = is_quick();
    if Command::new("redis-server")
        .arg("--version")
        .output()
        .is_err()
    {
        println!("Redis is not here, so that nothing is measured.");
        return Ok(());
    }
    let redis = Process::start(|port| {
        let mut command = Command::new("redis-server");
        command.args(["--save", "", "--appendonly", "no", "--port"]);
        command.arg(port.to_string());
        command
    })?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hosts");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let mut bench = Bench {
        eco: eco()?,
        redis,
        folder,
        runs: 0,
        units: if quick { 50 } else { 3000 },
        rounds: if quick { 1 } else { 5 },
    };
    let mut text = format!(
        "Processor time in µs, of eco's hosts together and of Redis. A message of {MESSAGE} B that one says and {MEMBERS} others hear,\nspread over the hosts: for each who hears it, and Redis's for each message; the time is until the last has heard it.\n\n"
    );
    text += &bench.table("message", Bench::message)?;
    text += "\nA `store.add` in a call of a compiled plugin, asked for by one connection after its last answer.\n\n";
    text += &bench.table("add", |bench, place| bench.add(place, 1))?;
    writeln!(
        text,
        "\nThe same by {BUSY} connections at once, which takes all that there is of the machine.\n"
    )?;
    text += &bench.table("add", |bench, place| bench.add(place, BUSY))?;
    println!("{text}");
    if !quick && is_dist()? {
        let page = format!(
            "# Several hosts: results\n\nWritten by `cargo bench --profile dist -p eco-benches --bench hosts`, on {} processors, which load, hosts and Redis share.\nMedians of {} rounds, all places in turn.\n\n{text}",
            std::thread::available_parallelism()?,
            bench.rounds
        );
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("HOSTS.md"), page)?;
    }
    Ok(())
}

/// The time below which this share of the times lies, in µs.
fn percentile(times: &[Duration], share: f64) -> f64 {
    quantile(times.iter().map(Duration::as_secs_f64), share) * 1e6
}

impl Bench {
    fn table(
        &mut self,
        unit: &str,
        measure: impl Fn(&mut Self, Place) -> Result<Option<Figures>>,
    ) -> Result<String> {
        let mut all: Vec<Vec<Figures>> = Place::ALL.iter().map(|_| Vec::new()).collect();
        for _ in 0..self.rounds {
            for (place, figures) in Place::ALL.into_iter().zip(&mut all) {
                figures.extend(measure(self, place)?);
            }
        }
        let mut text = format!(
            "| state in | eco | Redis | p50 | p99 | {unit}s a second |\n|---|---|---|---|---|---|\n"
        );
        for (place, figures) in Place::ALL.iter().zip(&all) {
            if figures.is_empty() {
                continue;
            }
            let of = |figure: fn(&Figures) -> f64| median(figures.iter().map(figure));
            let redis = match place {
                Place::Redis(_) => format!("{:.1}", of(|it| it.redis)),
                Place::Memory | Place::File => String::new(),
            };
            writeln!(
                text,
                "| {} | {:.1} | {redis} | {:.0} | {:.0} | {:.0} |",
                place.name(),
                of(|it| it.eco),
                of(|it| it.half),
                of(|it| it.most),
                of(|it| it.rate),
            )?;
        }
        Ok(text)
    }

    /// A core module in a folder of its own, which eco builds.
    fn plugin(&self, name: &str, text: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("{name}.wat")), text)?;
        Ok(folder)
    }

    fn hosts(&mut self, place: Place, plugin: &Path) -> Result<Vec<Process>> {
        self.runs += 1;
        let (state, hosts) = match place {
            Place::Memory => ("memory:".to_owned(), 1),
            Place::File => {
                let file = self.folder.join(format!("state{}", self.runs));
                (format!("file:{}", file.display()), 1)
            }
            Place::Redis(hosts) => (format!("redis://{}", self.redis.address), hosts),
        };
        let start = |_| {
            Process::start(|port| {
                let mut command = Command::new(&self.eco);
                command.args(["serve", "-qq", "-p"]).arg(plugin);
                command.args(["--listen", &format!("127.0.0.1:{port}")]);
                command.args(["--state", &state, "--namespace", &self.runs.to_string()]);
                command.args(["--publish-rate", "100000000", "--publish-size", "1GiB"]);
                command.args(["--delivery-rate", "10000000000"]);
                command
            })
        };
        (0..hosts).map(start).collect()
    }

    /// Runs `work`, which gives the times of its units, each of which so many hear.
    fn measure(
        &self,
        hosts: &[Process],
        heard_by: usize,
        work: impl AsyncFnOnce() -> Result<Vec<Duration>>,
        runtime: &tokio::runtime::Runtime,
    ) -> Result<Figures> {
        let eco = || hosts.iter().map(Process::cpu).sum::<Result<Duration>>();
        let (eco_before, redis_before, began) = (eco()?, self.redis.cpu()?, Instant::now());
        let times = runtime.block_on(async { tokio::time::timeout(PATIENCE, work()).await })??;
        let took = began.elapsed().as_secs_f64();
        let units = times.len() as f64;
        let used = |now: Duration, before| now.saturating_sub(before).as_secs_f64() * 1e6 / units;
        Ok(Figures {
            eco: used(eco()?, eco_before) / heard_by as f64,
            redis: used(self.redis.cpu()?, redis_before),
            half: percentile(&times, 0.5),
            most: percentile(&times, 0.99),
            rate: units / took,
        })
    }

    fn message(&mut self, place: Place) -> Result<Option<Figures>> {
        if place == Place::File {
            // Its topics are in memory.
            return Ok(None);
        }
        let relay = std::fs::read_to_string(format!("{ROOT}/tests/plugins/relay.wat"))?;
        let plugin = self.plugin("relay", &relay)?;
        let hosts = self.hosts(place, &plugin)?;
        let runtime = runtime()?;
        let (mut listeners, mut speaker) = runtime.block_on(async {
            let mut listeners = Vec::new();
            for host in hosts.iter().cycle().take(MEMBERS) {
                listeners.push(connect(host).await?);
            }
            let speaker = connect(hosts.first().context("there is a host")?).await?;
            anyhow::Ok((listeners, speaker))
        })?;
        let mut say = async |messages: usize| {
            let mut heard = [0; MESSAGE];
            let mut times = Vec::new();
            for _ in 0..messages {
                let began = Instant::now();
                speaker.write_all(&[b'x'; MESSAGE]).await?;
                for listener in &mut listeners {
                    listener.read_exact(&mut heard).await?;
                }
                times.push(began.elapsed());
            }
            Ok(times)
        };
        // All hear the first one: now all are in.
        runtime.block_on(async { tokio::time::timeout(PATIENCE, say(1)).await })??;
        let messages = self.units;
        let work = async || say(messages).await;
        self.measure(&hosts, MEMBERS, work, &runtime).map(Some)
    }

    fn add(&mut self, place: Place, connections: usize) -> Result<Option<Figures>> {
        let relay = std::fs::read_to_string(format!("{ROOT}/tests/plugins/relay.wat"))?;
        let said = "(call $publish\n        (i32.const 128) (i32.const 5) (local.get $at) (local.get $length) (i32.const 64))";
        ensure!(relay.contains(said), "relay.wat has changed");
        let adds = "(call $add (i32.const 128) (i32.const 5) (i64.const 1) (i32.const 64))
            (return (call $reply (i32.const 144) (i32.const 1)))";
        let plugin = self.plugin("adds", &relay.replace(said, adds))?;
        let hosts = self.hosts(place, &plugin)?;
        let runtime = runtime()?;
        let mut peers = runtime.block_on(async {
            let mut peers = Vec::new();
            for host in hosts.iter().cycle().take(connections) {
                peers.push(connect(host).await?);
            }
            anyhow::Ok(peers)
        })?;
        let each = (self.units * if connections > 1 { 5 } else { 1 }).div_ceil(connections);
        let work = async || {
            let mut adding = tokio::task::JoinSet::new();
            for mut peer in peers.drain(..) {
                adding.spawn(async move {
                    let mut times = Vec::new();
                    for _ in 0..each {
                        let began = Instant::now();
                        peer.write_all(b"xy").await?;
                        peer.read_exact(&mut [0]).await?;
                        times.push(began.elapsed());
                    }
                    std::io::Result::Ok(times)
                });
            }
            let mut times = Vec::new();
            while let Some(added) = adding.join_next().await {
                times.extend(added??);
            }
            Ok(times)
        };
        self.measure(&hosts, 1, work, &runtime).map(Some)
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    Ok(builder.enable_all().build()?)
}

/// A connection that has been greeted.
async fn connect(host: &Process) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(host.address).await?;
    stream.set_nodelay(true)?;
    stream.read_exact(&mut [0]).await?;
    Ok(stream)
}
