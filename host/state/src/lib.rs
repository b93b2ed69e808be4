//! What connections share: topics, of which each hears what the others say, and a store.
//!
//! It owns order, presence, mailboxes and the bounds of all that. It must know neither plugins nor sockets: a
//! connection is a [`Participant`] here, and whoever runs it takes events from its mailbox. Where state is kept is
//! the business of a [`TopicsBackend`] and a [`StoreBackend`]: in this process, in a file, or on Redis, where many
//! hosts share it.
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
//! // As when the call of a plugin has returned well.
//! ben.commit().await.expect("there is room");
//! assert!(matches!(&*anna.next_event().expect("Ben came"), Event::Joined { member, .. } if *member.label == *"Ben"));
//! assert!(matches!(&*anna.next_event().expect("he spoke"), Event::Message { data, .. } if **data == *b"hello"));
//! # });
//! ```

mod backend;
mod clock;
mod delivery;
mod event;
mod file;
mod limits;
mod location;
mod mailbox;
mod memory;
mod participant;
mod problem;
mod rate;
#[expect(
    clippy::disallowed_types,
    reason = "nobody is judged by what is on Redis, and rooms are large"
)]
mod redis;
mod shared;
mod warning;

pub use backend::{
    Answer, EventKind, Hears, Namespaces, Page, StoreBackend, Subscriber, TopicsBackend,
};
pub use clock::{Clock, SystemClock, WallClock};
pub use event::{Event, Member};
pub use limits::{Limit, Limits};
pub use location::Location;
pub use mailbox::{Heard, Mailbox};
pub use participant::{Hearing, Participant};
pub use problem::{Lack, Problem};
pub use shared::{OpenError, SharedState, open_store};
