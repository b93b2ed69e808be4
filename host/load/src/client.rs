//! One connection of the load: it holds dialogue after dialogue.
//!
//! Turns come from the cache as far as it knows the dialogue, else from an instance of the plugin. It owns
//! the order of turns, and `turn` does each.

use super::client_code::Dialogues;
use super::connection::Connection;
use super::dialogue_cache::{CachedTurn, DialogueCache};
use super::dialogue_time::{DialogueTime, Took};
use super::failure::{Cause, Failure, Fatal};
use super::instance_pool::{InstancePool, meanwhile};
use super::own_time::OwnTime;
use super::pace::{Due, WakeUps};
use super::run::Run;
use super::tally::{Failed, SharedTally};
use eco_contract::Expect;
use eco_net::ReusableTimeout;
use eco_plugin::Step;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::AsyncWriteExt as _;

/// One connection's side of the run.
pub(super) struct Client {
    pub(super) run: Arc<Run>,
    pub(super) tally: SharedTally,
    pub(super) pool: Arc<InstancePool>,
    pub(super) wake_ups: WakeUps,
    pub(super) timeout: ReusableTimeout,
    pub(super) own_time: OwnTime,
    pub(super) dialogue_time: DialogueTime,
    /// When the dialogue under way began to wait for its next step.
    pub(super) waiting: Option<Instant>,
}

impl Client {
    /// Holds dialogues until the run is over, and closes the connection.
    pub(super) async fn run(mut self) {
        let mut connection = None;
        self.hold_dialogues(&mut connection).await;
        self.close(connection).await;
    }

    async fn hold_dialogues(&mut self, connection: &mut Option<Connection>) {
        let run = self.run.clone();
        // When the connection became free for the next dialogue.
        let mut free = Instant::now();
        while let Some(due) = run.pace.next() {
            if let Some(due) = due.time() {
                let Self { pool, tally, .. } = &*self;
                let waiting = pin!(self.wake_ups.at(due));
                let starting = async {
                    let dialogues = run.dialogues.of_plugin();
                    if let Some(dialogues) = dialogues.filter(|it| pool.has_room(it)) {
                        pool.add(dialogues, tally).await;
                    }
                };
                tokio::select! {
                    biased;
                    () = meanwhile(waiting, starting) => {}
                    () = run.pace.ended() => return,
                }
            }
            self.waiting = Some(due.time().unwrap_or(free));
            let may_begin = due.time().map_or(free, |due| due.max(free));
            self.own_time.dialogue_may_begin(may_begin);
            let result = self.dialogue(connection, due).await;
            self.waiting = None;
            free = Instant::now();
            self.own_time.stops(free);
            let own = self.own_time.of_turn();
            let took = self.dialogue_time.take();
            if result.is_ok() && took == Some(Took::Nothing) {
                // It would repeat as often as there is time, and measure nothing but that.
                return run.give_up(Fatal::NothingToMeasure);
            }
            {
                let mut tally = self.tally.lock();
                own.into_iter().for_each(|own| tally.client_took(own));
                if let Some(Took::Time(time)) = took {
                    tally.dialogue_took(time);
                }
                tally.dialogues += u64::from(result.is_ok());
            }
            if let Err(Failed(cause, example)) = result {
                self.tally.lock().failed(cause, 1, || example);
                if cause == Cause::NotConnected {
                    if !run.goes_on_after_a_rest().await {
                        return;
                    }
                    free = Instant::now();
                }
            }
            if run.reconnect
                || connection
                    .as_ref()
                    .is_some_and(|open: &Connection| open.finished)
            {
                self.close(connection.take()).await;
            }
            // A dialogue without a byte never waits, and the others want their turn too.
            tokio::task::consume_budget().await;
        }
    }

    /// Closes a connection in order, which takes more than its drop where there is a layer over it.
    async fn close(&mut self, connection: Option<Connection>) {
        if let Some(mut open) = connection
            && !open.finished
            && !open.stream.drop_sends_fin()
        {
            let _ = self.timeout.within(open.stream.shutdown()).await;
        }
    }

    async fn dialogue(
        &mut self,
        connection: &mut Option<Connection>,
        due: Due,
    ) -> Result<(), Failed> {
        let run = self.run.clone();
        let dialogues = match &run.dialogues {
            Dialogues::Plugin(dialogues) => dialogues,
            Dialogues::Program(program) => return self.run_program(program, due.time()).await,
        };
        let mut open = match connection.take() {
            Some(open) => open,
            None => {
                self.own_time.stops(Instant::now());
                let open = Connection::open(&run, &self.tally, &mut self.timeout).await?;
                self.own_time.goes_on(Instant::now());
                open
            }
        };
        let result = self.hold_dialogue(dialogues, &mut open, due).await;
        match result {
            Ok(()) => *connection = Some(open),
            // A reset leaves no port behind that would have to cool down.
            Err(_) => open.stream.reset_on_drop(),
        }
        result
    }

    async fn hold_dialogue(
        &mut self,
        dialogues: &DialogueCache,
        open: &mut Connection,
        due: Due,
    ) -> Result<(), Failed> {
        let mut due = due.time();
        let cached = dialogues.turns();
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
            self.ask_plugin(dialogues, open, before, !cached.is_empty(), due)
                .await?;
        }
        if open.inbox.is_empty() {
            Ok(())
        } else {
            let failure = Failure::Surplus(open.inbox.reply());
            Err(self.run.failed(&failure))
        }
    }

    /// Holds the dialogue with an instance of the plugin, which first replays the turns `before`. With
    /// `replied` the next turn is over too, and only its reply is judged.
    async fn ask_plugin(
        &mut self,
        dialogues: &DialogueCache,
        open: &mut Connection,
        before: &[CachedTurn],
        mut replied: bool,
        mut due: Option<Instant>,
    ) -> Result<(), Failed> {
        let (run, pool, tally) = (self.run.clone(), self.pool.clone(), self.tally.clone());
        let failed = |error| run.failed(&Failure::Plugin(&error));
        let at_its_beginning = before.is_empty() && !replied;
        let mut recording = at_its_beginning.then(|| dialogues.record()).flatten();
        let taking = pool.take(dialogues, &tally);
        let mut dialogue = taking.await.map_err(failed)?;
        let starting = dialogues.start(&mut dialogue);
        let mut turn = tally.of_plugin(starting).await.map_err(failed)?;
        for cached in before {
            let replying = dialogue.replied(&cached.reply);
            turn = match tally.of_plugin(replying).await.map_err(failed)? {
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
            let replying = dialogue.replied(reply);
            turn = match tally.of_plugin(replying).await.map_err(failed)? {
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
}

/// A dialogue dropped halfway, at the end of the run, counts with its time so far.
impl Drop for Client {
    fn drop(&mut self) {
        if let Some(since) = self.waiting.take() {
            let mut tally = self.tally.lock();
            tally.turn_took(since.elapsed());
            tally.dialogue_took(self.dialogue_time.up_to(Instant::now(), since));
            let failure = Failure::Unfinished(since.elapsed());
            tally.failed(failure.cause(), 1, || (self.run.describe)(&failure));
        }
    }
}
