//! One connection of the load: dialogue after dialogue, each turn timed and each reply checked.

use super::connection::Connection;
use super::dialogue_cache::CachedTurn;
use super::failure::{Cause, Failure, NotWhole};
use super::pace::{Due, WakeUps};
use super::run::Run;
use super::tally::{Failed, SharedTally};
use eco_contract::Expect;
use eco_net::{self as net, Request, ReusableTimeout};
use eco_plugin::Step;
use std::sync::Arc;
use std::time::Instant;

/// One connection's side of the run.
pub(super) struct Client {
    pub(super) run: Arc<Run>,
    pub(super) tally: SharedTally,
    pub(super) wake_ups: WakeUps,
    pub(super) timeout: ReusableTimeout,
    /// Since when the dialogue that is under way has waited for what comes next.
    pub(super) waiting: Option<Instant>,
}

impl Client {
    /// Holds dialogues until the run is over.
    pub(super) async fn run(mut self) {
        let run = self.run.clone();
        let mut connection = None;
        while let Some(due) = run.pace.next() {
            if let Some(due) = due.time() {
                tokio::select! {
                    biased;
                    () = self.wake_ups.at(due) => {}
                    () = run.pace.ended() => return,
                }
            }
            self.waiting = Some(due.time().unwrap_or_else(Instant::now));
            let result = self.dialogue(&mut connection, due).await;
            self.waiting = None;
            match result {
                Ok(()) => self.tally.lock().dialogues += 1,
                Err(Failed(cause, example)) => {
                    self.tally.lock().failed(cause, 1, || example);
                    if cause == Cause::NotConnected && !run.goes_on_after_a_rest().await {
                        return;
                    }
                }
            }
            if run.reconnect
                || connection
                    .as_ref()
                    .is_some_and(|open: &Connection| open.finished)
            {
                connection = None;
            }
            // A dialogue without a byte never waits, and the others want their turn too.
            tokio::task::consume_budget().await;
        }
    }

    async fn dialogue(
        &mut self,
        connection: &mut Option<Connection>,
        due: Due,
    ) -> Result<(), Failed> {
        let run = self.run.clone();
        let mut open = match connection.take() {
            Some(open) => open,
            None => Connection::open(&run, &self.tally, &mut self.timeout).await?,
        };
        let result = self.hold_dialogue(&mut open, due).await;
        match result {
            Ok(()) => *connection = Some(open),
            // A reset leaves no port behind that would have to cool down.
            Err(_) => drop(open.stream.set_zero_linger()),
        }
        result
    }

    async fn hold_dialogue(&mut self, open: &mut Connection, due: Due) -> Result<(), Failed> {
        let run = self.run.clone();
        let mut due = due.time();
        let cached = run.dialogues.turns();
        let mut place = 0;
        for turn in cached {
            self.turn(open, &turn.send, &turn.expect, due.take())
                .await?;
            if open.inbox.reply() != turn.reply {
                break;
            }
            open.inbox.take_reply();
            place += 1;
        }
        if cached.is_empty() || place < cached.len() {
            let before = cached.get(..place).unwrap_or_default();
            self.ask_plugin(open, before, !cached.is_empty(), due)
                .await?;
        }
        if open.inbox.is_empty() {
            Ok(())
        } else {
            let failure = Failure::Surplus(open.inbox.reply());
            Err(run.failed(&failure))
        }
    }

    /// The dialogue with an instance of its own, from where the turns `before` are over. `replied`
    /// says that the next turn is over too, and only its reply is to be judged.
    async fn ask_plugin(
        &mut self,
        open: &mut Connection,
        before: &[CachedTurn],
        mut replied: bool,
        mut due: Option<Instant>,
    ) -> Result<(), Failed> {
        let run = self.run.clone();
        let failed = |error| run.failed(&Failure::Plugin(&error));
        let at_its_beginning = before.is_empty() && !replied;
        let mut recording = at_its_beginning.then(|| run.dialogues.record()).flatten();
        let mut dialogue = run.dialogues.instantiate().await.map_err(failed)?;
        let mut turn = run.dialogues.start(&mut dialogue).await.map_err(failed)?;
        for cached in before {
            turn = match dialogue.replied(&cached.reply).await.map_err(failed)? {
                Step::Next(turn) => turn,
                Step::Done | Step::Wrong(_) => return Err(run.failed(&Failure::Unsteady)),
            };
        }
        loop {
            if let Expect::Exactly(bytes) = turn.expect
                && bytes > run.most as u64
            {
                let most = run.most;
                return Err(run.failed(&Failure::ExpectsTooMuch { bytes, most }));
            }
            recording = recording.and_then(|recording| recording.sent(&turn));
            if !std::mem::take(&mut replied) {
                self.turn(open, &turn.send, &turn.expect, due.take())
                    .await?;
            }
            let reply = open.inbox.reply();
            recording = recording.and_then(|recording| recording.received(reply));
            turn = match dialogue.replied(reply).await.map_err(failed)? {
                Step::Next(turn) => turn,
                Step::Done => break,
                Step::Wrong(fault) => {
                    let fault = &fault;
                    return Err(run.failed(&Failure::WrongReply { fault, reply }));
                }
            };
            open.inbox.take_reply();
        }
        open.inbox.take_reply();
        if let Some(recording) = recording {
            recording.finish();
        }
        Ok(())
    }

    /// One turn, timed from when it was due, or else from now.
    async fn turn(
        &mut self,
        open: &mut Connection,
        send: &[u8],
        expect: &Expect,
        due: Option<Instant>,
    ) -> Result<(), Failed> {
        let Self {
            run,
            tally,
            timeout,
            ..
        } = self;
        let since = due.unwrap_or_else(Instant::now);
        self.waiting = Some(since);
        let request = Request {
            send,
            expect,
            most: run.most,
        };
        let exchange = net::exchange(
            &mut open.stream,
            request,
            &mut open.inbox,
            |_| {},
            async |_| Ok(()),
        );
        let result = timeout.within(exchange).await;
        let took = since.elapsed();
        open.finished |= *expect == Expect::ToEnd;
        let came = open.inbox.reply().len();
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
        let why = match &result {
            Some(Ok(())) => return Ok(()),
            Some(Err(broken)) => NotWhole::Broken {
                broken,
                most: run.most,
                reused: !run.reconnect,
            },
            None => NotWhole::Timeout(run.timeout),
        };
        Err(run.failed(&Failure::NotWhole { expect, came, why }))
    }
}

/// A dialogue that is dropped halfway, at the end of the run, counts with the time that it has had.
impl Drop for Client {
    fn drop(&mut self) {
        if let Some(since) = self.waiting.take() {
            let mut tally = self.tally.lock();
            tally.turn_took(since.elapsed());
            let failure = Failure::Unfinished(since.elapsed());
            tally.failed(failure.cause(), 1, || (self.run.describe)(&failure));
        }
    }
}
