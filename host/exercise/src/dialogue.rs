//! A case with a client plugin as its judge: it chooses the messages and the reads, and finds mistakes.

use super::case::MOST_BYTES;
use super::clock::{Clock, UsedUp};
use super::connections::{Answer, Connections, Failed, Then};
use super::failure::Failure;
use super::judgement::Judgement;
use super::seed::CaseSeed;
use super::split::Split;
use super::stream::SURPLUS;
use super::transcript::{Side, Transcript};
use super::verdict::Verdict;
use bytesize::ByteSize;
use eco_contract::Expect;
use eco_plugin::{ClientPlugin, Dialogue, Error, Fault, Laboratory, ServerPlugin, Step};
use eco_text::escape::Escaped;

/// Turns of a judge. One that goes on for ever is the exercise's mistake.
/// Test: `judging::judges::a_judge_that_fails_or_never_ends_is_an_internal_error`.
const TURNS: usize = 10_000;

/// Bytes that a judge may send in a run, or wait for at once: as many as the steps of a case may have. More
/// is the exercise's mistake. Test: `judging::judges::a_judge_that_takes_much_is_an_internal_error`.
pub(super) const MOST_SENT: usize = MOST_BYTES;

/// The judge's only connection.
const ONLY: usize = 0;

pub(super) async fn under_every_split(
    judge: &ClientPlugin,
    message: Option<&[u8]>,
    seed: &CaseSeed,
    plugin: &ServerPlugin,
    clock: &Clock,
) -> Result<Judgement, UsedUp> {
    let mut fuel = 0;
    // The next message may depend on the reply, so that nothing can be sent together with it.
    for split in Split::all().filter(|split| *split != Split::AllInOne) {
        let mut talk = Talk {
            connections: Connections::new(plugin, seed.submission()),
            split,
            turn: 0,
            sent: 0,
            came: Vec::new(),
            ended: false,
            transcript: Transcript::default(),
            clock,
        };
        let held = clock
            .within(talk.hold(judge, message, &seed.judge()))
            .await?;
        fuel = fuel.max(talk.connections.fuel());
        if let Err(stop) = held {
            let (verdict, said) = stop.verdict();
            let failure =
                Failure::new(verdict, split, ONLY).with(talk.transcript, talk.connections.log());
            let flush_hint = match failure.verdict {
                Verdict::MissingBytes => talk.connections.flush_hint(ONLY).await,
                _ => None,
            };
            let failure = Failure {
                judge: said,
                flush_hint,
                ..failure
            };
            return Ok(Judgement::of(Some(failure), fuel));
        }
    }
    Ok(Judgement::of(None, fuel))
}

struct Talk<'a> {
    connections: Connections,
    split: Split,
    turn: usize,
    /// Bytes sent so far.
    sent: usize,
    /// Bytes that came, and that the judge did not ask for yet.
    came: Vec<u8>,
    ended: bool,
    transcript: Transcript,
    clock: &'a Clock,
}

/// The reason that a dialogue stops before its end.
enum Stop {
    Wrong(Fault),
    Missing,
    Extra,
    Ended,
    Plugin(Failed),
    Judge(String),
}

impl Stop {
    fn verdict(self) -> (Verdict, Option<String>) {
        match self {
            Self::Wrong(fault) => {
                let place = match fault.offset {
                    Some(offset) => format!(", at byte {offset} of the reply"),
                    None => String::new(),
                };
                let said = format!("{}{place}", Escaped(fault.reason.as_bytes()));
                (Verdict::WrongBytes, Some(said))
            }
            Self::Missing => (Verdict::MissingBytes, None),
            Self::Extra => (Verdict::ExtraBytes, None),
            Self::Ended => (Verdict::ClosedEarly, None),
            Self::Plugin(Failed::Plugin(error)) => (Verdict::from(&error), None),
            Self::Plugin(Failed::Internal(what)) => (Verdict::Internal(what), None),
            Self::Judge(what) => (Verdict::Internal(format!("the judge: {what}")), None),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Judge(error.to_string())
    }
}

impl From<UsedUp> for Stop {
    fn from(used_up: UsedUp) -> Self {
        Self::Plugin(used_up.into())
    }
}

impl Talk<'_> {
    async fn hold(
        &mut self,
        judge: &ClientPlugin,
        message: Option<&[u8]>,
        lab: &Laboratory,
    ) -> Result<(), Stop> {
        let mut dialogue = judge.dialogue_in(lab).await?;
        let greeting = self.connections.open(ONLY).await;
        self.take(greeting)?;
        let turn = dialogue.start(message).await?;
        let (mut send, mut expect) = (turn.send.into_owned(), turn.expect);
        while self.turn < TURNS {
            self.clock.check()?;
            self.turn += 1;
            self.send(&send, &expect).await?;
            let reply = self.read(&expect).await?;
            match self.judged(&mut dialogue, &reply).await? {
                Some(next) => (send, expect) = next,
                None => return self.leave().await,
            }
        }
        Err(Stop::Judge(format!("it took more than {TURNS} turns")))
    }

