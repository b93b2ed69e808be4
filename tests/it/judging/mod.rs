//! Judging a plugin: verdicts, splits, judges, and the words for a failure.

mod feedback;
mod judges;
mod laboratory;
mod memory;
mod randomness;
mod splits;
mod time;
pub(crate) mod verdicts;
