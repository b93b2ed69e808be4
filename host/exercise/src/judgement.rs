//! The judgement of a case.

use super::failure::Failure;
use super::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// The judgement of a case. It can be written down and read again, by the same version of eco.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Its details, unless the plugin passed or never ran.
    pub failure: Option<Box<Failure>>,
    /// The most fuel that a connection of any run used.
    pub fuel: u64,
}

impl Judgement {
    /// The judgement of a plugin that can't run at all.
    pub fn unrun(verdict: Verdict) -> Self {
        Self {
            verdict,
            failure: None,
            fuel: 0,
        }
    }

    /// The judgement of runs that ended with this failure, or with none.
    pub(super) fn of(failure: Option<Failure>, fuel: u64) -> Self {
        Self {
            verdict: match &failure {
                Some(failure) => failure.verdict.clone(),
                None => Verdict::Passed,
            },
            failure: failure.map(Box::new),
            fuel,
        }
    }

    /// Keeps transcript and log if `room` has so many bytes, and takes them from it.
    pub(super) fn keep_within(&mut self, room: &mut usize) {
        let Some(failure) = &mut self.failure else {
            return;
        };
        match room.checked_sub(failure.size()) {
            Some(left) => *room = left,
            None => failure.forget_details(),
        }
    }

    /// Whether the plugin was right in all of it.
    pub fn passed(&self) -> bool {
        self.verdict == Verdict::Passed
    }

    /// Whether something else failed, so that the plugin could not be judged.
    pub fn is_internal(&self) -> bool {
        matches!(self.verdict, Verdict::Internal(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Place;
    use crate::{Side, Split, Transcript};

    #[test]
    fn what_is_written_down_is_read_again_as_it_was() {
        let mut transcript = Transcript::of(vec!["anna".into(), "ben".into()]);
        transcript.bytes(1, Side::Client, b"a\xff\n");
        transcript.note(0, Side::Plugin, "it ends");
        let mut failure = Failure::new(Verdict::Crashed("oh\0".to_owned()), Split::Random(3), 1)
            .with(transcript, vec!["said \u{202e}".to_owned(); 30]);
        failure.judge = Some("no".to_owned());
        failure.place = Some(Place {
            offset: 3,
            came: usize::MAX,
            chunk: Some((1, 2..usize::MAX)),
            expected: "e".to_owned(),
            actual: String::new(),
        });
        let judgements = [
            Judgement::of(Some(failure), u64::MAX),
            Judgement::of(None, 7),
            Judgement::unrun(Verdict::TooComplex("so".to_owned())),
        ];
        let written = serde_json::to_string(&judgements).unwrap_or_default();
        let read: Vec<Judgement> = serde_json::from_str(&written).unwrap_or_default();
        assert_eq!(format!("{read:?}"), format!("{judgements:?}"));
    }
}
