//! Splits: the ways in which the same bytes of a case arrive.
//!
//! A chunk is not a message: exercises teach this before all else. So every case runs under several splits,
//! and the stream of replies must be the same.

use super::case::{Action, Pattern, Step};
use chacha20::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use std::collections::BTreeSet;
use std::fmt;

/// The largest chunk of a plugin, as in `eco serve`.
pub(super) const CHUNK: usize = 64 * 1024;

/// Small pieces of a connection, single bytes or random ones; the rest comes whole. Each is a call, and the
/// first few find a plugin that takes a chunk for a message. Test: `judging::splits::only_so_many_pieces_are_small`.
const SMALL_PIECES: usize = 1024;

/// The longest piece of each random split.
const RANDOM_PIECES: [u64; 4] = [2, 7, 64, 1024];

/// A way to split the bytes of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Split {
    /// Each send is a chunk.
    AsWritten,
    /// All bytes of a connection are one chunk.
    AllInOne,
    /// One byte at a time.
    SingleBytes,
    /// Random pieces, the same for the same number.
    Random(u8),
    /// A split reduced to the cuts that its failure needs.
    Smallest,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsWritten => f.write_str("as written"),
            Self::AllInOne => f.write_str("all in one chunk"),
            Self::SingleBytes => f.write_str("one byte at a time"),
            Self::Random(number) => write!(f, "in random pieces (no. {number})"),
            Self::Smallest => {
                f.write_str("in these pieces: as few cuts as it takes to break the plugin")
            }
        }
    }
}

impl Split {
    /// The splits of every case, in this order.
    pub fn all() -> impl Iterator<Item = Self> {
        let random = (1..)
            .zip(RANDOM_PIECES)
            .map(|(number, _)| Self::Random(number));
        [Self::AsWritten, Self::AllInOne, Self::SingleBytes]
            .into_iter()
            .chain(random)
    }

    /// Whether it cuts where the author did not, so that a plugin may be right as written and fail here.
    pub fn is_finer(self) -> bool {
        matches!(self, Self::SingleBytes | Self::Random(_) | Self::Smallest)
    }

    /// The ends of the pieces of `length` bytes, the last of which is `length`. `stream` tells apart streams
    /// of the same length.
    pub(super) fn ends(self, length: usize, stream: usize) -> BTreeSet<usize> {
        let mut ends: BTreeSet<usize> = match self {
            Self::AsWritten | Self::AllInOne | Self::Smallest => BTreeSet::new(),
            Self::SingleBytes => (1..=length.min(SMALL_PIECES)).collect(),
            Self::Random(number) => random(number, length, stream),
        };
        ends.insert(length);
        ends.remove(&0);
        ends
    }
}

fn random(number: u8, length: usize, stream: usize) -> BTreeSet<usize> {
    let longest = RANDOM_PIECES
        .get(usize::from(number).saturating_sub(1))
        .copied()
        .unwrap_or(1);
    let mut randomness = ChaCha8Rng::seed_from_u64(u64::from(number) << 32 | stream as u64);
    let mut end = 0;
    std::iter::from_fn(|| {
        let piece = randomness.next_u64() % longest + 1;
        end += usize::try_from(piece).unwrap_or(1);
        (end < length).then_some(end)
    })
    .take(SMALL_PIECES)
    .collect()
}

/// The cuts of each connection's stream: the ends of its chunks.
pub(super) type Cuts = Vec<BTreeSet<usize>>;

/// The streams of a case's connections, and their possible cuts.
pub(super) struct Streams {
    /// All bytes that each connection sends.
    pub(super) sent: Vec<Vec<u8>>,
    /// Bytes of the reply to each, as far as the case says it.
    pub(super) expected: Vec<usize>,
    /// The ends of its sends.
    written: Cuts,
    /// The ends in every split: the stream's own, pauses, and places where another connection with a name
    /// goes on.
    kept: Cuts,
}

