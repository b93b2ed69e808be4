//! A connection's participation in what connections share, and its timer: both have the plugin called for events.
//!
//! It owns when an event is due, and its turn among all events. What it can do with others is `eco_state`'s; the imports `topics`,
//! `store` and `timer` have a plugin ask for it.

pub(crate) mod event;
pub(crate) mod timer;

use crate::laboratory::Laboratory;
use eco_contract::SlowFlag;
use eco_fair::{Account, Place, RecentTime, Turn, TurnQueue};
use eco_state::{EventKind, Hearing, Lack, Limit, Participant, Problem, SharedState};
use event::Happening;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use timer::Timer;

/// Members that are told at once before others have their turn: to wake each takes about a microsecond.
/// Test: `state::topics::messages::many_messages_of_one_call_come_all_and_in_order`.
const AT_ONCE: usize = 64;
/// Members that a message counts for at least.
const LEAST: usize = 4;

/// What one connection shares with others. Nothing is made before the plugin asks for it.
pub(crate) struct Participation {
    pub(crate) connection: u64,
    /// `None` for a client.
    sharing: Option<Sharing>,
    participant: Option<Box<Participant>>,
    pub(crate) timer: Timer,
    /// What the plugin can be told. `None`: nothing, nor of its timer.
    listens: Option<Hearing>,
    /// Its turn for an event, which is to come.
    turn: Option<Turn>,
    /// Its turn for an event, which has come.
    place: Option<Place>,
    slow_flag: SlowFlag,
    /// Limits that the log has named.
    named: Vec<Limit>,
}

/// What a connection shares, with whom, and who pays for it.
pub(crate) struct Sharing {
    pub(crate) state: SharedState,
    pub(crate) peer: Arc<Account>,
    pub(crate) plugin: Arc<Account>,
    pub(crate) others: Others,
}

/// The others that a connection meets.
pub(crate) enum Others {
    /// The others of a server: calls for events wait for their turn there.
    Server(TurnQueue),
    /// Those of one run in a laboratory, which need no turns.
    Run(Laboratory),
}

impl Sharing {
    /// A turn for which this peer pays.
    fn turn(&self, peer: &Arc<Account>) -> Option<Turn> {
        let Others::Server(events) = &self.others else {
            return None;
        };
        Some(events.enter(&self.plugin, peer, RecentTime::default()))
    }
}

impl Participation {
    pub(crate) fn new(
        connection: u64,
        sharing: Option<Sharing>,
        timer: Timer,
        slow_flag: SlowFlag,
    ) -> Self {
        Self {
            connection,
            sharing,
            participant: None,
            timer,
            listens: None,
            turn: None,
            place: None,
            slow_flag,
            named: Vec::new(),
        }
    }

    /// The plugin can be told of its timer, and of so much of its topics.
    pub(crate) fn listens(&mut self, hearing: Hearing) {
        self.listens = Some(hearing);
    }

    /// What it hears of its topics.
    pub(crate) fn hearing(&self) -> Hearing {
        self.listens.unwrap_or(Hearing::Nothing)
    }

    /// Its place among those that share, which begins with this.
    pub(crate) fn participant(&mut self) -> Result<&mut Participant, Problem> {
        if self.participant.is_none() {
            let sharing = self.sharing.as_ref().ok_or_else(nothing_is_shared)?;
            let participant = sharing.state.participant_of(sharing.peer.clone());
            self.participant = Some(Box::new(participant));
        }
        let participant = self.participant.as_deref_mut();
        participant.ok_or_else(nothing_is_shared)
    }

    /// Whether one thing of so many bytes is within a limit. Where nothing is shared there is nothing to be done with it
    /// either.
    pub(crate) fn admit(&self, limit: Limit, bytes: usize) -> Result<(), Problem> {
        let sharing = self.sharing.as_ref().ok_or_else(nothing_is_shared)?;
        limit.admit(bytes, sharing.state.limits())
    }

    /// Looks at what came of something that it did there. A limit that is reached is in the log, once for each
    /// connection: in a laboratory in that of the run, which is shown to whoever wrote the plugin.
    pub(crate) fn note<T>(&mut self, result: Result<T, Problem>) -> Result<T, Problem> {
        if let Err(problem) = &result {
            self.tell(problem);
        }
        result
    }

    /// A call begins.
    pub(crate) fn begin_call(&mut self) {
        if let Some(participant) = &mut self.participant {
            participant.begin_call();
        }
    }

    /// Bytes of what the plugin has said in the running call, and what takes effect when that returns.
    pub(crate) fn pending_size(&self) -> usize {
        let participant = self.participant.as_ref();
        participant.map_or(0, |participant| participant.pending_size())
    }

