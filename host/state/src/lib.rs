//! What connections share: topics, of which each hears what the others say, and a store.
//!
//! It owns order, presence, mailboxes and the bounds of all that. It must know neither plugins nor sockets: a
//! connection is a [`Participant`] here, and whoever runs it takes events from its mailbox. Where state is
//! kept is a [`Backend`]'s business; [`Memory`] keeps it in this process.
//!
//! ```
//! use eco_state::{Event, SharedState};
//! let state = SharedState::default();
//! let (mut anna, mut ben) = (state.participant(), state.participant());
//! let none = anna.subscribe("tea", "Anna", true).expect("it is within all limits");
//! let here = ben.subscribe("tea", "Ben", true).expect("it is within all limits");
//! assert_eq!((none.len(), &*here[0].label), (0, "Anna"));
//! ben.publish("tea", b"hello").expect("it is within all limits");
//! // As when the call of a plugin has returned well.
//! ben.commit().expect("there is room");
//! assert!(matches!(&*anna.next_event().expect("Ben came"), Event::Joined { member, .. } if *member.label == *"Ben"));
//! assert!(matches!(&*anna.next_event().expect("he spoke"), Event::Message { data, .. } if **data == *b"hello"));
//! ```

mod backend;
mod clock;
mod event;
mod limits;
mod mailbox;
mod memory;
mod participant;
mod problem;
mod rate;
mod shared;
mod store;
mod topics;

pub use backend::{Backend, Page, Subscriber};
pub use clock::{Clock, SystemClock};
pub use event::{Event, Member};
pub use limits::{Limit, Limits};
pub use mailbox::Mailbox;
pub use memory::Memory;
pub use participant::Participant;
pub use problem::Problem;
pub use shared::SharedState;
