//! Text for people: strangers' text made harmless, bytes side by side, numbers, and pages.
//!
//! It owns escaping, cutting and the frame of a page.
//!
//! ```
//! use eco_text::escape::Escaped;
//! // What a peer sent, in a log: one line, in quotes, and no command to a terminal.
//! assert_eq!(Escaped(b"a\x1b[2J\n").to_string(), r#""a\x1b[2J\n""#);
//! ```

pub mod escape;
pub mod hexdump;
pub mod html;
pub mod number;
mod unescape;

pub use unescape::unescape;
