//! One attack on one server: the scene is set, the neighbour is measured alone, and then under the attack.
//!
//! It owns the server and what is measured of it. It must not know what the attack is.

use crate::neighbour::{Neighbour, Times, Working};
use anyhow::Result;
use eco_benches::process::Process;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A server that takes less of a processor than this, over this time, has done what it was asked to.
const QUIET: f64 = 0.1;
const QUIET_FOR: Duration = Duration::from_millis(250);

/// How much is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Quick,
    Full,
}

/// Where the attackers come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An address of their own.
    Own,
    /// The address of the neighbour.
    Shared,
}

impl Origin {
    pub(crate) fn address(self) -> Ipv4Addr {
        match self {
            Self::Own => Ipv4Addr::new(127, 0, 0, 2),
            Self::Shared => Ipv4Addr::LOCALHOST,
        }
    }
}

/// What an attack is told.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) eco: PathBuf,
    pub(crate) form: Form,
    pub(crate) origin: Origin,
}

impl Scene {
    /// So many of something, or a part of them.
    pub(crate) fn many(&self, full: usize, quick: usize) -> usize {
        match self.form {
            Form::Full => full,
            Form::Quick => quick,
        }
    }

    /// How long an attack goes on that has no end of its own.
    pub(crate) fn span(&self) -> Duration {
        Duration::from_millis(self.many(4000, 1000) as u64)
    }

    /// How long one waits for an attack that has an end.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.many(20, 2) as u64)
    }

    /// Waits until those who loop have been at it for a while, and are in the background.
    pub(crate) async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(self.many(1000, 500) as u64)).await;
    }

    /// How long the neighbour is measured without an attack.
    fn alone(&self) -> Duration {
        Duration::from_millis(self.many(1000, 300) as u64)
    }

    /// A server with this script.
    pub(crate) fn serve(&self, script: &str, arguments: &[&str]) -> Result<Process> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("attacks");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join("plugin.lua");
        std::fs::write(&file, script)?;
        Process::start(|port| {
            let mut command = Command::new(&self.eco);
            command.args(["serve", "-qq", "--snapshot", "first"]);
            command.args(["--listen", &format!("127.0.0.1:{port}")]);
            command.args(["--max-connections", "4000"]);
            command.args(arguments).arg(file);
            command
        })
    }
}

/// An attack that goes on.
pub(crate) struct Trial<'a> {
    server: &'a Process,
    neighbour: Working,
    alone: Times,
    memory_alone: f64,
    cpu: Duration,
    pub(crate) began: Instant,
}

impl<'a> Trial<'a> {
    /// Measures the neighbour alone. The attack begins when this returns.
    pub(crate) async fn begin(
        scene: &Scene,
        server: &'a Process,
        mut neighbour: Neighbour,
    ) -> Result<Self> {
        neighbour.begin()?;
        let working = neighbour.work();
        tokio::time::sleep(scene.alone()).await;
        let (neighbour, alone) = working.stop().await?;
        let memory_alone = server.resident()?;
        server.forget_most_resident()?;
        Ok(Self {
            server,
            neighbour: neighbour.work(),
            alone,
            memory_alone,
            cpu: server.cpu()?,
            began: Instant::now(),
        })
    }

    /// The attack is over.
    pub(crate) async fn end(self, came_of_it: String) -> Result<Figures> {
        let time = self.began.elapsed();
        let cpu = self.server.cpu()?.saturating_sub(self.cpu);
        let most_memory = self.server.most_resident()?;
        let (_, attacked) = self.neighbour.stop().await?;
        Ok(Figures {
            alone: self.alone,
            attacked,
            cpu,
            time,
            memory_alone: self.memory_alone,
            most_memory,
            came_of_it,
        })
    }
}

/// Waits until a server has little to do; whether it came to that in time.
pub(crate) async fn quiet(server: &Process, patience: Duration) -> Result<bool> {
    let began = Instant::now();
    while began.elapsed() < patience {
        let (before, since) = (server.cpu()?, Instant::now());
        tokio::time::sleep(QUIET_FOR).await;
        let used = server.cpu()?.saturating_sub(before).as_secs_f64();
        if used < QUIET * since.elapsed().as_secs_f64() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What was measured of an attack.
pub(crate) struct Figures {
    alone: Times,
    attacked: Times,
    cpu: Duration,
    time: Duration,
    /// In KiB.
    memory_alone: f64,
    most_memory: f64,
    came_of_it: String,
}

impl Figures {
    /// The cells of its line, without those that name it.
    pub(crate) fn cells(&self) -> String {
        let quantile =
            |times: &Times, share| figure(times.trips.value_at_quantile(share) as f64 / 1e3);
        let p99 = match self.attacked.cut_off {
            true => format!("{}, cut off", quantile(&self.attacked, 0.99)),
            false => quantile(&self.attacked, 0.99),
        };
        [
            quantile(&self.alone, 0.5),
            quantile(&self.alone, 0.99),
            quantile(&self.attacked, 0.5),
            p99,
            figure(self.attacked.trips.max() as f64 / 1e3),
            figure(self.cpu.as_secs_f64()),
            figure(self.time.as_secs_f64()),
            figure(self.memory_alone / 1024.0),
            figure(self.most_memory / 1024.0),
            self.came_of_it.clone(),
        ]
        .join(" | ")
    }
}

/// With two digits behind the point where it is small, and with none where it is large.
fn figure(number: f64) -> String {
    let digits = match number {
        number if number < 10.0 => 2,
        number if number < 100.0 => 1,
        _ => 0,
    };
    format!("{number:.digits$}")
}
