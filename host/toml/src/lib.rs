//! TOML that strangers may have written: its syntax, within bounds, and the lines and columns of mistakes.
//!
//! It owns no key and no value: what a file may say is its readers', who parse it once its syntax is right.
//!
//! ```
//! let text = "a = 1\nb = [\n";
//! let mistake = eco_toml::mistake(text).expect("the array has no end");
//! let place = mistake.at.map(|at| eco_toml::Place::of(text, at.start));
//! assert_eq!(place.map(|place| place.line), Some(2));
//! ```

mod place;
mod syntax;

pub use place::Place;
pub use syntax::{Mistake, mistake};
