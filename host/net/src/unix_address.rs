//! Names of Unix sockets as a person types them (unix(7)).

use eco_text::escape;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The most bytes of a path or a name: the room of an address (`sun_path`), with a NUL at the end of a path and at the
/// beginning of an abstract name. A longer one is refused as it is read.
/// Test: `listen_address::tests::a_path_too_long_for_the_system_is_refused_as_it_is_read`.
const LONGEST: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// The name of a Unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnixAddress {
    /// A file: `unix:/run/eco.sock`.
    Path(PathBuf),
    /// A name that is no file, and goes with its last socket: `unix:@eco`. Linux has such names.
    Abstract(String),
}

/// Reads what comes after `unix:`.
impl FromStr for UnixAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !cfg!(unix) {
            return Err("this system has no Unix sockets".to_owned());
        }
        if text.len() > LONGEST {
            return Err(format!(
                "{} bytes are too long for the name of a Unix socket: the system takes {LONGEST}",
                text.len()
            ));
        }
        if text.contains('\0') {
            return Err("a name without a NUL is expected".to_owned());
        }
        match text.strip_prefix('@') {
            None if text.is_empty() => {
                Err("the path is missing; expected unix:/run/eco.sock".to_owned())
            }
            None => Ok(Self::Path(PathBuf::from(text))),
            Some(_) if !cfg!(target_os = "linux") => Err(
                "this system has no abstract sockets, only files: unix:/run/eco.sock".to_owned(),
            ),
            Some("") => Err("the name is missing; expected unix:@name".to_owned()),
            Some(name) => Ok(Self::Abstract(name.to_owned())),
        }
    }
}

impl fmt::Display for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "unix:{}", escape::path(path)),
            Self::Abstract(name) => write!(f, "unix:@{}", escape::one_line(name)),
        }
    }
}

/// Who may connect to the file of a Unix socket, as for chmod(1): in octal, `660`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode(pub(super) u32);

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_octal = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        match u32::from_str_radix(text, 8) {
            Ok(mode) if is_octal && mode <= 0o777 => Ok(Self(mode)),
            _ => Err(format!(
                "{text:?} is no mode; expected three octal digits, such as 660"
            )),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:o}", self.0)
    }
}
