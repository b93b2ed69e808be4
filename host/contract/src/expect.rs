//! The length of a reply, as a client expects it.

/// How far a client reads. See `expect` in `wit/client.wit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// This many bytes.
    Exactly(u64),
    /// Up to this sequence, which is part of the reply. Never empty.
    Through(Vec<u8>),
    /// Everything until the peer's FIN.
    ToEnd,
    /// No reply.
    Nothing,
}
