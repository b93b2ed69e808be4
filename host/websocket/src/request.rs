//! The request that a WebSocket begins with (RFC 6455, section 4.2), and the answers to it.

use super::origin::may_connect;
use super::rules::Rules;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The most headers of a request. A browser sends some fifteen, and a proxy adds some. A request with more is answered
/// with 431. Test: `websocket::handshake::what_is_no_request_for_a_websocket_is_told_what_is_asked_for`.
const HEADERS: usize = 64;

/// What the key is joined with before it is hashed (section 1.3).
const ACCEPT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("what came is no request of HTTP")]
    NoHttp,
    #[error("the request is too long")]
    TooLong,
    #[error("a request by another method than GET")]
    Method,
    #[error("there is nothing at this path")]
    Path,
    #[error("a plain request of HTTP: this is a server for WebSockets, and there is no page here")]
    NoUpgrade,
    #[error("the only version of WebSockets here is 13")]
    Version,
    #[error("a request for a WebSocket without {0}")]
    Lacks(&'static str),
    #[error("pages of {0} may not connect")]
    Origin(String),
}

impl Refusal {
    /// The response. It repeats nothing of the request.
    pub(crate) fn response(&self) -> String {
        const UPGRADE: &str =
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
        let (status, headers) = match self {
            Self::NoHttp | Self::Lacks(_) => ("400 Bad Request", ""),
            Self::TooLong => ("431 Request Header Fields Too Large", ""),
            Self::Method => ("405 Method Not Allowed", "Allow: GET\r\n"),
            Self::Path => ("404 Not Found", ""),
            Self::NoUpgrade | Self::Version => ("426 Upgrade Required", UPGRADE),
            Self::Origin(_) => ("403 Forbidden", ""),
        };
        let text = match self {
            Self::NoUpgrade => {
                "This is eco, a server for WebSockets, and there is no page here. \
                 A page connects to it by: new WebSocket(\"ws://ADDRESS:PORT\")\n"
            }
            Self::Origin(_) => "Pages of this origin may not connect.\n",
            _ => &format!("{self}.\n"),
        };
        let length = text.len();
        format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Type: text/plain; charset=utf-8\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{text}"
        )
    }
}

/// A request that was granted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    /// Its bytes. Those after it are the peer's first frames.
    pub(crate) length: usize,
    /// The response to it.
    pub(crate) response: String,
}

/// Reads a request. `None`: it goes on.
///
/// # Errors
/// It is refused.
pub(crate) fn read(bytes: &[u8], rules: &Rules) -> Result<Option<Granted>, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Refusal::TooLong),
        Err(_) => return Err(Refusal::NoHttp),
    };
    let key = grant(&request, rules)?;
    let mut accept = sha1_smol::Sha1::from(key);
    accept.update(ACCEPT.as_bytes());
    let accept = STANDARD.encode(accept.digest().bytes());
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    Ok(Some(Granted { length, response }))
}

/// The key of a request that is granted. No extension and no subprotocol is chosen of those that it offers.
fn grant<'a>(request: &httparse::Request<'_, 'a>, rules: &Rules) -> Result<&'a [u8], Refusal> {
    let headers = &request.headers;
    if request.method != Some("GET") {
        return Err(Refusal::Method);
    }
    let path = path_of(request.path.unwrap_or_default());
    if rules.path.as_ref().is_some_and(|only| only != path) {
        return Err(Refusal::Path);
    }
    // HTTP/1.0 has no upgrade (RFC 9110, section 7.8).
    let asks = request.version == Some(1)
        && has_token(headers, "Connection", "upgrade")
        && has_token(headers, "Upgrade", "websocket");
    if !asks {
        return Err(Refusal::NoUpgrade);
    }
    if the_only(headers, "Sec-WebSocket-Version") != Some(b"13") {
        return Err(Refusal::Version);
    }
    let host = text(the_only(headers, "Host")).ok_or(Refusal::Lacks("its Host"))?;
    let key = the_only(headers, "Sec-WebSocket-Key");
    let key = key.filter(|key| STANDARD.decode(key).is_ok_and(|key| key.len() == 16));
    let key = key.ok_or(Refusal::Lacks("a Sec-WebSocket-Key of 16 bytes"))?;
    // Who comes without an origin is no browser, and could write any.
    if values(headers, "Origin").next().is_some() {
        let origin =
            text(the_only(headers, "Origin")).ok_or(Refusal::Lacks("an Origin to read"))?;
        if !may_connect(&rules.origins, origin, host) {
            return Err(Refusal::Origin(origin.to_owned()));
        }
    }
    Ok(key)
}

/// The path of a target, which may be a whole URL, without its query.
fn path_of(target: &str) -> &str {
    let path = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => {
            rest.find('/').and_then(|at| rest.get(at..))
        }
        _ => Some(target),
    };
    path.and_then(|path| path.split('?').next()).unwrap_or("/")
}

/// The values of a header.
fn values<'a>(
    headers: &[httparse::Header<'a>],
    name: &'static str,
) -> impl Iterator<Item = &'a [u8]> {
    let named = move |header: &&httparse::Header<'_>| header.name.eq_ignore_ascii_case(name);
    headers.iter().filter(named).map(|header| header.value)
}

/// The value of a header that is there once.
fn the_only<'a>(headers: &[httparse::Header<'a>], name: &'static str) -> Option<&'a [u8]> {
    let mut values = values(headers, name);
    values.next().filter(|_| values.next().is_none())
}

fn text(value: Option<&[u8]>) -> Option<&str> {
    value.and_then(|value| std::str::from_utf8(value).ok())
}

/// Whether a header, which may be a list, has this word.
fn has_token(headers: &[httparse::Header<'_>], name: &'static str, token: &str) -> bool {
    values(headers, name)
        .flat_map(|value| value.split(|byte| *byte == b','))
        .any(|word| word.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}
