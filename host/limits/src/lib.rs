//! Tables of limits. Each limit is one row, and every text and every check of the limit comes from that row.
//!
//! It owns the parts of a row, the units of values, and how a value is written and read. The limits themselves, and the
//! flags and files that set them, belong to other crates.
//!
//! ```
//! use eco_limits::Limit as _;
//!
//! eco_limits::limits! {
//!     /// The limits of one connection.
//!     pub struct Limits {}
//!
//!     /// A limit of one connection.
//!     pub enum Limit {
//!         /// Rooms of one connection
//!         ///
//!         /// Those it is in.
//!         Rooms {
//!             rooms: Count = 2,
//!             code: "rooms",
//!             words: "rooms per connection",
//!             reason: "One to be in and one to look into.",
//!             test: "rooms::a_third_room_is_refused",
//!         }
//!     }
//! }
//!
//! let mut limits = Limits::default().rooms(4);
//! let row = Limit::Rooms.row();
//! Limit::Rooms.set(&mut limits, row.parse("3").expect("a number"));
//! assert_eq!(limits.rooms, 3);
//! assert_eq!((row.code, row.help), ("rooms", "Rooms of one connection"));
//! ```

mod table;
mod value;

pub use table::{Limit, Range, Row};
pub use value::{Cap, Count, Elements, Size, Time, Timeout, Units, Value};
