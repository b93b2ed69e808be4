//! Inputs that are nearly right: a seed, changed in a few places.
//!
//! Random bytes get no further than the first check of any format. The seeds are the project's own files and
//! those in `corpus/`, which have what was found once, or is rare. A recipe is what the fuzzer chooses.

use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of an input. What is beyond is left out: more of the same finds nothing new.
const MOST: usize = 32 * 1024;

/// Which seed, how many of the changes, and the changes in order.
pub(crate) type Recipe = (u16, u8, Vec<Change>);
/// What is done, where, over how many bytes, and with which byte or word.
type Change = (u8, u32, u8, u8);

/// What inputs are made of.
pub(crate) struct Seeds {
    seeds: Vec<Vec<u8>>,
    /// What means something in the format.
    words: &'static [&'static [u8]],
}

impl Seeds {
    pub(crate) fn of(seeds: Vec<Vec<u8>>, words: &'static [&'static [u8]]) -> Self {
        assert!(!seeds.is_empty(), "there are no seeds");
        Self { seeds, words }
    }

    /// The seeds as they are, which every target tries first.
    pub(crate) fn as_they_are(&self) -> &[Vec<u8>] {
        &self.seeds
    }

    pub(crate) fn make(&self, (seed, changes, change): &Recipe) -> Vec<u8> {
        let mut input = self.seeds[usize::from(*seed) % self.seeds.len()].clone();
        // Few, most of the time: with many nothing is left that is right.
        let changes = usize::from(*changes).trailing_ones() as usize + 1;
        for change in change.iter().take(changes) {
            self.change(&mut input, *change);
            input.truncate(MOST);
        }
        input
    }

    fn change(&self, input: &mut Vec<u8>, (what, at, length, with): Change) {
        let at = at as usize % (input.len() + 1);
        let one = at..(at + 1).min(input.len());
        let some = at..(at + usize::from(length) % 64).min(input.len());
        let line = line(input, at);
        let with_end = |mut word: Vec<u8>| {
            word.push(b'\n');
            word
        };
        let (range, bytes) = match what % 14 {
            0 => (one, vec![with]),
            1 => {
                let flipped = input[one.clone()]
                    .iter()
                    .map(|byte| byte ^ (1 << (with % 8)));
                (one, flipped.collect())
            }
            2 => (at..at, vec![with; usize::from(length) % 16]),
            3 => (some, Vec::new()),
            4 => (at..at, input[some].repeat(usize::from(with) % 8 + 1)),
            // Once in a while by the thousand.
            5 => {
                let times = usize::from(with) * usize::from(with);
                let again = input[some].repeat(times);
                (at..at, again.into_iter().take(MOST).collect())
            }
            6 => {
                let other = &self.seeds[usize::from(with) % self.seeds.len()];
                let from = at % (other.len() + 1);
                let to = (from + usize::from(length)).min(other.len());
                (at..at, other[from..to].to_vec())
            }
            7 => (at..at, self.word(with)),
            8 => (some, self.word(with)),
            9 => (at..input.len(), Vec::new()),
            // The others are for texts: a line, and what follows its equals sign.
            10 => (line, Vec::new()),
            11 => (line.end..line.end, input[line].to_vec()),
            12 => (line, with_end(self.word(with))),
            _ => {
                let equals = input[line.clone()].iter().position(|byte| *byte == b'=');
                let from = equals.map_or(line.start, |place| line.start + place + 1);
                (from..line.end, with_end(self.word(with)))
            }
        };
        input.splice(range, bytes);
    }

    fn word(&self, number: u8) -> Vec<u8> {
        let words = self.words;
        match words.len() {
            0 => vec![number],
            length => words[usize::from(number) % length].to_vec(),
        }
    }
}

/// The line around a place, with its end.
fn line(input: &[u8], at: usize) -> std::ops::Range<usize> {
    let before = input[..at].iter().rposition(|byte| *byte == b'\n');
    let after = input[at..].iter().position(|byte| *byte == b'\n');
    before.map_or(0, |place| place + 1)..after.map_or(input.len(), |place| at + place + 1)
}

/// The path of a file of the project.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name)
}

/// The files in a folder of the project whose names end like this, in order, also those in folders in it.
pub(crate) fn files(folder: &str, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![path(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.to_string_lossy().ends_with(end) => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// What is in these files.
pub(crate) fn contents(files: impl IntoIterator<Item = PathBuf>) -> Vec<Vec<u8>> {
    files
        .into_iter()
        .map(|path| fs::read(path).unwrap())
        .collect()
}
