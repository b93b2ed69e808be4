//! What one service does to a Redis, and to who else is on it.

use crate::attackers::{answered, ask, crowd};
use crate::neighbour::Neighbour;
use crate::scripts;
use crate::trial::{Figures, Scene, Trial};
use anyhow::{Context as _, Result, bail, ensure};
use eco_benches::process::Process;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How many connections the host has that dies, and the topics of each.
const MEMBERS: usize = 2000;
const TOPICS: usize = 64;
/// So many share their topics.
const TOGETHER: usize = 8;
const AT_A_TIME: usize = 100;
/// What there is on Redis when no member is left.
const FEW_KEYS: u64 = 50;
/// A host that is dead is removed when its lease is over, six seconds after it renewed it.
const REMOVED: Duration = Duration::from_secs(40);
const GETTERS: usize = 40;
/// After a value that could not be got.
const AGAIN: Duration = Duration::from_millis(50);

fn start_redis() -> Result<Process> {
    Process::start(|port| {
        let mut command = Command::new("redis-server");
        command.args(["--save", "", "--appendonly", "no", "--port"]);
        command.arg(port.to_string());
        command
    })
}

/// A host that many are on is killed, and another one removes what it leaves.
pub(crate) async fn host_dies(scene: Scene) -> Result<Figures> {
    let redis = start_redis()?;
    let state = format!("redis://{}", redis.address);
    let options = ["--state", &state, "--namespace", "attacked"];
    let dies = scene.serve(scripts::ON_REDIS, &options)?;
    let lives = scene.serve(scripts::ON_REDIS, &options)?;
    let (size, topics) = (scene.many(MEMBERS, 100), scene.many(TOPICS, 20));
    let mut members = Vec::new();
    // Some at a time: all at once would be an attack of another kind.
    while members.len() < size {
        let next = members.len();
        let says = |number| format!("join {topics} {}", (next + number) / TOGETHER);
        let mut some = crowd(scene.origin.address(), dies.address, AT_A_TIME, says).await?;
        let joined = answered(&mut some, 1, Duration::from_secs(30)).await;
        ensure!(
            joined == AT_A_TIME,
            "{joined} of {AT_A_TIME} were let in after {next}"
        );
        members.append(&mut some);
    }
    // The trial is of the host that lives; what the neighbour asks is Redis.
    let neighbour = Neighbour::asks(redis.address, b"PING\r\n", "+PONG\r\n".len())?;
    let mut keys = BufReader::new(TcpStream::connect(redis.address).await?);
    let before = count_keys(&mut keys).await?;
    let trial = Trial::begin(&scene, &lives, neighbour).await?;
    drop(dies);
    let removed = async {
        while count_keys(&mut keys).await? > FEW_KEYS {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(())
    };
    let removed = match tokio::time::timeout(REMOVED, removed).await {
        Ok(removed) => removed.map(|()| "were removed")?,
        Err(_) => "were not all removed",
    };
    let after = trial.began.elapsed().as_secs_f64();
    trial
        .end(format!("{before} keys {removed} after {after:.1} s"))
        .await
}

async fn count_keys(redis: &mut BufReader<TcpStream>) -> Result<u64> {
    redis.write_all(b"DBSIZE\r\n").await?;
    let mut line = String::new();
    redis.read_line(&mut line).await?;
    let count = line.trim_end().strip_prefix(':');
    let count = count.with_context(|| format!("Redis said {line}"))?;
    Ok(count.parse()?)
}

/// Many answers are large at the same time.
pub(crate) async fn large_answers(scene: Scene) -> Result<Figures> {
    let redis = start_redis()?;
    let state = format!("redis://{}", redis.address);
    let server = scene.serve(scripts::ON_REDIS, &["--state", &state])?;
    let (from, address) = (scene.origin.address(), server.address);
    let mut getters = crowd(from, address, GETTERS, |_| String::new()).await?;
    let sets = getters.first_mut().context("there is a getter")?;
    ask(sets, "set").await?;
    let neighbour = Neighbour::asks(address, b"get", 3)?;
    let links = count_links(redis.address).await?;
    let trial = Trial::begin(&scene, &server, neighbour).await?;
    let (got, failed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut getting = JoinSet::new();
    for getter in getters {
        let (got, failed) = (got.clone(), failed.clone());
        getting.spawn(get_again_and_again(getter, got, failed));
    }
    tokio::time::sleep(scene.span()).await;
    let rate = got.load(Ordering::Relaxed) as f64 / trial.began.elapsed().as_secs_f64();
    let failed = failed.load(Ordering::Relaxed);
    // One of them asks.
    let links = count_links(redis.address).await? - links - 1;
    trial
        .end(format!(
            "{rate:.0} gets a second, {failed} failed; the link was made anew {links} times"
        ))
        .await
}

/// How many connections Redis has been asked for.
async fn count_links(redis: SocketAddr) -> Result<u64> {
    let mut redis = BufReader::new(TcpStream::connect(redis).await?);
    redis.write_all(b"INFO stats\r\n").await?;
    let mut lines = redis.lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(count) = line.strip_prefix("total_connections_received:") {
            return Ok(count.trim_end().parse()?);
        }
    }
    bail!("Redis does not say how many connections it was asked for")
}

/// Until it is cut off.
async fn get_again_and_again(
    mut getter: TcpStream,
    got: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
) -> std::io::Result<Infallible> {
    let mut answer = [0];
    loop {
        getter.write_all(b"large").await?;
        getter.read_exact(&mut answer).await?;
        if answer == *b"." {
            got.fetch_add(1, Ordering::Relaxed);
        } else {
            failed.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(AGAIN).await;
        }
    }
}