    /// What the plugin has said takes effect: its call has returned well. It makes way for others when many were told.
    pub(crate) async fn commit(&mut self) {
        let mut told = 0;
        while let Some(participant) = &mut self.participant {
            told += participant.next_audience().max(LEAST);
            self.makes_way(&mut told).await;
            let Some(participant) = &mut self.participant else {
                return;
            };
            match participant.commit_one().await {
                Some(Ok(())) => {}
                Some(Err(problem)) => self.tell(&problem),
                None => return,
            }
        }
    }

    /// The turn that a plugin waits for before it comes to a topic of many.
    pub(crate) fn turn_before(&mut self, topic: &str) -> Result<Option<Turn>, Problem> {
        let is_many = self.participant()?.audience(topic, EventKind::Presence) > AT_ONCE;
        let sharing = self.sharing.as_ref().filter(|_| is_many);
        Ok(sharing.and_then(|sharing| sharing.turn(&sharing.peer)))
    }

    /// The plugin has said nothing: its call has failed.
    pub(crate) fn roll_back(&mut self) {
        if let Some(participant) = &mut self.participant {
            participant.roll_back();
        }
    }

    /// Makes way for others, when so many were told. They are counted anew then.
    async fn makes_way(&self, told: &mut usize) {
        if *told > AT_ONCE {
            *told = 0;
            // Those who were told take their turns first.
            tokio::task::yield_now().await;
            let own = |sharing: &Sharing| sharing.turn(&sharing.peer);
            if let Some(turn) = self.sharing.as_ref().and_then(own) {
                drop(turn.await);
            }
        }
    }

    /// Whether it is subscribed to anything.
    pub(crate) fn has_topics(&self) -> bool {
        let participant = self.participant.as_ref();
        participant.is_some_and(|participant| participant.has_topics())
    }

    /// Leaves all that it is subscribed to. It makes way as [`commit`](Self::commit) does.
    pub(crate) async fn leave(&mut self) {
        let mut told = 0;
        while let Some(participant) = &mut self.participant
            && let Some(audience) = participant.leave_one()
        {
            told += audience.max(LEAST);
            self.makes_way(&mut told).await;
        }
    }

    /// Whether it is a connection of a server, outside of laboratories.
    pub(crate) fn serves_others(&self) -> bool {
        let sharing = self.sharing.as_ref();
        sharing.is_some_and(|sharing| matches!(sharing.others, Others::Server(_)))
    }

    fn tell(&mut self, problem: &Problem) {
        let (Some(limit), Some(sharing)) = (problem.limit(), &self.sharing) else {
            return;
        };
        if !self.named.contains(&limit) {
            self.named.push(limit);
            let (connection, code) = (self.connection, limit.code());
            let value = limit.value(sharing.state.limits());
            let text = format!("the plugin reached a limit: {limit}, {value}");
            match &sharing.others {
                Others::Server(_) => tracing::warn!(connection, limit = code, "{text}"),
                Others::Run(laboratory) => laboratory.write(format!("eco: {text}")),
            }
        }
    }

    /// Ready when an event is due and may be handed on; else the task is woken when that is so. One event may be for
    /// thousands, and somebody's chunks are not to wait for all of these: calls for events take turns, in the order of what
    /// those who cause them have had, and while one waits for its turn its connection does what else comes.
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.listens.is_none() {
            return Poll::Pending;
        }
        if self.place.is_some() {
            return Poll::Ready(());
        }
        if self.turn.is_none() {
            let payer = match self.timer.poll(cx) {
                Poll::Ready(()) => None,
                Poll::Pending => match &self.participant {
                    Some(participant) => ready!(participant.poll_event(cx)),
                    None => return Poll::Pending,
                },
            };
            // A slow one has its place among those.
            let sharing = self.sharing.as_ref().filter(|_| !self.slow_flag.is_slow());
            let turn =
                sharing.and_then(|sharing| sharing.turn(payer.as_ref().unwrap_or(&sharing.peer)));
            match turn {
                Some(turn) => self.turn = Some(turn),
                None => return Poll::Ready(()),
            }
        }
        if let Some(turn) = &mut self.turn {
            self.place = Some(ready!(Pin::new(turn).poll(cx)));
            self.turn = None;
        }
        Poll::Ready(())
    }

    /// The turn that has come, for the event that is taken now.
    pub(crate) fn take_turn(&mut self) -> Option<Place> {
        self.turn = None;
        self.place.take()
    }

    /// Something else comes before the event.
    pub(crate) fn give_up_turn(&mut self) {
        self.turn = None;
        self.place = None;
    }

    /// The event that is due, if there is one, and who pays for it, if that is not its own peer.
    pub(crate) fn next_event(&mut self) -> Option<(Happening, Option<Arc<Account>>)> {
        if self.timer.is_due() {
            return Some((Happening::Timer, None));
        }
        let heard = self.participant.as_mut()?.next_event()?;
        Some((Happening::from(&*heard), heard.payer().cloned()))
    }
}

fn nothing_is_shared() -> Problem {
    Problem::Unavailable(Lack::Part)
}
