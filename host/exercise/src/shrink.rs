//! The smallest split that breaks a plugin: cuts are left out as long as it still fails.
//!
//! This is delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input",
//! 2002) over the cuts of streams.

/// Smaller splits that are tried. One cut among a thousand is found in some twenty tries. After the last try
/// the smallest one so far is shown. Test: `judging::splits::the_smallest_split_that_breaks_it_is_shown`.
const TRIES: usize = 100;

/// The fewest of `cuts` that still fail, within [`TRIES`]. `fails` gives the failure under some of them, if
/// there is one; an error ends the search. `None` if no smaller set fails.
pub(super) async fn smallest<T, E, F, Fut>(mut cuts: Vec<(usize, usize)>, mut fails: F) -> Option<T>
where
    F: FnMut(Vec<(usize, usize)>) -> Fut,
    Fut: Future<Output = Result<Option<T>, E>>,
{
    let mut best = None;
    let mut parts = 2;
    let mut tries = 0;
    while cuts.len() >= 2 {
        let size = cuts.len().div_ceil(parts);
        let pieces: Vec<_> = cuts.chunks(size).map(<[_]>::to_vec).collect();
        // Each part alone, then all but one of them.
        let without = |index: usize| {
            let others = pieces
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index);
            others.flat_map(|(_, piece)| piece.clone()).collect()
        };
        let rests: Vec<Vec<_>> = match pieces.len() {
            2 => Vec::new(),
            several => (0..several).map(without).collect(),
        };
        let alone = pieces.len();
        let mut smaller = None;
        for (index, candidate) in pieces.iter().cloned().chain(rests).enumerate() {
            if tries == TRIES {
                return best;
            }
            tries += 1;
            let Ok(failed) = fails(candidate.clone()).await else {
                return best;
            };
            if let Some(failure) = failed {
                best = Some(failure);
                smaller = Some((candidate, index < alone));
                break;
            }
        }
        match smaller {
            Some((candidate, true)) => (cuts, parts) = (candidate, 2),
            Some((candidate, false)) => (cuts, parts) = (candidate, (parts - 1).max(2)),
            None if parts >= cuts.len() => break,
            None => parts = (parts * 2).min(cuts.len()),
        }
    }
    best
}
