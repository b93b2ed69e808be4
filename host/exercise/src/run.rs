//! One run: the steps of a case, under one split, over the connections that it opens.
//!
//! It owns the order of events. `stream` compares the replies.

use super::case::{Action, Step};
use super::clock::{Clock, UsedUp};
use super::connections::{Answer, Connections, Failed, Then};
use super::failure::{Failure, Place};
use super::split::{Cuts, Split, Streams};
use super::stream::{Divergence, Expected, State, Stream};
use super::transcript::{Side, Transcript};
use super::verdict::Verdict;
use std::sync::Arc;
use std::time::Duration;

/// The result of a run.
pub(super) struct Outcome {
    /// `None`: the plugin was right.
    pub(super) failure: Option<Failure>,
    /// The most fuel that a connection used.
    pub(super) fuel: u64,
}

/// Plays the steps, with each connection's stream cut at `cuts`, as long as the clock has time left.
pub(super) async fn run(
    steps: &[Step],
    streams: &Streams,
    cuts: Cuts,
    split: Split,
    connections: Connections,
    clock: &Clock,
) -> Outcome {
    let lines = streams.sent.iter().zip(cuts).zip(&streams.expected);
    let mut player = Player {
        connections,
        streams: lines
            .map(|((sent, cuts), expected)| Stream::new(sent, cuts, *expected))
            .collect(),
        transcript: Transcript::of(names(steps)),
        clock,
    };
    let failure = match player.play(steps).await {
        Ok(()) => None,
        Err((connection, stop)) => {
            let mut failure = player.explain(connection, stop, split);
            if failure.verdict == Verdict::MissingBytes {
                failure.flush_hint = player.connections.flush_hint(connection).await;
            }
            Some(failure)
        }
    };
    Outcome {
        failure,
        fuel: player.connections.fuel(),
    }
}

/// The names of the connections, in their order. Empty if they have numbers.
fn names(steps: &[Step]) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    for step in steps {
        // The first use of a name gives it the next number.
        if let Some(name) = &step.name
            && step.connection == names.len()
        {
            names.push(name.clone());
        }
    }
    names
}

struct Player<'a> {
    connections: Connections,
    streams: Vec<Stream<'a>>,
    transcript: Transcript,
    clock: &'a Clock,
}

/// The reason that a run stops before its end.
enum Stop<'a> {
    Diverged(Divergence<'a>),
    Failed(Failed),
}

impl<'a> From<Divergence<'a>> for Stop<'a> {
    fn from(divergence: Divergence<'a>) -> Self {
        Self::Diverged(divergence)
    }
}

impl From<Failed> for Stop<'_> {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

impl From<UsedUp> for Stop<'_> {
    fn from(used_up: UsedUp) -> Self {
        Self::Failed(used_up.into())
    }
}

/// There is always one: steps and streams are made of the same case.
fn no_stream() -> Stop<'static> {
    Stop::Failed(Failed::Internal("a step names no connection".to_owned()))
}

impl<'a> Player<'a> {
    async fn play(&mut self, steps: &'a [Step]) -> Result<(), (usize, Stop<'a>)> {
        for step in steps {
            match step.action {
                Action::Pause(time) => self.pause(step.connection, time).await?,
                _ => {
                    let played = self.step(step).await;
                    played.map_err(|stop| (step.connection, stop))?;
                }
            }
            self.settle().await?;
        }
        for connection in 0..self.streams.len() {
            let ended = self.end(connection).await;
            ended.map_err(|stop| (connection, stop))?;
        }
        Ok(())
    }

    fn stream(&mut self, connection: usize) -> Result<&mut Stream<'a>, Stop<'a>> {
        self.streams.get_mut(connection).ok_or_else(no_stream)
    }