impl Streams {
    pub(super) fn of(steps: &[Step]) -> Self {
        let connections = steps.iter().map(|step| step.connection + 1).max();
        let connections = connections.unwrap_or(0);
        let mut sent = vec![Vec::new(); connections];
        let mut expected = vec![0; connections];
        let mut written: Cuts = vec![BTreeSet::new(); connections];
        let mut kept: Cuts = vec![BTreeSet::new(); connections];
        let mut before: Option<usize> = None;
        for step in steps {
            // Connections with names belong together: the bytes of one have arrived before another does
            // anything.
            if let Some(before) = before.filter(|before| *before != step.connection)
                && step.name.is_some()
                && let (Some(stream), Some(ends)) = (sent.get(before), kept.get_mut(before))
            {
                ends.insert(stream.len());
            }
            before = Some(step.connection);
            match &step.action {
                Action::Send(bytes) => {
                    if let (Some(stream), Some(ends)) = (
                        sent.get_mut(step.connection),
                        written.get_mut(step.connection),
                    ) {
                        stream.extend_from_slice(bytes);
                        ends.insert(stream.len());
                    }
                }
                Action::Expect(Pattern::Bytes(bytes)) => {
                    if let Some(expected) = expected.get_mut(step.connection) {
                        *expected += bytes.len();
                    }
                }
                // All bytes have arrived by then, on every connection.
                Action::Pause(_) => {
                    for (stream, ends) in sent.iter().zip(&mut kept) {
                        ends.insert(stream.len());
                    }
                }
                _ => {}
            }
        }
        for (stream, ends) in sent.iter().zip(&mut kept) {
            ends.insert(stream.len());
            ends.remove(&0);
        }
        Self {
            sent,
            expected,
            written,
            kept,
        }
    }

    /// The cuts of `split`.
    pub(super) fn cuts(&self, split: Split) -> Cuts {
        let streams = self.sent.iter().zip(&self.written).enumerate();
        let cuts = streams.map(|(number, (stream, written))| match split {
            Split::AsWritten => written.clone(),
            _ => split.ends(stream.len(), number),
        });
        self.with_kept(cuts.collect())
    }

    /// These cuts, and those of every split.
    pub(super) fn with_kept(&self, mut cuts: Cuts) -> Cuts {
        for ((cuts, kept), stream) in cuts.iter_mut().zip(&self.kept).zip(&self.sent) {
            cuts.extend(kept);
            limit(cuts, stream.len());
        }
        cuts
    }

    /// The cuts that could be left out, as pairs of a connection and a place.
    pub(super) fn free(&self, cuts: &Cuts) -> Vec<(usize, usize)> {
        let streams = cuts.iter().zip(&self.kept).enumerate();
        streams
            .flat_map(|(number, (cuts, kept))| {
                let free = cuts.difference(kept);
                free.map(move |place| (number, *place))
            })
            .collect()
    }

    /// The cuts at these places.
    pub(super) fn at(&self, places: &[(usize, usize)]) -> Cuts {
        let mut cuts: Cuts = vec![BTreeSet::new(); self.sent.len()];
        for (number, place) in places {
            if let Some(cuts) = cuts.get_mut(*number) {
                cuts.insert(*place);
            }
        }
        self.with_kept(cuts)
    }
}

/// Cuts pieces that are longer than a chunk.
fn limit(cuts: &mut BTreeSet<usize>, length: usize) {
    let mut last = 0;
    while length - last > CHUNK {
        let next = cuts.range(last + 1..=last + CHUNK).next_back().copied();
        last = next.unwrap_or(last + CHUNK);
        cuts.insert(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(connection: usize, bytes: &[u8]) -> Step {
        Step {
            connection,
            name: None,
            action: Action::Send(bytes.to_vec()),
        }
    }

    #[test]
    fn every_split_keeps_the_bytes_and_where_a_pause_was() {
        let pause = Step {
            connection: 0,
            name: None,
            action: Action::Pause(std::time::Duration::ZERO),
        };
        let steps = [send(0, b"abc"), pause, send(1, b"xy"), send(0, b"defg")];
        let streams = Streams::of(&steps);
        assert_eq!(streams.sent, [b"abcdefg".to_vec(), b"xy".to_vec()]);
        for split in Split::all() {
            let cuts = streams.cuts(split);
            assert_eq!(
                cuts.iter().filter_map(BTreeSet::last).collect::<Vec<_>>(),
                [&7, &2]
            );
            assert!(
                cuts.first().is_some_and(|cuts| cuts.contains(&3)),
                "{split}"
            );
        }
        let all_in_one = streams.cuts(Split::AllInOne);
        assert_eq!(all_in_one, [BTreeSet::from([3, 7]), BTreeSet::from([2])]);
        assert_eq!(
            streams.cuts(Split::SingleBytes).first().map(BTreeSet::len),
            Some(7)
        );
    }

    #[test]
    fn no_chunk_is_longer_than_a_socket_gives() {
        let streams = Streams::of(&[send(0, &vec![0; 3 * CHUNK + 5])]);
        for split in Split::all() {
            let mut last = 0;
            for end in streams.cuts(split).first().into_iter().flatten() {
                assert!(end - last <= CHUNK, "{split}: {last} to {end}");
                last = *end;
            }
        }
    }
}
