//! The seal at the end of each file of compiled code: a checksum of all bytes before it, and a mark.
//!
//! A file may have its whole length and wrong contents: the machine lost power before they were on the disk, or a copy
//! left out blocks. Such code must not be run. A checksum is enough, since nobody else can write to the folder, and
//! computing it takes a start less time than reading the file.

use crc32fast::Hasher;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write};

/// The last bytes of each file, after the checksum.
const MARK: [u8; 8] = *b"eco-code";
/// Bytes of the checksum and the mark.
const SEAL: u64 = 4 + MARK.len() as u64;
/// Bytes that are read at once.
const BLOCK: usize = 256 * 1024;

/// A writer that ends a file with a seal.
pub(super) struct Sealing<'a> {
    file: &'a File,
    sum: Hasher,
}

impl<'a> Sealing<'a> {
    /// Starts at the file's current position.
    pub(super) fn new(file: &'a File) -> Self {
        Self {
            file,
            sum: Hasher::new(),
        }
    }

    /// Writes the seal, after which nothing may follow.
    pub(super) fn seal(mut self) -> io::Result<()> {
        let sum = self.sum.finalize().to_le_bytes();
        self.file.write_all(&sum)?;
        self.file.write_all(&MARK)
    }
}

impl Write for Sealing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sum.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Checks a file against its seal, and returns the number of bytes before the seal.
///
/// # Errors
/// The file can't be read, or doesn't have the bytes that were written.
pub(super) fn check(mut file: &File) -> io::Result<u64> {
    let damaged = || io::Error::from(io::ErrorKind::InvalidData);
    let length = file.metadata()?.len().checked_sub(SEAL);
    let length = length.ok_or_else(damaged)?;
    file.rewind()?;
    let mut sum = Hasher::new();
    let mut block = vec![0; BLOCK];
    let mut left = length;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
        let read = file.read(block.get_mut(..most).unwrap_or_default())?;
        let bytes = block.get(..read).filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or_else(damaged)?;
        sum.update(bytes);
        left -= bytes.len() as u64;
    }
    let mut seal = [0; SEAL as usize];
    file.read_exact(&mut seal)?;
    if seal.split_at(4) == (&sum.finalize().to_le_bytes()[..], &MARK[..]) {
        Ok(length)
    } else {
        Err(damaged())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::io::SeekFrom;

    #[test]
    fn what_was_written_is_whole_and_what_lacks_a_page_is_not() {
        let file = tempfile::tempfile().unwrap();
        let code: Vec<u8> = (0..BLOCK * 2 + 7)
            .map(|place| (place % 251) as u8)
            .collect();
        let mut sealing = Sealing::new(&file);
        sealing.write_all(&code).unwrap();
        sealing.seal().unwrap();
        assert_eq!(check(&file).unwrap(), code.len() as u64);
        for place in [0, BLOCK + 4096, code.len() - 100] {
            let mut hole = &file;
            let old = code.get(place..place + 100).unwrap();
            hole.seek(SeekFrom::Start(place as u64)).unwrap();
            hole.write_all(&[0; 100]).unwrap();
            assert!(check(&file).is_err(), "{place}");
            hole.seek(SeekFrom::Start(place as u64)).unwrap();
            hole.write_all(old).unwrap();
            assert!(check(&file).is_ok(), "{place}");
        }
        for length in [0, 5, SEAL, code.len() as u64] {
            file.set_len(length).unwrap();
            assert!(check(&file).is_err(), "{length}");
        }
    }
}
