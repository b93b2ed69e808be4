//! The source of a case's randomness and date: the bytes of the exercise's files.
//!
//! A judge and a submission never get the same random bytes, so that no plugin can guess those of the judge.
//! `Laboratory` makes them of the seed.

use eco_plugin::Laboratory;
use sha2::{Digest as _, Sha256};

/// The seed of an exercise: the same for the same files, on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// The seed of an exercise with these files.
    pub(super) fn of(files: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for file in files {
            // With its length, so that no other files make the same sequence.
            hash.update((file.len() as u64).to_le_bytes());
            hash.update(file);
        }
        Self(hash.finalize().into())
    }

    /// The seed of the case with this name.
    pub(super) fn of_case(&self, name: &str) -> CaseSeed {
        let draw = |what: &str| -> [u8; 32] {
            let hash = Sha256::new().chain_update(self.0).chain_update(what);
            hash.chain_update([0]).chain_update(name).finalize().into()
        };
        let [a, b, c, d, e, f, g, h, ..] = draw("date");
        CaseSeed {
            judge: draw("judge"),
            submission: draw("submission"),
            date: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        }
    }
}

/// The seed of one case, for judge and submission each its own. The date is the same for both, as between
/// two machines whose clocks are right: a judge may compare a time with its own.
pub(super) struct CaseSeed {
    judge: [u8; 32],
    submission: [u8; 32],
    date: u64,
}

impl CaseSeed {
    /// A new laboratory for a dialogue of the judge.
    pub(super) fn judge(&self) -> Laboratory {
        Laboratory::new(self.judge, self.date)
    }

    /// A new laboratory for a run of the submission.
    pub(super) fn submission(&self) -> Laboratory {
        Laboratory::new(self.submission, self.date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_case_and_role_has_a_seed_of_its_own() {
        let one = Seed::of(&[b"ab"]);
        assert_eq!(one, Seed::of(&[b"ab"]));
        for other in [&[b"a".as_slice(), b"b"][..], &[b"ab", b""], &[b"ac"], &[]] {
            assert_ne!(one, Seed::of(other));
        }
        let (case, other) = (one.of_case("a case"), one.of_case("another"));
        let seeds = [case.judge, case.submission, other.judge, other.submission];
        let different: std::collections::BTreeSet<_> = seeds.into_iter().collect();
        assert_eq!(different.len(), seeds.len());
        assert_ne!(case.date, other.date);
    }
}
