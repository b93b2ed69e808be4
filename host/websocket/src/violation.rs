//! What a peer may do wrong, and the codes that a connection is closed with (RFC 6455, section 7.4).

/// A peer has broken the protocol. Its connection ends with a Close frame that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Violation {
    #[error("a frame with reserved bits")]
    ReservedBits,
    #[error("a frame with the reserved opcode {0}")]
    Opcode(u8),
    #[error("a frame without a mask")]
    Unmasked,
    #[error("a control frame in parts, or of more than 125 bytes")]
    Control,
    #[error("a length that is not in its shortest form, or of 2^63 or more")]
    Length,
    #[error("a part of a message that has no beginning")]
    Continuation,
    #[error("a message within another one")]
    WithinMessage,
    #[error("a Close frame with the code {0}")]
    CloseCode(u16),
    #[error("a Close frame of one byte")]
    CloseLength,
    #[error("a text that is no UTF-8")]
    NoUtf8,
}

impl Violation {
    pub(crate) fn code(self) -> CloseCode {
        match self {
            Self::NoUtf8 => CloseCode::NO_UTF8,
            _ => CloseCode::PROTOCOL,
        }
    }
}

/// The code of a Close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CloseCode(pub(crate) u16);

impl CloseCode {
    /// All is said.
    pub(crate) const NORMAL: Self = Self(1000);
    const PROTOCOL: Self = Self(1002);
    const NO_UTF8: Self = Self(1007);
    /// The server can't go on, which is not the peer's fault.
    pub(crate) const INTERNAL: Self = Self(1011);

    /// The code in the payload of a peer's Close frame, with its reason, which says nothing to a server. `None`: it has
    /// none.
    ///
    /// # Errors
    /// It is none that a peer may send, or the reason is no UTF-8.
    pub(crate) fn read(payload: &[u8]) -> Result<Option<Self>, Violation> {
        let (code, reason) = match payload {
            [] => return Ok(None),
            [_] => return Err(Violation::CloseLength),
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        };
        // Those of RFC 6455 but the three that are never sent, those that IANA's registry has added, and those that
        // frameworks and programs choose.
        if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
            return Err(Violation::CloseCode(code));
        }
        match std::str::from_utf8(reason) {
            Ok(_) => Ok(Some(Self(code))),
            Err(_) => Err(Violation::NoUtf8),
        }
    }
}
