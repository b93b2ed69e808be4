//! Where a server listens, as a person types it.

use super::address::Endpoint;
use super::unix_address::{Mode, UnixAddress};
use std::fmt;
use std::str::FromStr;

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// TCP: `127.0.0.1:5005`, `[::1]:5005`, `localhost:5005`.
    Tcp(Endpoint),
    /// A Unix socket: `unix:/run/eco.sock`, `unix:/run/eco.sock,mode=660`, `unix:@name`.
    Unix(UnixAddress, Option<Mode>),
    /// Sockets that listen already, and that whoever started this process handed over (sd_listen_fds(3)): those with this
    /// name (`systemd:NAME`), or all that no other address names (`systemd`).
    Activated(Option<String>),
}

impl From<Endpoint> for ListenAddress {
    fn from(endpoint: Endpoint) -> Self {
        Self::Tcp(endpoint)
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(unix) = text.strip_prefix("unix:") {
            let (address, mode) = match unix.split_once(',') {
                None => (unix, None),
                Some((address, option)) => (address, Some(mode(option)?)),
            };
            let address: UnixAddress = address.parse()?;
            if let (UnixAddress::Abstract(_), Some(_)) = (&address, mode) {
                return Err("an abstract socket is no file, and has no mode".to_owned());
            }
            return Ok(Self::Unix(address, mode));
        }
        if text == "systemd" {
            return Ok(Self::Activated(None));
        }
        if let Some(name) = text.strip_prefix("systemd:") {
            return match is_name(name) {
                true => Ok(Self::Activated(Some(name.to_owned()))),
                false => Err(format!(
                    "{name:?} is no name of a socket (FileDescriptorName= in its unit): expected letters, digits and signs, without a colon"
                )),
            };
        }
        text.parse().map(Self::Tcp).map_err(|error: String| {
            format!(
                "{error}; or unix:PATH for a Unix socket, or systemd for one that is handed over"
            )
        })
    }
}

fn mode(option: &str) -> Result<Mode, String> {
    match option.split_once('=') {
        Some(("mode", mode)) => mode.parse(),
        _ => Err(format!(
            "{option:?} is no option of a Unix socket; expected mode=660, say"
        )),
    }
}

/// As systemd has it: ASCII, printable, at most 255 of them, without a colon (`fdname_is_valid`).
fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b':';
    (1..=255).contains(&name.len()) && name.bytes().all(is_allowed)
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(endpoint) => endpoint.fmt(f),
            Self::Unix(address, None) => address.fmt(f),
            Self::Unix(address, Some(mode)) => write!(f, "{address},mode={mode}"),
            Self::Activated(None) => f.write_str("systemd"),
            Self::Activated(Some(name)) => write!(f, "systemd:{name}"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_in_every_form() {
        for text in [
            "127.0.0.1:5005",
            "[::1]:0",
            "unix:/run/eco.sock",
            "unix:eco.sock",
            "unix:/run/eco.sock,mode=660",
            "unix:@eco",
            "systemd",
            "systemd:chat",
        ] {
            assert_eq!(ListenAddress::from_str(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_told_what_one_is() {
        for (text, told) in [
            ("", "ADDR:PORT"),
            ("/run/eco.sock", "unix:/run/eco.sock"),
            ("unix:", "unix:/run/eco.sock"),
            ("unix:@", "unix:@name"),
            ("unix:/x,mode=999", "octal"),
            ("unix:/x,mode=10660", "octal"),
            ("unix:/x,owner=me", "mode=660"),
            ("unix:@x,mode=660", "no file"),
            ("systemd:", "FileDescriptorName"),
            ("systemd:a:b", "FileDescriptorName"),
        ] {
            let error = ListenAddress::from_str(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn a_path_too_long_for_the_system_is_refused_as_it_is_read() {
        let error = format!("unix:/{}", "x".repeat(200));
        let error = ListenAddress::from_str(&error).unwrap_err();
        assert!(error.contains("201 bytes"), "{error}");
    }
}
