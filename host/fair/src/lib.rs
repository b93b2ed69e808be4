//! Fair shares of the processors: who has had how much lately, and whose turn is next.
//!
//! It owns what counts as lately, and the order of turns. It must not know what is done in a turn, nor who measures it.
//!
//! ```
//! use eco_fair::{Account, RecentTime, TurnQueue};
//! use std::sync::Arc;
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
//! # runtime.block_on(async {
//! let turns = TurnQueue::with_places(1);
//! let (plugin, peer) = (Arc::new(Account::default()), Arc::new(Account::default()));
//! let place = turns.enter(&plugin, &peer, RecentTime::default()).await;
//! // Whoever comes now waits until it is given back.
//! drop(place);
//! # });
//! ```

mod account;
mod recent;
mod turns;

pub use account::{Account, Accounts, Membership};
pub use recent::RecentTime;
pub use turns::{Place, Turn, TurnQueue};
