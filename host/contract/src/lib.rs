//! The contract between a connection and its session, in plain Rust.
//!
//! It mirrors `wit/` and owns the words that plugins and sockets share. It depends on neither.
//!
//! ```
//! use eco_contract::{Life, Next, Then};
//! // The driver of a session asks for the step after each reply.
//! let mut life = Life::default();
//! assert_eq!(life.replied(5, Next::Finish), Ok(Then::Finished));
//! assert!(life.replied(1, Next::KeepOpen).is_err());
//! ```

mod box_session;
mod connection;
mod expect;
mod life;
mod reply;
mod session;
mod slow_flag;

pub use box_session::{BoxSession, SessionError};
pub use connection::{Connection, Origin, PeerCertificate, PeerDetails, Reason, TlsDetails};
pub use expect::Expect;
pub use life::{Life, RepliedAfterFinish, Then};
pub use reply::{Next, Opening, Reply};
pub use session::{DirectBuffer, Session};
pub use slow_flag::SlowFlag;

/// The target of the log's events that have the words of plugins and peers, of which there may be many.
/// Events of eco's own have others, and are not lost for these.
pub const SAID: &str = "eco::said";
