//! The place where state is kept, as a person types it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where state is kept: `memory:`, `file:PATH`, `file:///PATH`, or the URL of a Redis.
///
/// One whose cargo feature is not built in is parsed all the same; opening it is
/// [`OpenError::NotBuiltIn`](super::OpenError::NotBuiltIn).
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Location {
    /// In this process. It ends with it.
    #[default]
    Memory,
    /// The store in this file; topics in this process, as it is the only one (the feature `file`).
    File(PathBuf),
    /// All of it on this Redis (the feature `redis`). Often it has a password: so the URL is parsed when it is opened, where
    /// no error repeats it.
    Redis(String),
}

/// Why a text is no location. It repeats nothing of the text, which may have a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LocationError(String);

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        parse(text).map_err(LocationError)
    }
}

fn parse(text: &str) -> Result<Location, String> {
    match text.split_once(':') {
        Some(("memory", "")) => Ok(Location::Memory),
        Some(("file", path)) if !path.is_empty() => match path.strip_prefix("//") {
            Some(url) => path_of_url(url).map(Location::File),
            None => Ok(Location::File(path.into())),
        },
        Some(("redis" | "rediss", rest)) if rest.starts_with("//") => {
            Ok(Location::Redis(text.to_owned()))
        }
        _ => Err(
            "it is memory:, file:PATH, file:///PATH, redis://HOST:PORT or rediss://HOST:PORT"
                .to_owned(),
        ),
    }
}

/// The path of a file's URL, after `file://` (RFC 8089): of this machine, from its root, and percent-encoded.
fn path_of_url(url: &str) -> Result<PathBuf, String> {
    let (host, path) = url.split_at(url.find('/').unwrap_or(url.len()));
    if !(host.is_empty() || host.eq_ignore_ascii_case("localhost")) {
        return Err(
            "after file:// comes a host, and this one is none that eco could ask for a file: file:PATH is a path as it is, and file:///PATH one from the root"
                .to_owned(),
        );
    }
    if path.is_empty() {
        return Err("it names no file".to_owned());
    }
    let is_path = |byte: &u8| !matches!(byte, b'?' | b'#');
    let decoded = decode(path).filter(|_| path.as_bytes().iter().all(is_path));
    decoded.ok_or_else(|| {
        "in the path of a URL, a % comes before two hexadecimal digits, and a ? or # is written as %3F or %23: file:PATH is a path as it is".to_owned()
    })
}

/// Percent-decoding (RFC 3986, 2.1). `None` where it isn't encoded so, or has a NUL, which no path has.
fn decode(path: &str) -> Option<PathBuf> {
    let mut bytes = path.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(16 * digit()? + digit()?).ok()?
            }
            byte => byte,
        });
    }
    if decoded.contains(&0) {
        return None;
    }
    #[cfg(unix)]
    return Some(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(decoded).into());
    #[cfg(not(unix))]
    return String::from_utf8(decoded).ok().map(PathBuf::from);
}

/// Without user and password.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Redis(url) => {
                let (scheme, rest) = url.split_once("//").unwrap_or_default();
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(f, "{scheme}//{place}")
            }
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, LocationError> {
        text.parse::<Location>().map(|place| format!("{place:?}"))
    }

    #[test]
    fn a_location_is_shown_without_its_password() {
        assert_eq!(shown("memory:"), Ok("memory:".to_owned()));
        assert_eq!(shown("file:a/b.redb"), Ok("file:a/b.redb".to_owned()));
        assert_eq!(
            shown("rediss://eco:se@cret@db:6380/2"),
            Ok("rediss://db:6380/2".to_owned())
        );
        for wrong in [
            "",
            "memory",
            "memory:x",
            "memory://",
            "Memory:",
            "file:",
            "FILE:x",
            "redis:x",
            "REDIS://x",
            "http://x",
            "C:x",
            " memory:",
        ] {
            assert!(shown(wrong).is_err(), "{wrong}");
        }
        for wrong in [
            "redis:/eco:secret@db",
            "Redis://:secret@db",
            "file://eco:secret@host/a",
            "secret",
        ] {
            let error = shown(wrong).expect_err(wrong).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_path_is_taken_as_it_is_and_the_url_of_a_file_as_urls_have_it() {
        for (typed, path) in [
            ("file:room.state", "room.state"),
            ("file:100%/a%20b?#", "100%/a%20b?#"),
            ("file:/srv/room.state", "/srv/room.state"),
            ("file:///srv/room.state", "/srv/room.state"),
            ("file://localhost/srv/a", "/srv/a"),
            ("file://LocalHost/srv/a", "/srv/a"),
            ("file:///srv/a%20b%c3%A9%25%3f", "/srv/a bé%?"),
        ] {
            let location = Ok(Location::File(path.into()));
            assert_eq!(typed.parse(), location, "{typed}");
        }
        for (wrong, word) in [
            ("file://room.state", "comes a host"),
            ("file://host/srv/a", "comes a host"),
            ("file://~/a", "comes a host"),
            ("file://./a", "comes a host"),
            ("file://localhost:80/a", "comes a host"),
            ("file://", "no file"),
            ("file://localhost", "no file"),
            ("file:///a?b", "%3F"),
            ("file:///a#b", "%23"),
            ("file:///a%", "hexadecimal"),
            ("file:///a%2", "hexadecimal"),
            ("file:///a%+1", "hexadecimal"),
            ("file:///a%00", "hexadecimal"),
        ] {
            let error = shown(wrong).expect_err(wrong).to_string();
            assert!(error.contains(word), "{wrong}: {error}");
        }
    }
}
