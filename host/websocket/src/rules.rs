//! What a listener for WebSockets asks of those who come.

use super::origin::AllowedOrigin;

/// What is asked of a request, and how replies are sent. By default any path will do, messages are binary, and a page may
/// connect to its own host ([`is_allowed`](AllowedOrigin)).
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The path that alone is answered: `/chat`. `None`: any.
    pub path: Option<String>,
    /// What replies are sent as.
    pub messages: Messages,
    /// The pages that may connect, in a browser. Where none is listed, a page may that comes from the same host as the
    /// connection, if that is an address or `localhost`.
    pub origins: Vec<AllowedOrigin>,
}

/// What the messages are that a server sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Messages {
    /// Any bytes.
    #[default]
    Binary,
    /// Texts, in UTF-8. A reply that is none can't be sent, and ends the connection with the code 1011.
    Text,
}
