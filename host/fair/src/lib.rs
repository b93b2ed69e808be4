//! Fair shares of the processors: recent time of plugins, peers and connections, and the order of their turns.
//!
//! It owns the meaning of "recent" and the order of turns. It measures nothing, and runs nothing.
//!
//! ```
//! use eco_fair::{Account, RecentTime, TurnQueue};
//! use std::sync::Arc;
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
//! # runtime.block_on(async {
//! let turns = TurnQueue::with_places(1);
//! let (plugin, peer) = (Arc::new(Account::default()), Arc::new(Account::default()));
//! let place = turns.enter(&plugin, &peer, RecentTime::default()).await;
//! // The next one waits until it is given back.
//! drop(place);
//! # });
//! ```

mod account;
mod peers;
mod recent;
mod turns;

pub use account::Account;
pub use peers::{Accounts, Membership};
pub use recent::RecentTime;
pub use turns::{Place, Turn, TurnQueue};
