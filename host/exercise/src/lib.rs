//! Exercises: tasks for a student's plugin, and judging how it does them.
//!
//! It owns the format of exercises, the splits of their bytes, the verdicts, and the reports. It knows no sockets and no
//! terminal: plugins are played in memory.
//!
//! The way in is [`Exercise::read`], then [`Judge::of`] once, then [`Judge::judge`] for each plugin.
//!
//! ```
//! use eco_exercise::{Cases, Exercise, SHIPPED};
//! let echo = SHIPPED.iter().find(|exercise| exercise.slug == "echo").expect("eco brings it");
//! let exercise = Exercise::read(&echo.files(), Cases::Public).expect("it is right");
//! assert_eq!(exercise.slug, "echo");
//! ```

mod case;
mod clock;
mod connections;
mod dialogue;
mod digest;
mod expression;
mod failure;
mod feedback;
mod files;
mod grade;
mod judge;
mod judgement;
mod limits;
mod mistake;
mod origin;
mod read;
pub mod report;
mod run;
mod seed;
mod share;
mod shipped;
mod shrink;
mod split;
mod stream;
mod transcript;
mod verdict;

pub use case::{Action, Case, Exercise, Pattern, Script, Step, Visibility};
pub use digest::Digest;
pub use expression::{Expression, TooLong};
pub use failure::{Failure, Place};
pub use feedback::{FeedbackLine, LineKind, feedback, text};
pub use files::Files;
pub use grade::{Class, Graded, Judged, percent};
pub use judge::Judge;
pub use judgement::Judgement;
pub use limits::{Limit, Limits};
pub use mistake::Mistake;
pub use origin::Origin;
pub use read::{Cases, schema};
pub use seed::Seed;
pub use share::Share;
pub use shipped::{SHIPPED, Shipped, Starters, StatementLanguage};
pub use split::Split;
pub use transcript::{Event, Side, Transcript};
pub use verdict::Verdict;