    async fn step(&mut self, step: &'a Step) -> Result<(), Stop<'a>> {
        let (connection, clock) = (step.connection, self.clock);
        clock.check()?;
        self.open(connection).await?;
        match &step.action {
            Action::Open | Action::Pause(_) => {}
            Action::Send(bytes) => {
                let stream = self.stream(connection)?;
                stream.check_settled()?;
                stream.allow(bytes.len());
                self.deliver(connection).await?;
            }
            Action::Expect(pattern) => {
                let stream = self.stream(connection)?;
                stream.expect(Expected::Next(pattern));
                stream.check(clock)?;
            }
            Action::ExpectClose => {
                let stream = self.stream(connection)?;
                stream.expect(Expected::Close);
                stream.check(clock)?;
            }
            Action::HalfClose => {
                let stream = self.stream(connection)?;
                stream.check_settled()?;
                stream.client_ends();
                if stream.state.takes_input() {
                    self.transcript
                        .note(connection, Side::Client, "end of input");
                    let answer = self.connections.finish(connection).await;
                    self.take(connection, answer)?;
                }
            }
        }
        Ok(())
    }

    /// Lets time pass. Timers fire when they are due.
    async fn pause(&mut self, connection: usize, time: Duration) -> Result<(), (usize, Stop<'a>)> {
        let words = format!("time passes: {}", humantime::format_duration(time));
        self.transcript.note(connection, Side::Client, &words);
        let mut left = time;
        while let Some(next) = self.connections.next_timer().filter(|next| *next <= left) {
            self.clock
                .check()
                .map_err(|used_up| (connection, used_up.into()))?;
            self.connections.pause(next);
            left = left.saturating_sub(next);
            self.settle().await?;
        }
        self.connections.pause(left);
        Ok(())
    }

    /// Tells the plugin of events beside its connections, the lowest connection first, until there are no
    /// more. Each costs it fuel.
    async fn settle(&mut self) -> Result<(), (usize, Stop<'a>)> {
        let mut connection = 0;
        while let Some(stream) = self.streams.get(connection) {
            let heard = if stream.state.takes_input() {
                self.connections.hear(connection).await
            } else {
                None
            };
            connection = match heard {
                Some(answer) => {
                    let taken = self.take(connection, answer);
                    let taken = taken.and_then(|()| Ok(self.clock.check()?));
                    taken.map_err(|stop| (connection, stop))?;
                    0
                }
                None => connection + 1,
            };
        }
        Ok(())
    }

    async fn open(&mut self, connection: usize) -> Result<(), Stop<'a>> {
        if self.stream(connection)?.state != State::Unopened {
            return Ok(());
        }
        self.stream(connection)?.state = State::Open;
        let answer = self.connections.open(connection).await;
        self.take(connection, answer)
    }

    /// Hands over all chunks that may be sent by now.
    async fn deliver(&mut self, connection: usize) -> Result<(), Stop<'a>> {
        let clock = self.clock;
        while let Some(chunk) = self.stream(connection)?.next_chunk() {
            // Bytes sent to a plugin that has closed get lost, as on any connection.
            if self.stream(connection)?.state.takes_input() {
                clock.check()?;
                self.transcript.bytes(connection, Side::Client, chunk);
                let answer = self.connections.send(connection, chunk).await;
                self.take(connection, answer)?;
            }
            self.stream(connection)?.check(clock)?;
        }
        Ok(())
    }

    fn take(&mut self, connection: usize, answer: Answer) -> Result<(), Stop<'a>> {
        let Answer { data, then } = answer;
        self.transcript.bytes(connection, Side::Plugin, &data);
        let ended = match then {
            Then::Open => None,
            Then::Finished => Some((State::Finished, "finishes")),
            Then::Closed => Some((State::Closed, "closes")),
            Then::Reset => Some((State::Reset, "resets")),
            Then::Failed(failed) => {
                self.transcript.note(connection, Side::Plugin, "fails");
                return Err(failed.into());
            }
        };
        let stream = self.stream(connection)?;
        if let Some((state, _)) = ended {
            stream.state = state;
        }
        stream.take(&data)?;
        if let Some((_, words)) = ended {
            self.transcript.note(connection, Side::Plugin, words);
        }
        Ok(())
    }

    async fn end(&mut self, connection: usize) -> Result<(), Stop<'a>> {
        self.clock.check()?;
        let stream = self.stream(connection)?;
        stream.check_end()?;
        if stream.state != State::Unopened {
            self.connections.leave(connection).await?;
        }
        Ok(())
    }

    fn explain(&self, connection: usize, stop: Stop<'_>, split: Split) -> Failure {
        let failure = match stop {
            Stop::Diverged(divergence) => {
                let stream = self.streams.get(connection);
                Failure {
                    place: stream.map(|stream| Place::of(&divergence, stream)),
                    ..Failure::new(divergence.verdict, split, connection)
                }
            }
            Stop::Failed(Failed::Plugin(error)) => {
                Failure::new(Verdict::from(&error), split, connection)
            }
            Stop::Failed(Failed::Internal(what)) => {
                Failure::new(Verdict::Internal(what), split, connection)
            }
        };
        failure.with(self.transcript.clone(), self.connections.log())
    }
}
