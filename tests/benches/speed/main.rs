//! eco's echo, sandbox included, beside a native tokio echo and whatever else this machine has: the
//! same load on all of them in turn, in several rounds of one run; the medians, and the ratios to
//! native in the same round.
//!
//! `cargo bench --profile dist -p eco-benches --bench speed` takes about a quarter of an hour, and as
//! long before that to build, and writes `tests/benches/RESULTS.md`. In another profile it writes nothing:
//! the project shows the figures of `dist` alone. With `-- --quick` it takes two minutes and writes
//! nothing, and with `-- WORD...` it does only what has one of the words in its name. It holds no
//! threshold: the machines are noisy. It wants to be alone on its machine.

mod attacks;
mod by_size;
mod client;
mod growth;
mod load;
mod loops;
mod measures;
mod offsets;
mod peers;

mod profiles;
mod proxied;
mod sockets_host;
mod table;

use anyhow::{Context as _, Result};
use peers::Peer;
use std::path::{Path, PathBuf};
use std::time::Duration;
use table::{Measure, Row};
use tokio::runtime::Runtime;

const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/RESULTS.md");

/// How much is measured, of whom, with what.
pub(crate) struct Bench {
    pub(crate) quick: bool,
    words: Vec<String>,
    /// The program `eco`.
    pub(crate) eco: PathBuf,
    pub(crate) peers: Vec<Peer>,
    /// How many rounds of `slice` each, of `long` each, and of those that take a new server.
    pub(crate) rounds: usize,
    pub(crate) long_rounds: usize,
    few: usize,
    pub(crate) slice: Duration,
    /// What a whole run of `eco load` takes.
    pub(crate) long: Duration,
    pub(crate) runtime: Runtime,
}

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, component, port] = arguments.as_slice()
        && flag == peers::HOST
    {
        return sockets_host::run(Path::new(component), port.parse()?);
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    // cargo itself adds `--bench`.
    arguments.retain(|argument| !argument.starts_with("--"));
    raise_descriptor_limit();
    let eco = eco_benches::eco()?;
    let (peers, missing) = peers::all(&eco)?;
    for peer in &missing {
        println!("not here: {peer}");
    }
    let (rounds, long_rounds, few) = if quick { (3, 1, 1) } else { (21, 7, 3) };
    let (slice, long) = if quick {
        (Duration::from_millis(50), Duration::from_millis(200))
    } else {
        (Duration::from_millis(100), Duration::from_secs(1))
    };
    let bench = Bench {
        quick,
        words: arguments,
        eco,
        peers,
        rounds,
        long_rounds,
        few,
        slice,
        long,
        runtime: Runtime::new()?,
    };
    let rows = measures::all(&bench)?;
    let table = table::markdown(&rows);
    let more = [
        profiles::compare(&bench)?,
        client::compare(&bench)?,
        loops::share(&bench)?,
        proxied::table(&bench)?,
        attacks::table(&bench)?,
        offsets::table(&bench)?,
        growth::tables(&bench)?,
    ];
    let text = format!("{table}{}", more.concat());
    println!("\n{text}");
    if !quick && bench.words.is_empty() && eco_benches::is_dist()? {
        std::fs::write(RESULTS, results(&bench, &missing, &text)?)?;
        println!("written to {RESULTS}");
    }
    Ok(())
}

/// For thousands of connections, here and in the servers, which inherit it.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = maximum;
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current, maximum }) {
        println!("cannot raise the descriptor limit: {error}");
    }
}

