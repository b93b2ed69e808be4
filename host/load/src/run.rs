//! Settings of a load, and the state that its connections share.

use super::client_code::{ClientCode, Dialogues};
use super::failure::{Failure, Fatal};
use super::pace::{Goal, Pace, Plan};
use super::sources::Sources;
use super::tally::Failed;
use super::target::Target;
use eco_net::{Layers, Quota};
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Pause before a connection is tried again.
const RETRY: Duration = Duration::from_millis(100);

/// Settings of a load.
pub struct Settings {
    /// The server.
    pub to: Target,
    /// What each connection has over it.
    pub layers: Layers,
    /// Source addresses of the connections, if given.
    pub sources: Option<Sources>,
    /// What holds the dialogues.
    pub client: ClientCode,
    /// The plugin's start message. `None`: the plugin uses its own.
    pub message: Option<Vec<u8>>,
    /// Connections open at once.
    pub connections: u32,
    /// Threads that drive them.
    pub threads: u32,
    /// The goal of the run.
    pub goal: Goal,
    /// Dialogues per second. `None`: as many as the server can take.
    pub rate: Option<f64>,
    /// Time over which the connections are opened.
    pub ramp_up: Duration,
    /// Whether each dialogue has a connection of its own. Those of a program always have.
    pub reconnect: bool,
    /// Time limit of connecting, and of each turn.
    pub timeout: Duration,
    /// Limit of one reply, in bytes.
    pub reply: usize,
    /// Limit of the replies of all connections together, in bytes.
    pub total_reply: usize,
    /// Puts a failure into words. The first one of each cause is kept so.
    pub describe: fn(&Failure<'_>) -> String,
}

impl Settings {
    /// One connection, one thread, ten seconds, and no address yet.
    pub fn new(client: ClientCode, describe: fn(&Failure<'_>) -> String) -> Self {
        Self {
            to: Target::Tcp(Vec::new()),
            layers: Layers::default(),
            sources: None,
            client,
            message: None,
            connections: 1,
            threads: 1,
            goal: Goal::Time(Duration::from_secs(10)),
            rate: None,
            ramp_up: Duration::ZERO,
            reconnect: false,
            timeout: Duration::from_secs(30),
            reply: 1 << 20,
            total_reply: 64 << 20,
            describe,
        }
    }
}

/// The state that all connections of a run share.
pub(super) struct Run {
    pub(super) to: Target,
    pub(super) layers: Layers,
    pub(super) sources: Option<Sources>,
    pub(super) dialogues: Dialogues,
    pub(super) pace: Pace,
    pub(super) reconnect: bool,
    pub(super) timeout: Duration,
    /// Limit of a reply, in bytes.
    pub(super) most: usize,
    /// The quota of all connections' replies.
    pub(super) replies: Quota,
    pub(super) describe: fn(&Failure<'_>) -> String,
    /// Attempts to connect. Their number picks the next source.
    pub(super) tried: AtomicU64,
    /// Whether any connection ever succeeded.
    pub(super) connected: AtomicBool,
    /// The reason to give up, if there is one.
    pub(super) fatal: OnceLock<Fatal>,
}

impl Run {
    /// Starts the clock of the run.
    pub(super) fn start(settings: Settings) -> Self {
        let count = match settings.goal {
            Goal::Time(_) => None,
            Goal::Dialogues(count) => Some(count),
        };
        Self {
            to: settings.to,
            layers: settings.layers,
            sources: settings.sources,
            dialogues: Dialogues::of(settings.client, settings.message),
            pace: Pace::start(Plan {
                rate: settings.rate,
                count,
            }),
            reconnect: settings.reconnect,
            timeout: settings.timeout,
            most: settings.reply,
            replies: Quota::new(settings.total_reply),
            describe: settings.describe,
            tried: AtomicU64::new(0),
            connected: AtomicBool::new(false),
            fatal: OnceLock::new(),
        }
    }

    /// The failure with its words.
    pub(super) fn failed(&self, failure: &Failure<'_>) -> Failed {
        Failed(failure.cause(), (self.describe)(failure))
    }

    /// Waits before the next attempt to connect. Gives whether the run goes on then.
    pub(super) async fn goes_on_after_a_rest(&self) -> bool {
        tokio::select! {
            () = tokio::time::sleep(RETRY) => true,
            () = self.pace.ended() => false,
        }
    }

    /// A failed attempt to connect. It ends the run if there is no connection at all, or no room for one
    /// more.
    pub(super) fn cannot_connect(&self, error: io::Error) -> Failed {
        let failed = self.failed(&Failure::NotConnected(&error));
        let fatal = match error.kind() {
            _ if is_out_of_descriptors(&error) => Some(Fatal::OutOfDescriptors(error)),
            io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse => Some(Fatal::OutOfPorts {
                error,
                sources_given: self.sources.is_some(),
            }),
            _ if !self.connected.load(Ordering::Relaxed) => Some(Fatal::NoServer {
                to: self.to.clone(),
                error,
            }),
            _ => None,
        };
        fatal.into_iter().for_each(|fatal| self.give_up(fatal));
        failed
    }

    /// Ends the run, since it is pointless to go on.
    pub(super) fn give_up(&self, fatal: Fatal) {
        let _ = self.fatal.set(fatal);
        self.pace.end();
    }
}

/// Whether this process, or the whole system, has no descriptors left. The standard library has no name for
/// it.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    #[cfg(unix)]
    return matches!(
        rustix::io::Errno::from_io_error(error),
        Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE)
    );
    #[cfg(not(unix))]
    false
}
