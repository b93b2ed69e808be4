//! Text for people: what strangers wrote, made harmless; bytes side by side; numbers; pages.
//!
//! It owns escaping, cutting and the frame of a page. It must not know where a text goes, or what it is
//! about.
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
