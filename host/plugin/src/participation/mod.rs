//! A connection's participation in the shared state, and its timer. Both cause events, and the plugin is called for
//! each.
//!
//! It owns the due time of an event, and its turn among all events. `eco_state` implements topics and the store; the
//! imports `topics`, `store` and `timer` give plugins access.

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

/// Members that are told before others have their turn: waking each takes about a microsecond.
/// Test: `state::topics::messages::many_messages_of_one_call_come_all_and_in_order`.
const AT_ONCE: usize = 64;
/// The least number of members that a message counts for.
const LEAST: usize = 4;

/// One connection's participation in the shared state. Its participant is created when the plugin first needs it.
pub(crate) struct Participation {
    pub(crate) connection: u64,
    /// `None` for a client.
    sharing: Option<Sharing>,
    participant: Option<Box<Participant>>,
    pub(crate) timer: Timer,
    /// The events of topics that the plugin hears. A plugin with `None` hears nothing, not even of its timer.
    listens: Option<Hearing>,
    /// The turn for an event, while it is awaited.
    turn: Option<Turn>,
    /// The place for an event, whose turn has come.
    place: Option<Place>,
    slow_flag: SlowFlag,
    /// Limits that the log has named.
    named: Vec<Limit>,
}

/// The state that a connection shares, the accounts that pay for it, and the other connections.
pub(crate) struct Sharing {
    pub(crate) state: SharedState,
    pub(crate) peer: Arc<Account>,
    pub(crate) plugin: Arc<Account>,
    pub(crate) others: Others,
}

/// The others that a connection meets.
pub(crate) enum Others {
    /// Connections of a server, whose calls for events take turns.
    Server(TurnQueue),
    /// Connections of one run in a laboratory, which need no turns.
    Run(Laboratory),
}

impl Sharing {
    /// Enters the queue for a turn that this peer pays for. `None` in a laboratory.
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

    /// Notes that the plugin hears of its timer, and these events of its topics.
    pub(crate) fn listens(&mut self, hearing: Hearing) {
        self.listens = Some(hearing);
    }

    /// The events of topics that the plugin hears.
    pub(crate) fn hearing(&self) -> Hearing {
        self.listens.unwrap_or(Hearing::Nothing)
    }

    /// The connection's participant in the shared state, created at the first use.
    pub(crate) fn participant(&mut self) -> Result<&mut Participant, Problem> {
        if self.participant.is_none() {
            let sharing = self.sharing.as_ref().ok_or_else(nothing_is_shared)?;
            let participant = sharing.state.participant_of(sharing.peer.clone());
            self.participant = Some(Box::new(participant));
        }
        let participant = self.participant.as_deref_mut();
        participant.ok_or_else(nothing_is_shared)
    }

    /// Checks one thing of so many bytes against a limit. Where nothing is shared, everything is refused.
    pub(crate) fn admit(&self, limit: Limit, bytes: usize) -> Result<(), Problem> {
        let sharing = self.sharing.as_ref().ok_or_else(nothing_is_shared)?;
        limit.admit(bytes, sharing.state.limits())
    }

    /// Passes on the result of an operation, and logs a limit that it reached, once for each connection. A laboratory
    /// has the line in the run's log, which the plugin's author is shown.
    pub(crate) fn note<T>(&mut self, result: Result<T, Problem>) -> Result<T, Problem> {
        if let Err(problem) = &result {
            self.tell(problem);
        }
        result
    }

    /// Begins a call.
    pub(crate) fn begin_call(&mut self) {
        if let Some(participant) = &mut self.participant {
            participant.begin_call();
        }
    }

    /// Bytes of the running call's messages and unsubscriptions, which take effect when the call returns.
    pub(crate) fn pending_size(&self) -> usize {
        let participant = self.participant.as_ref();
        participant.map_or(0, |participant| participant.pending_size())
    }

    /// Commits the messages and unsubscriptions of a call that returned well. It makes way for others when many
    /// members were told.
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

    /// The turn that a plugin waits for before it subscribes to a topic of many members.
    pub(crate) fn turn_before(&mut self, topic: &str) -> Result<Option<Turn>, Problem> {
        let is_many = self.participant()?.audience(topic, EventKind::Presence) > AT_ONCE;
        let sharing = self.sharing.as_ref().filter(|_| is_many);
        Ok(sharing.and_then(|sharing| sharing.turn(&sharing.peer)))
    }

    /// Drops the messages and unsubscriptions of a call that failed.
    pub(crate) fn roll_back(&mut self) {
        if let Some(participant) = &mut self.participant {
            participant.roll_back();
        }
    }

    /// Makes way for others, if enough members were told, and counts anew.
    async fn makes_way(&self, told: &mut usize) {
        if *told > AT_ONCE {
            *told = 0;
            // The members that were told take their turns first.
            tokio::task::yield_now().await;
            let own = |sharing: &Sharing| sharing.turn(&sharing.peer);
            if let Some(turn) = self.sharing.as_ref().and_then(own) {
                drop(turn.await);
            }
        }
    }

    /// Whether the connection is subscribed to a topic.
    pub(crate) fn has_topics(&self) -> bool {
        let participant = self.participant.as_ref();
        participant.is_some_and(|participant| participant.has_topics())
    }

    /// Unsubscribes from all topics. It makes way as [`commit`](Self::commit) does.
    pub(crate) async fn leave(&mut self) {
        let mut told = 0;
        while let Some(participant) = &mut self.participant
            && let Some(audience) = participant.leave_one()
        {
            told += audience.max(LEAST);
            self.makes_way(&mut told).await;
        }
    }

    /// Whether the connection is a server's, outside of laboratories.
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

    /// Ready when an event is due and its turn has come; else the task is woken then. One event may reach thousands
    /// of connections, and chunks of others must not wait for all these calls. So calls for events take turns, in the
    /// order of their payers' recent processor time. A connection that waits for its turn handles chunks meanwhile.
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
            // A slow connection waits for a place among slow calls instead.
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

    /// Takes the place for the event that is handled now.
    pub(crate) fn take_turn(&mut self) -> Option<Place> {
        self.turn = None;
        self.place.take()
    }

    /// Gives up the turn, since the connection handles something else first.
    pub(crate) fn give_up_turn(&mut self) {
        self.turn = None;
        self.place = None;
    }

    /// The event that is due, if any, with its payer unless that is the connection's own peer.
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
