//! One connection of the load: dialogue after dialogue, each turn timed and each reply checked.

use super::line::{Failed, Line, Run};
use super::pace::{Alarm, Due};
use super::rehearsal::Known;
use super::tally::{Cause, Shared};
use crate::command::verdict;
use crate::contract::Expect;
use crate::net::{self, Broken, Patience};
use crate::plugin::{Error, Step};
use std::sync::Arc;
use std::time::Instant;

/// One connection's side of the run.
pub(super) struct Caller {
    pub(super) run: Arc<Run>,
    pub(super) tally: Shared,
    pub(super) alarm: Alarm,
    pub(super) patience: Patience,
    /// Since when the dialogue that is under way has waited for what comes next.
    pub(super) waiting: Option<Instant>,
}

impl Caller {
    /// Holds dialogues until the run is over.
    pub(super) async fn call(mut self) {
        let run = self.run.clone();
        let mut line = None;
        while let Some(due) = run.pace.next() {
            if let Some(due) = due.time() {
                tokio::select! {
                    biased;
                    () = self.alarm.at(due) => {}
                    () = run.pace.ended() => return,
                }
            }
            self.waiting = Some(due.time().unwrap_or_else(Instant::now));
            let result = self.dialogue(&mut line, due).await;
            self.waiting = None;
            match result {
                Ok(()) => self.tally.lock().dialogues += 1,
                Err(Failed(cause, example)) => {
                    self.tally.lock().failed(cause, 1, || example);
                    if cause == Cause::NotConnected && run.has_rested().await.is_err() {
                        return;
                    }
                }
            }
            if run.reconnect || line.as_ref().is_some_and(|line| line.finished) {
                line = None;
            }
            // A dialogue without a byte never waits, and the others want their turn too.
            tokio::task::consume_budget().await;
        }
    }

    async fn dialogue(&mut self, line: &mut Option<Line>, due: Due) -> Result<(), Failed> {
        let run = self.run.clone();
        let mut open = match line.take() {
            Some(line) => line,
            None => Line::open(&run, &self.tally, &mut self.patience).await?,
        };
        let result = self.converse(&mut open, due).await;
        match result {
            Ok(()) => *line = Some(open),
            // A reset leaves no port behind that would have to cool down.
            Err(_) => drop(open.stream.set_zero_linger()),
        }
        result
    }

    async fn converse(&mut self, open: &mut Line, due: Due) -> Result<(), Failed> {
        let run = self.run.clone();
        let mut due = due.time();
        let known = run.part.known();
        let mut place = 0;
        for turn in known {
            self.turn(open, &turn.send, &turn.expect, due.take())
                .await?;
            if open.inbox.reply() != turn.reply {
                break;
            }
            open.inbox.take_reply();
            place += 1;
        }
        if known.is_empty() || place < known.len() {
            let before = known.get(..place).unwrap_or_default();
            self.improvise(open, before, !known.is_empty(), due).await?;
        }
        match open.inbox.is_empty() {
            true => Ok(()),
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
        let at_its_beginning = before.is_empty() && !replied;
        let mut lesson = at_its_beginning.then(|| run.part.lesson()).flatten();
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
            lesson = lesson.and_then(|lesson| lesson.asked(&turn));
            if !std::mem::take(&mut replied) {
                self.turn(line, &turn.send, &turn.expect, due.take())
                    .await?;
            }
            let reply = line.inbox.reply();
            lesson = lesson.and_then(|lesson| lesson.heard(reply));
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
        if let Some(lesson) = lesson {
            lesson.learnt();
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
        let since = due.unwrap_or_else(Instant::now);
        self.waiting = Some(since);
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
        let took = since.elapsed();
        line.finished |= *expect == Expect::ToEnd;
        let came = line.inbox.reply().len();
        {
            let mut tally = tally.lock();
            // One that failed has waited as well, and is not to be missing from the percentiles.
            tally.turn_took(took);
            if let Some(Ok(())) = result {
                tally.turns += 1;
                tally.sent += send.len() as u64;
                tally.received += came as u64;
            }
        }
        let (cause, what) = match result {
            Some(Ok(())) => return Ok(()),
            Some(Err(broken)) => (cause(&broken), verdict::broken(&broken, run.most)),
            None => {
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
}

fn cause(broken: &Broken) -> Cause {
    match broken {
        Broken::Short => Cause::ClosedEarly,
        Broken::TooLong => Cause::ReplyTooLong,
        Broken::NoMemory(_) => Cause::NoMemory,
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

/// A dialogue that is dropped halfway, at the end of the run, counts with the time that it has had.
impl Drop for Caller {
    fn drop(&mut self) {
        if let Some(since) = self.waiting.take() {
            let mut tally = self.tally.lock();
            tally.turn_took(since.elapsed());
            tally.failed(Cause::Unfinished, 1, || {
                format!(
                    "a dialogue had waited for {:.1?} when it was cut off",
                    since.elapsed()
                )
            });
        }
    }
}
