//! State that connections share: topics, by which they hear each other, and a store.
//!
//! It owns order, presence, mailboxes and their bounds. A connection is a [`Participant`] here, whose host takes events
//! from its mailbox: there are no plugins and no sockets. A [`TopicsBackend`] and a [`StoreBackend`] keep the state: in
//! this process, in a file (the feature `file`), on Redis, where many hosts share it (the feature `redis`), or where a
//! program has its own ([`SharedState::with_backends`]).
//!
//! ```
//! use eco_state::{Event, Hearing, SharedState};
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
//! # runtime.block_on(async {
//! let state = SharedState::default();
//! let (mut anna, mut ben) = (state.participant(), state.participant());
//! let none = anna.subscribe("tea", "Anna", Hearing::All).await.expect("it is within all limits");
//! let here = ben.subscribe("tea", "Ben", Hearing::All).await.expect("it is within all limits");
//! assert_eq!((none.len(), &*here[0].label), (0, "Anna"));
//! ben.publish("tea", b"hello").expect("it is within all limits");
//! // The call of a plugin has returned well.
//! ben.commit().await.expect("there is room");
//! assert!(matches!(&*anna.next_event().expect("Ben came"), Event::Joined { member, .. } if *member.label == *"Ben"));
//! assert!(matches!(&*anna.next_event().expect("he spoke"), Event::Message { data, .. } if **data == *b"hello"));
//! # });
//! ```
//!
//! The host takes part, too, without being a connection: it reads and writes the store, publishes and listens.
//!
//! ```
//! use eco_state::{Event, SharedState};
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
//! # runtime.block_on(async {
//! let state = SharedState::default();
//! let mut listener = state.listen("tea").await?;
//! state.publish("tea", "the host", b"it is ready").await?;
//! let Event::Message { from, data, .. } = listener.next().await else { return Ok(()) };
//! assert_eq!((&*from.label, &*data), ("the host", &b"it is ready"[..]));
//! assert_eq!(state.store().add("cups", 1).await?, 1);
//! assert_eq!(state.counters().keys, Some(1));
//! # Ok::<(), eco_state::Problem>(())
//! # }).expect("it is within all limits");
//! ```

mod backend;
mod clock;
mod counters;
mod delivery;
mod entry;
mod error;
mod event;
#[cfg(feature = "file")]
mod file;
mod limits;
mod listener;
mod location;
mod mailbox;
mod memory;
mod open;
mod participant;
mod pending;
mod price;
mod problem;
mod rate;
#[cfg(feature = "redis")]
#[expect(
    clippy::disallowed_types,
    reason = "nobody is judged by the state on Redis, and topics are large"
)]
mod redis;
mod shared_state;
mod store;
mod waiting;
#[cfg(any(feature = "file", feature = "redis"))]
mod warning;

pub use backend::{Answer, Hearing, Namespaces, Page, StoreBackend, Subscriber, TopicsBackend};
pub use clock::{Clock, SystemClock, WallClock};
pub use counters::{Counters, StoreCounts, TopicCounts};
pub use delivery::deliver;
#[doc(inline)]
pub use eco_fair::Account;
pub use error::OpenError;
pub use event::{Event, EventKind, Member};
pub use limits::{Limit, Limits};
pub use listener::Listener;
pub use location::{Location, LocationError};
pub use open::open_store;
pub use participant::Participant;
pub use problem::{Lack, Problem};
pub use shared_state::SharedState;
pub use store::Store;
pub use waiting::Heard;
