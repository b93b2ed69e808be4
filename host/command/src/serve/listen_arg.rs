//! Where to listen as it is typed, with what carries the bytes there.

use crate::exit::{Exit, Failure};
use eco_net::{ListenAddress, collide};
use eco_websocket::{AllowedOrigin, Messages, Rules};
use std::fmt;
use std::str::FromStr;

/// A place to listen at: an address, and `ws:` before it for WebSockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListenArg {
    pub(super) framing: Framing,
    pub(crate) address: ListenAddress,
}

/// What carries the bytes of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// The stream itself.
    Stream,
    /// The messages of a WebSocket.
    WebSocket {
        /// The path that alone is answered.
        path: Option<String>,
        messages: Messages,
    },
}

/// Reads `ADDRESS`, or `ws:ADDRESS[/PATH][,text]`. The address of a Unix socket is a path, and has no other one.
impl FromStr for ListenArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix("ws:") else {
            return Ok(Self {
                framing: Framing::Stream,
                address: text.parse()?,
            });
        };
        // As a URL, which is how a client is told.
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (rest, messages) = match rest.strip_suffix(",text") {
            Some(rest) => (rest, Messages::Text),
            None => (rest, Messages::Binary),
        };
        let (address, path) = match rest.find('/') {
            Some(at) if !rest.starts_with("unix:") => rest.split_at(at),
            _ => (rest, ""),
        };
        if let Some(sign) = path.chars().find(|sign| !is_of_path(*sign)) {
            return Err(format!(
                "{path:?} is no path of a URL: it has {sign:?}; expected ws:127.0.0.1:8080/chat, or ,text after it"
            ));
        }
        let path = (!path.is_empty()).then(|| path.to_owned());
        Ok(Self {
            framing: Framing::WebSocket { path, messages },
            address: address.parse()?,
        })
    }
}

/// As RFC 3986 has it, but the comma.
fn is_of_path(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || "/-._~!$&'()*+;=:@%".contains(sign)
}

impl Framing {
    /// What is asked of those who come there, if it takes WebSockets; pages of these origins may.
    pub(super) fn rules(&self, origins: &[AllowedOrigin]) -> Option<Rules> {
        match self {
            Self::Stream => None,
            Self::WebSocket { path, messages } => Some(Rules {
                path: path.clone(),
                messages: *messages,
                origins: origins.to_vec(),
            }),
        }
    }
}

/// Checks that these places of a service make sense beside each other, and with the pages that may connect.
///
/// # Errors
/// They don't.
pub(super) fn check(places: &[ListenArg], origins: &[AllowedOrigin]) -> Result<(), Failure> {
    let is_stream = |place: &ListenArg| place.framing == Framing::Stream;
    if !origins.is_empty() && places.iter().all(is_stream) {
        return Err(Exit::Usage.saying(
            "--ws-origin is for WebSockets, and nothing listens for them: --listen ws:127.0.0.1:8080",
        ));
    }
    for (count, place) in places.iter().enumerate() {
        let in_the_way = places.iter().take(count).find(|before| {
            before.framing != place.framing && collide(&before.address, &place.address)
        });
        if let Some(before) = in_the_way {
            return Err(Exit::Usage.saying(format!(
                "{before} and {place} are one address, and can't be both. Give one of them another port"
            )));
        }
    }
    Ok(())
}

impl fmt::Display for ListenArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { framing, address } = self;
        match framing {
            Framing::Stream => address.fmt(f),
            Framing::WebSocket { path, messages } => {
                let path = path.as_deref().unwrap_or_default();
                let text = match messages {
                    Messages::Binary => "",
                    Messages::Text => ",text",
                };
                write!(f, "ws:{address}{path}{text}")
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written_in_every_form() {
        for text in [
            "127.0.0.1:5005",
            "unix:/run/eco.sock,mode=660",
            "ws:127.0.0.1:8080",
            "ws:[::1]:8080/",
            "ws:localhost:8080/a/chat,text",
            "ws:unix:/run/eco.sock",
            "ws:unix:/run/eco.sock,mode=660,text",
            "ws:systemd",
            "ws:systemd:web/chat,text",
        ] {
            assert_eq!(text.parse::<ListenArg>().unwrap().to_string(), text);
        }
        let url: ListenArg = "ws://127.0.0.1:8080/chat".parse().unwrap();
        assert_eq!(url.to_string(), "ws:127.0.0.1:8080/chat");
    }

    #[test]
    fn what_is_no_place_is_told_what_one_is() {
        for (text, told) in [
            ("ws:", "ADDR:PORT"),
            ("ws:8080", "ADDR:PORT"),
            ("ws:127.0.0.1:8080/chat,json", "no path"),
            ("ws:127.0.0.1:8080/chat?x", "no path"),
            ("ws:127.0.0.1:8080/two words", "no path"),
            ("ws:unix:", "unix:/run/eco.sock"),
        ] {
            let error = text.parse::<ListenArg>().unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
