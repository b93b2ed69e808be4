//! The version of an exercise: one number for the contents of its files.
//!
//! A digest tells nothing of the random bytes in the exercise.

use sha2::{Digest as _, Sha256};
use std::fmt::{self, Display, LowerHex};

/// A SHA-256 of an exercise: of its TOML, of the bytes that its steps send and expect, and of its judges. As
/// text the first sixteen hexadecimal digits, and all of them as `{:x}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Hashes the parts of an exercise, in this order.
    pub(super) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        // The seed of random bytes is a hash of the same TOML alone.
        let mut hash = Sha256::new().chain_update("digest");
        for part in parts {
            // With its length, so that no other parts make the same sequence.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

impl Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, f8, g, h, ..] = self.0;
        write!(f, "{:016x}", u64::from_be_bytes([a, b, c, d, e, f8, g, h]))
    }
}

impl LowerHex for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use crate::{Cases, Exercise, Files};
    use std::fs;

    const TOML: &str = "format = 1\nslug = \"one\"\ntitle = \"One\"\npoints = 1\n\
        [[cases]]\nname = \"sent\"\nsteps = [{ send-file = \"sent.bin\" }, { expect = \"!\" }]\n\
        [[cases]]\nname = \"judged\"\njudge = \"judge.js\"\n";

    #[test]
    fn each_file_that_judges_makes_another_digest_and_no_digest_is_a_seed() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let read = || Exercise::read(&Files::Folder(folder.path().into()), Cases::All).unwrap();
        put("exercise.toml", TOML);
        put("sent.bin", "a");
        put("judge.js", "1");
        let first = read();
        assert_eq!(first.digest, read().digest);
        let mut seen = vec![first.digest];
        for (name, text) in [
            ("sent.bin", "b"),
            ("judge.js", "2"),
            ("exercise.toml", &TOML.replace("One", "Two")),
            (
                "hidden.toml",
                "[[cases]]\nname = \"h\"\nsteps = [{ send = \"a\" }, { expect = \"!\" }]\n",
            ),
        ] {
            put(name, text);
            let digest = read().digest;
            assert!(!seen.contains(&digest), "{name}");
            seen.push(digest);
        }
        // It shows nothing of the random bytes.
        let seed = format!("{:?}", first.seed);
        let whole = format!("{:x}", first.digest);
        assert!(whole.starts_with(&first.digest.to_string()) && whole.len() == 64);
        assert_ne!(
            format!("{:?}", first.digest).replace("Digest", "Seed"),
            seed
        );
    }
}
