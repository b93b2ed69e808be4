//! One connection of the load: dialogue after dialogue, each turn timed and each reply checked.

use super::pace::{Alarm, Due, Pace};
use super::rehearsal::{Known, Part};
use super::source::Sources;
use super::tally::{Cause, Shared};
use crate::command::verdict;
use crate::contract::Expect;
use crate::net::{self, Broken, Inbox, Patience};
use crate::plugin::{Error, Step};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// How long a connection that could not be made waits before it is tried again.
const RETRY: Duration = Duration::from_millis(100);

/// What all connections of a run share.
pub(super) struct Run {
    /// The addresses of the server, in the order in which they are tried.
    pub(super) to: Vec<SocketAddr>,
    pub(super) sources: Option<Sources>,
    pub(super) part: Part,
    pub(super) pace: Pace,
    pub(super) reconnect: bool,
    pub(super) timeout: Duration,
    /// The most bytes of a reply.
    pub(super) most: usize,
    /// Connections that were tried, which tells the next one's source.
    pub(super) tried: AtomicU64,
    /// Whether there was ever a connection.
    pub(super) connected: std::sync::atomic::AtomicBool,
    /// What makes it pointless to go on.
    pub(super) fatal: OnceLock<String>,
}

/// A dialogue that failed, and what happened.
struct Failed(Cause, String);

/// A connection, and what has arrived on it.
struct Line {
    stream: TcpStream,
    inbox: Inbox,
    /// Whether FIN was sent, because a turn reads to the server's.
    finished: bool,
}

/// One connection's side of the run.
pub(super) struct Caller {
    pub(super) run: Arc<Run>,
    pub(super) tally: Shared,
    pub(super) alarm: Alarm,
    pub(super) patience: Patience,
}

impl Caller {
    /// Holds dialogues until the run is over.
    pub(super) async fn call(mut self) {
        let run = self.run.clone();
        let mut line = None;
        while let Some(due) = run.pace.next() {
            if let Due::At(due) = due {
                tokio::select! {
                    () = self.alarm.at(due) => {}
                    () = run.pace.ended() => return,
                }
            }
            match self.dialogue(&mut line, due).await {
                Ok(()) => self.tally.lock().dialogues += 1,
                Err(Failed(cause, example)) => {
                    line = None;
                    self.tally.lock().failed(cause, || example);
                    if cause == Cause::NotConnected {
                        tokio::select! {
                            () = tokio::time::sleep(RETRY) => {}
                            () = run.pace.ended() => return,
                        }
                    }
                }
            }
            if run.reconnect || line.as_ref().is_some_and(|line| line.finished) {
                line = None;
            }
        }
    }

    async fn dialogue(&mut self, line: &mut Option<Line>, due: Due) -> Result<(), Failed> {
        let run = self.run.clone();
        let mut open = match line.take() {
            Some(line) => line,
            None => self.connect().await?,
        };
        let mut due = match due {
            Due::Now => None,
            Due::At(due) => Some(due),
        };
        let known = run.part.known();
        let mut place = 0;
        for turn in known {
            self.turn(&mut open, &turn.send, &turn.expect, due.take())
                .await?;
            if open.inbox.reply() != turn.reply {
                break;
            }
            open.inbox.take_reply();
            place += 1;
        }
        if known.is_empty() || place < known.len() {
            let before = known.get(..place).unwrap_or_default();
            self.improvise(&mut open, before, !known.is_empty(), due)
                .await?;
        }
        match open.inbox.is_empty() {
            true => {
                *line = Some(open);
                Ok(())
            }
            false => {
                let surplus = verdict::surplus(open.inbox.reply());
                Err(Failed(Cause::WrongReply, surplus))
            }
        }
    }

    /// The dialogue with an instance of its own, from where the turns `before` are over. `replied`
    /// says that the next turn is over too, and only its reply is to be judged.
    async fn improvise(
        &mut self,
        line: &mut Line,
        before: &[Known],
        mut replied: bool,
        mut due: Option<Instant>,
    ) -> Result<(), Failed> {
        let run = self.run.clone();
        let mut learning = (before.is_empty() && !replied && run.part.learns()).then(Vec::new);
        let mut dialogue = run.part.cast().await.map_err(failed)?;
        let mut turn = run.part.begin(&mut dialogue).await.map_err(failed)?;
        for known in before {
            turn = match dialogue.replied(&known.reply).await.map_err(failed)? {
                Step::Next(turn) => turn,
                Step::Done | Step::Wrong(_) => return Err(unsteady()),
            };
        }
        loop {
            if let Some(why) = verdict::too_large(&turn, run.most) {
                return Err(Failed(Cause::PluginFailed, why));
            }
            if let Some(turns) = &mut learning {
                turns.push(Known::new(&turn));
            }
            if !std::mem::take(&mut replied) {
                self.turn(line, &turn.send, &turn.expect, due.take())
                    .await?;
            }
            let reply = line.inbox.reply();
            if let Some(known) = learning.as_mut().and_then(|turns| turns.last_mut()) {
                known.reply = reply.to_vec();
            }
            turn = match dialogue.replied(reply).await.map_err(failed)? {
                Step::Next(turn) => turn,
                Step::Done => break,
                Step::Wrong(fault) => {
                    return Err(Failed(Cause::WrongReply, verdict::wrong(&fault, reply)));
                }
            };
            line.inbox.take_reply();
        }
        line.inbox.take_reply();
        if let Some(turns) = learning {
            run.part.learn(turns);
        }
        Ok(())
    }

