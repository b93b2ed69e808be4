//! The file that keeps the judgements on one submission: its name, its form, and the checks of both.

use super::super::submissions::PluginFile;
use eco_exercise::Judgement;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io;

/// The largest file, in bytes: many times the judgements of twenty failed cases. A submission with more is not kept, and is
/// graded anew.
/// Test: `entry::tests::what_is_damaged_or_too_large_is_not_taken`.
pub(super) const MOST_KEPT: usize = 4 * 1024 * 1024;

/// The name of the file: a hash of the submission's name and of its plugin.
pub(crate) struct Key(String);

impl Key {
    /// The key of a student's plugin.
    pub(crate) fn new(student: &str, file: &PluginFile) -> Self {
        let parts = [student.as_bytes(), file.name.as_bytes(), &file.bytes];
        Self(hash(parts))
    }

    /// The file's name.
    pub(super) fn name(&self) -> &str {
        &self.0
    }
}

/// Writes judgements. A hash of them and of their key stands before them, and shows damage, or another submission's file.
pub(super) fn write(judgements: &[Judgement], key: &Key) -> io::Result<Vec<u8>> {
    let judgements = serde_json::to_vec(judgements)?;
    let mut kept = hash([key.0.as_bytes(), &judgements]).into_bytes();
    kept.extend(judgements);
    Ok(kept)
}

/// Reads what [`write()`] has written. `None`: it is damaged, too large, or of another key.
pub(super) fn parse(kept: &[u8], key: &Key) -> Option<Vec<Judgement>> {
    let (sum, judgements) = kept.split_at_checked(2 * Sha256::output_size())?;
    if kept.len() > MOST_KEPT || sum != hash([key.0.as_bytes(), judgements]).as_bytes() {
        return None;
    }
    serde_json::from_slice(judgements).ok()
}

/// SHA-256 of the parts in hexadecimal digits. Each part is hashed with its length, so that other parts have another hash.
pub(super) fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut text = String::new();
    for byte in hash.finalize() {
        // Writing to a string never fails.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
pub(super) mod tests {
    use super::*;
    use eco_exercise::Verdict;

    pub(in super::super) fn key(name: &str) -> Key {
        let file = PluginFile {
            name: "plugin.js".to_owned(),
            bytes: b"bytes".to_vec(),
        };
        Key::new(name, &file)
    }

    pub(in super::super) fn judgements() -> [Judgement; 1] {
        [Judgement::unrun(Verdict::Crashed("oh".to_owned()))]
    }

    #[test]
    fn what_is_damaged_or_too_large_is_not_taken() {
        let judgements = [Judgement::unrun(Verdict::Crashed("oh".to_owned()))];
        let kept = write(&judgements, &key("anna")).unwrap();
        let read = parse(&kept, &key("anna")).unwrap();
        assert_eq!(read[0].verdict, judgements[0].verdict);
        assert!(parse(&kept, &key("ben")).is_none());
        for end in 0..kept.len() {
            assert!(parse(&kept[..end], &key("anna")).is_none(), "{end}");
        }
        for place in 0..kept.len() {
            let mut damaged = kept.clone();
            damaged[place] ^= 1;
            assert!(parse(&damaged, &key("anna")).is_none(), "{place}");
        }
        let long = Verdict::Crashed("o".repeat(MOST_KEPT));
        let kept = write(&[Judgement::unrun(long)], &key("anna")).unwrap();
        assert!(parse(&kept, &key("anna")).is_none());
    }
}
