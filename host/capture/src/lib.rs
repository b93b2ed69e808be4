//! Capture: what goes through the connections of a server that runs, for whoever looks at it.
//!
//! It owns what is kept of each connection, and its bounds. Nothing is kept while nobody looks. Of a connection that nobody
//! follows, the beginning is kept. Of one that somebody follows, as much as they take: a reader that is slow, or away, costs the
//! server nothing but the counting of what is left out, which they are told.
//!
//! It joins what `net` and `plugin` tell. It must not know who looks, and how: a page, a terminal, a test.
//!
//! ```
//! use eco_capture::Capture;
//! use eco_net::{Limits, Server};
//! # use eco_plugin::{Budgets, Compiler, Engine};
//! # fn embed() -> Result<(), Box<dyn std::error::Error>> {
//! let capture = Capture::default();
//! let of_server = capture.server();
//! let engine = of_server.observe_engine(Engine::builder(Compiler::InProcess, Budgets::default())).build()?;
//! let server = of_server.observe_server(Server::builder(Limits::default()));
//! // From now on, for a while: whoever looks asks for this again and again.
//! for connection in of_server.look().open {
//!     println!("{} from {}", connection.id, connection.peer);
//! }
//! # Ok(())
//! # }
//! ```

mod connections;
mod dialogue;
mod event;
mod memory;
mod ring;
mod watch;

pub use connections::{Connections, EndedConnection, OpenConnection, ServerCapture};
pub use dialogue::Events;
pub use event::{Bytes, Ending, Event, Kind};

use connections::Servers;
use memory::Memory;
use std::sync::Arc;
use watch::Watch;

/// What is kept in a process: of one server, or of several. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Capture(Arc<Shared>);

/// What all servers share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) watch: Watch,
    pub(crate) memory: Memory,
    pub(crate) servers: Servers,
}

impl Capture {
    /// Keeps what goes through the connections of one server more.
    pub fn server(&self) -> ServerCapture {
        ServerCapture::new(self.0.clone())
    }
}