impl Bench {
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str()))
    }

    /// The servers of these names.
    pub(crate) fn some(&self, names: &[&str]) -> impl Iterator<Item = &Peer> {
        let is_one = |peer: &&Peer| names.contains(&peer.name);
        self.peers.iter().filter(is_one)
    }

    /// So many rounds, in each of which every server that takes `clients` is sampled, beginning with
    /// another one each time. The first round warms up.
    pub(crate) fn rounds_of<'a, S, F>(
        &self,
        peers: impl IntoIterator<Item = &'a Peer>,
        rounds: usize,
        clients: usize,
        setup: impl Fn(&Peer) -> Result<S>,
        mut sample: impl FnMut(&mut S, &Peer) -> Result<F>,
    ) -> Result<Vec<(&'static str, Vec<F>)>> {
        let mut states = Vec::new();
        for peer in peers.into_iter().filter(|peer| peer.takes(clients)) {
            let state = setup(peer).with_context(|| peer.name)?;
            states.push((peer, state, Vec::new()));
        }
        for round in 0..=rounds {
            states.rotate_left(1);
            for (peer, state, figures) in &mut states {
                let figure = sample(state, peer).with_context(|| peer.name)?;
                if round > 0 {
                    figures.push(figure);
                }
            }
        }
        // Back to where native comes first.
        let turned = (rounds + 1) % states.len().max(1);
        states.rotate_right(turned);
        let figures = states
            .into_iter()
            .map(|(peer, _, figures)| (peer.name, figures));
        Ok(figures.collect())
    }

    /// A row of such rounds.
    pub(crate) fn row<S>(
        &self,
        rounds: usize,
        measure: Measure,
        clients: usize,
        setup: impl Fn(&Peer) -> Result<S>,
        sample: impl FnMut(&mut S, &Peer) -> Result<f64>,
        rows: &mut Vec<Row>,
    ) -> Result<()> {
        if self.wants(&measure.name) {
            let rounds = self.rounds_of(&self.peers, rounds, clients, setup, sample)?;
            self.done(measure, rounds, rows);
        }
        Ok(())
    }

    /// A row of what takes a while, and wants a new server each time.
    pub(crate) fn few(
        &self,
        measure: Measure,
        clients: usize,
        sample: impl Fn(&Peer, usize) -> Result<f64>,
        rows: &mut Vec<Row>,
    ) -> Result<()> {
        if !self.wants(&measure.name) {
            return Ok(());
        }
        let mut rounds = Vec::new();
        for peer in self.peers.iter().filter(|peer| peer.takes(clients)) {
            let figures: Result<Vec<f64>> =
                (0..self.few).map(|round| sample(peer, round)).collect();
            rounds.push((peer.name, figures.with_context(|| peer.name)?));
        }
        self.done(measure, rounds, rows);
        Ok(())
    }

    pub(crate) fn done(
        &self,
        measure: Measure,
        rounds: Vec<(&'static str, Vec<f64>)>,
        rows: &mut Vec<Row>,
    ) {
        let row = Row::new(measure, rounds);
        row.print();
        rows.push(row);
    }
}

/// The page, with what one must know to believe it.
fn results(bench: &Bench, missing: &[String], text: &str) -> Result<String> {
    let date = std::process::Command::new("date").arg("+%F").output()?;
    let cpu = eco_benches::processor();
    let system = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let missing = match missing {
        [] => String::new(),
        missing => format!("\nNot on that machine:\n- {}\n", missing.join("\n- ")),
    };
    let Bench {
        rounds, slice, few, ..
    } = bench;
    Ok(format!(
        "# Results

Written by `cargo bench --profile dist -p eco-benches --bench speed` on {}, on {} processors ({cpu}), Linux {}.
Load and servers share the machine. Medians of {rounds} rounds of {slice:?} on each server in turn; of
{few} new servers each for memory and start. In parentheses the ratio to native tokio, the median of
the ratios in each round. Servers are measured by their own processor time, which a noisy machine
disturbs least. \"eco, as any plugin\" is the same echo with a loop in it that is never run, so that its
calls take the way of compiled plugins and scripts.
{missing}
{text}",
        String::from_utf8_lossy(&date.stdout).trim(),
        std::thread::available_parallelism()?,
        system.trim(),
    ))
}
