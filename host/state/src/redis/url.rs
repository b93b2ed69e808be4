//! The URL of a Redis: all of it must mean something.
//!
//! No error repeats any of it: it may have a password.

use crate::error::OpenError;
use redis::{ConnectionAddr, IntoConnectionInfo as _, RedisConnectionInfo};
use std::fmt;

/// The address of a Redis.
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
}

/// What protects a connection.
pub(super) enum Security {
    None,
    Tls,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Parses it: `redis://` or `rediss://`, a user and a password, a host, a port and a database.
///
/// # Errors
/// It is none, or has something that would be ignored.
pub(super) fn parse(url: &str) -> Result<(Address, RedisConnectionInfo), OpenError> {
    let wrong = |why: &str| OpenError::Url(why.to_owned());
    if url.contains(['?', '#']) {
        return Err(wrong(
            "what follows ? or # means nothing here; within a password they are written as %3F and %23",
        ));
    }
    if url.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Err(wrong(
            "it has a space, or a control character; within a password they are written as %20 and so on",
        ));
    }
    // The parser's error may repeat a part: where a slash is in a password, the rest is the name of a database.
    let not_parsed = || {
        wrong(
            "after the host, which is not a wildcard, come a port and the number of a database, or neither; within a password : / and @ are written as %3A, %2F and %40",
        )
    };
    // The parser knows no TLS, which `stream` makes.
    let (security, parsed) = match url.strip_prefix("rediss:") {
        Some(rest) => (
            Security::Tls,
            format!("redis:{rest}").into_connection_info(),
        ),
        None => (Security::None, url.into_connection_info()),
    };
    let info = parsed.map_err(|_| not_parsed())?;
    let ConnectionAddr::Tcp(host, port) = info.addr() else {
        return Err(not_parsed());
    };
    let address = Address {
        host: host.clone(),
        port: *port,
        security,
    };
    let settings = info.redis_settings();
    if settings.username().is_some() && settings.password().is_none() {
        return Err(wrong(
            "it has a user and no password; a password alone comes after a colon, redis://:PASSWORD@HOST",
        ));
    }
    if settings.db() < 0 {
        return Err(wrong("databases are counted from 0"));
    }
    Ok((address, settings.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_ignored_in_a_url_is_an_error_that_has_no_secret() {
        for right in [
            "redis://db",
            "redis://db:6380/3",
            "rediss://eco:se%3Fcret@[::1]:6380/0",
            "redis://:secret@127.0.0.1",
        ] {
            assert!(parse(right).is_ok(), "{right}");
        }
        for (wrong, word) in [
            ("redis://:secret@db?db=3", "means nothing"),
            ("redis://:secret@db?protocol=resp2", "means nothing"),
            ("rediss://:secret@db/#insecure", "means nothing"),
            ("redis://:secret?@db", "%3F"),
            ("redis://secret@db", "no password"),
            ("redis://secret:@db", "no password"),
            ("redis://:secret@db/-1", "from 0"),
            ("redis://:secret@db/three", "database"),
            ("redis://:secret@db/3/4", "database"),
            ("redis://eco:12/secret@db", "%2F"),
            ("redis://eco:a/secret@db", "%2F"),
            ("redis://eco/secret@db", "%2F"),
            ("redis://:sec ret@db", "%20"),
            ("redis://:secret@db\n", "%20"),
            ("redis://:secret@", ""),
            ("redis://:secret@0.0.0.0", "wildcard"),
            ("redis://:secret@db:70000", ""),
        ] {
            let error = parse(wrong).map(drop).expect_err(wrong).to_string();
            assert!(error.contains(word), "{wrong}: {error}");
            assert!(!error.contains("sec"), "{error}");
        }
    }
}
