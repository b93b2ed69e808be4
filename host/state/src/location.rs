//! Where state is kept, as it is typed.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where state is kept: `memory:`, `file:PATH`, or the URL of a Redis.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Location {
    /// In this process. It ends with it.
    #[default]
    Memory,
    /// The store in this file; topics in this process, as it is the only one.
    File(PathBuf),
    /// All of it there. Has a password, often.
    Redis(String),
}

impl FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("redis" | "rediss", rest)) if rest.starts_with("//") => {
                Ok(Self::Redis(text.to_owned()))
            }
            _ => {
                Err("it is memory:, file:PATH, redis://HOST:PORT or rediss://HOST:PORT".to_owned())
            }
        }
    }
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

    #[test]
    fn a_location_is_shown_without_its_password() {
        let shown = |text: &str| text.parse::<Location>().map(|place| format!("{place:?}"));
        assert_eq!(shown("memory:"), Ok("memory:".to_owned()));
        assert_eq!(shown("file:a/b.redb"), Ok("file:a/b.redb".to_owned()));
        assert_eq!(
            shown("rediss://eco:se@cret@db:6380/2"),
            Ok("rediss://db:6380/2".to_owned())
        );
        for wrong in [
            "", "memory", "memory:x", "file:", "redis:x", "http://x", "C:x",
        ] {
            assert!(shown(wrong).is_err(), "{wrong}");
        }
    }
}