    async fn judged(
        &mut self,
        dialogue: &mut Dialogue,
        reply: &[u8],
    ) -> Result<Option<(Vec<u8>, Expect)>, Stop> {
        match dialogue.replied(reply).await? {
            Step::Next(turn) => Ok(Some((turn.send.into_owned(), turn.expect))),
            Step::Done if self.came.is_empty() => Ok(None),
            Step::Done => Err(Stop::Extra),
            Step::Wrong(fault) => Err(Stop::Wrong(fault)),
        }
    }

    async fn send(&mut self, bytes: &[u8], expect: &Expect) -> Result<(), Stop> {
        self.sent = self.sent.saturating_add(bytes.len());
        let wanted = match expect {
            Expect::Exactly(length) => usize::try_from(*length).unwrap_or(usize::MAX),
            Expect::Through(_) | Expect::ToEnd | Expect::Nothing => 0,
        };
        for (much, does) in [(self.sent, "sends"), (wanted, "waits for")] {
            if much > MOST_SENT {
                let most = ByteSize(MOST_SENT as u64);
                return Err(Stop::Judge(format!("it {does} more than {most}")));
            }
        }
        let most = wanted.saturating_add(self.sent).saturating_add(SURPLUS);
        let mut start = 0;
        for end in self.split.ends(bytes.len(), self.turn) {
            let piece = bytes.get(start..end).unwrap_or_default();
            start = end;
            for chunk in piece.chunks(super::split::CHUNK) {
                if !self.ended {
                    self.clock.check()?;
                    self.transcript.bytes(ONLY, Side::Client, chunk);
                    let answer = self.connections.send(ONLY, chunk).await;
                    self.take(answer)?;
                }
                if self.came.len() > most {
                    return Err(Stop::Extra);
                }
            }
        }
        Ok(())
    }

    /// The reply to a turn, taken from the bytes that came.
    async fn read(&mut self, expect: &Expect) -> Result<Vec<u8>, Stop> {
        let length = match expect {
            Expect::Nothing => Some(0),
            Expect::Exactly(length) => usize::try_from(*length)
                .ok()
                .filter(|length| *length <= self.came.len()),
            Expect::Through(end) => {
                memchr::memmem::find(&self.came, end).map(|start| start + end.len())
            }
            Expect::ToEnd => {
                if !self.ended {
                    self.transcript.note(ONLY, Side::Client, "end of input");
                    let last = self.connections.finish(ONLY).await;
                    self.take(last)?;
                }
                Some(self.came.len())
            }
        };
        match (length, self.ended) {
            (Some(length), _) => Ok(self.came.drain(..length).collect()),
            (None, true) => Err(Stop::Ended),
            (None, false) => Err(Stop::Missing),
        }
    }

    fn take(&mut self, answer: Answer) -> Result<(), Stop> {
        let Answer { data, then } = answer;
        self.transcript.bytes(ONLY, Side::Plugin, &data);
        self.came.extend_from_slice(&data);
        match then {
            Then::Open => Ok(()),
            Then::Finished | Then::Closed | Then::Reset => {
                self.transcript.note(ONLY, Side::Plugin, "closes");
                self.ended = true;
                Ok(())
            }
            Then::Failed(failed) => Err(Stop::Plugin(failed)),
        }
    }

    async fn leave(&mut self) -> Result<(), Stop> {
        self.connections.leave(ONLY).await.map_err(Stop::Plugin)
    }
}
