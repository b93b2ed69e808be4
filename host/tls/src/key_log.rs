//! A file with the secrets of connections, for whoever looks at them on the network with Wireshark, say.
//!
//! It owns the form of its lines, the one of NSS: `LABEL`, the client's random, and the secret, in hexadecimal digits
//! (draft-ietf-tls-keylogfile, <https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile-05.html>). rustls has its own,
//! which reads the environment by itself, and says nothing where it can't write.

use super::error::Error;
use parking_lot::Mutex;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

/// The file, to which lines are added.
#[derive(Debug)]
struct KeyLog(Mutex<File>);

/// Opens or makes the file, which is for its user alone from then on.
///
/// # Errors
/// Nothing can be written there, or it is no file: a pipe that nobody reads would hold up all connections.
pub(super) fn to(path: &Path) -> Result<Arc<dyn rustls::KeyLog>, Error> {
    let file = open(path).map_err(|source| Error::KeyLog {
        path: path.to_owned(),
        source,
    })?;
    Ok(Arc::new(KeyLog(Mutex::new(file))))
}

fn open(path: &Path) -> io::Result<File> {
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::other("it is no file"));
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

impl rustls::KeyLog for KeyLog {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut line = label.to_owned();
        for bytes in [client_random, secret] {
            line.push(' ');
            for byte in bytes {
                // Writing to a text never fails.
                let _ = write!(line, "{byte:02x}");
            }
        }
        line.push('\n');
        // In one piece, since other processes may write there too. A full disk ends no connection.
        let _ = self.0.lock().write_all(line.as_bytes());
    }
}
