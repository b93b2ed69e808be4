//! State that connections share: topics, by which they hear each other, and a store.
//!
//! It owns order, presence, mailboxes and their bounds. A connection is a [`Participant`] here, whose host takes events
//! from its mailbox: there are no plugins and no sockets. A [`TopicsBackend`] and a [`StoreBackend`] keep the state: in
//! this process, in a file, or on Redis, where many hosts share it (the feature `redis`).
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

mod backend;
mod clock;
mod delivery;
mod entry;
mod error;
mod event;
mod file;
mod limits;
mod location;
mod mailbox;
mod memory;
mod open;
mod participant;
mod pending;
mod problem;
mod rate;
#[cfg(feature = "redis")]
#[expect(
    clippy::disallowed_types,
    reason = "nobody is judged by the state on Redis, and topics are large"
)]
mod redis;
mod shared_state;
mod waiting;
mod warning;

pub use backend::{
    Answer, EventKind, Hearing, Namespaces, Page, StoreBackend, Subscriber, TopicsBackend,
};
pub use clock::{Clock, SystemClock, WallClock};
pub use error::OpenError;
pub use event::{Event, Member};
pub use limits::{Limit, Limits};
pub use location::Location;
pub use mailbox::Mailbox;
pub use open::open_store;
pub use participant::Participant;
pub use problem::{Lack, Problem};
pub use shared_state::SharedState;
pub use waiting::Heard;