    /// One turn, timed from when it was due, or else from now.
    async fn turn(
        &mut self,
        line: &mut Line,
        send: &[u8],
        expect: &Expect,
        due: Option<Instant>,
    ) -> Result<(), Failed> {
        let Self {
            run,
            tally,
            patience,
            ..
        } = self;
        let mut under_way = UnderWay {
            tally,
            since: Some(due.unwrap_or_else(Instant::now)),
        };
        let exchange = net::exchange(
            &mut line.stream,
            send,
            expect,
            &mut line.inbox,
            run.most,
            |_| {},
            async |_| Ok(()),
        );
        let result = patience.within(exchange).await;
        let took = under_way.over();
        line.finished |= *expect == Expect::ToEnd;
        let came = line.inbox.reply().len();
        let (cause, what) = match result {
            Some(Ok(())) => {
                let mut tally = tally.lock();
                tally.turns += 1;
                tally.sent += send.len() as u64;
                tally.received += came as u64;
                tally.turn_took(took);
                return Ok(());
            }
            Some(Err(broken)) => (cause(&broken), verdict::broken(&broken, run.most)),
            None => {
                // It has waited at least so long, and is not to be missing from the percentiles.
                tally.lock().turn_took(took);
                let limit = humantime::format_duration(run.timeout);
                let what = format!("it was not over within {limit} (see --timeout)");
                (Cause::Timeout, what)
            }
        };
        let mut text = verdict::not_whole(expect, came, &what);
        if matches!(cause, Cause::ClosedEarly) && came == 0 && !run.reconnect {
            text += "\nA server that closes after each dialogue wants --reconnect.";
        }
        Err(Failed(cause, text))
    }

    async fn connect(&mut self) -> Result<Line, Failed> {
        let run = &self.run;
        let began = Instant::now();
        let number = run.tried.fetch_add(1, Ordering::Relaxed);
        let source = run.sources.map(|sources| sources.of(number));
        let connecting = async {
            let mut last = io::Error::from(io::ErrorKind::NotFound);
            for address in &run.to {
                match net::connect_to(*address, source).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = error,
                }
            }
            Err(last)
        };
        match self.patience.within(connecting).await {
            Some(Ok(stream)) => {
                run.connected.store(true, Ordering::Relaxed);
                self.tally.lock().connecting_took(began.elapsed());
                Ok(Line {
                    stream,
                    inbox: Inbox::default(),
                    finished: false,
                })
            }
            Some(Err(error)) => Err(run.cannot_connect(&error)),
            None => Err(run.cannot_connect(&io::ErrorKind::TimedOut.into())),
        }
    }
}

impl Run {
    /// Where there is no connection at all, or no room for one more, the run is over.
    fn cannot_connect(&self, error: &io::Error) -> Failed {
        let out_of = |what: &str| format!("cannot open more connections: {error}\n{what}");
        let why = match error
            .raw_os_error()
            .map(rustix::io::Errno::from_raw_os_error)
        {
            Some(rustix::io::Errno::MFILE | rustix::io::Errno::NFILE) => Some(out_of(
                "Each connection takes a descriptor: raise the limit (ulimit -n), or take fewer --connections.",
            )),
            Some(rustix::io::Errno::ADDRNOTAVAIL | rustix::io::Errno::ADDRINUSE) => {
                Some(out_of(match self.sources {
                    Some(_) => {
                        "The addresses of --source are not this machine's, or their ports are all in use or cooling down."
                    }
                    None => {
                        "The ports of this machine's address are all in use or cooling down, some 28,000 of them. Connect from more addresses (to a server on this machine: --source 127.0.0.0/8), or leave out --reconnect."
                    }
                }))
            }
            _ if !self.connected.load(Ordering::Relaxed) => {
                let to = self.to.first().map(ToString::to_string).unwrap_or_default();
                Some(format!(
                    "cannot connect to {to}: {error}\nIs a server running there? `eco serve` starts one."
                ))
            }
            _ => None,
        };
        if let Some(why) = why {
            let _ = self.fatal.set(why);
            self.pace.end();
        }
        Failed(Cause::NotConnected, format!("cannot connect: {error}"))
    }
}

fn cause(broken: &Broken) -> Cause {
    match broken {
        Broken::Short => Cause::ClosedEarly,
        Broken::TooLong => Cause::ReplyTooLong,
        Broken::Write(_) | Broken::Read(_) | Broken::Sink(_) => Cause::Broken,
    }
}

fn failed(error: Error) -> Failed {
    Failed(Cause::PluginFailed, format!("the plugin failed: {error}"))
}

fn unsteady() -> Failed {
    let why = "the plugin failed: it says something else to the same bytes than before";
    Failed(Cause::PluginFailed, why.to_owned())
}

/// A turn that has begun. If it is dropped halfway, at the end of the run, it counts with the time
/// that it has had.
struct UnderWay<'a> {
    tally: &'a Shared,
    since: Option<Instant>,
}

impl UnderWay<'_> {
    fn over(&mut self) -> Duration {
        self.since
            .take()
            .map_or(Duration::ZERO, |since| since.elapsed())
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(since) = self.since.take() {
            let mut tally = self.tally.lock();
            tally.turn_took(since.elapsed());
            tally.failed(Cause::Unfinished, || {
                format!(
                    "a turn had taken {:.1?} when it was cut off",
                    since.elapsed()
                )
            });
        }
    }
}
