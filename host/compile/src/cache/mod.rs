//! The cache: files of compiled code, so that the second start of a plugin is fast; and Python's interpreter, which is
//! too large to be part of eco.
//!
//! Native code runs outside any sandbox. So the cache uses only folders that nobody but the user, or root, can write to
//! (`folder`).

mod choice;
pub(crate) mod code;
pub(crate) mod disk;
pub(crate) mod entry;
pub(crate) mod folder;
pub(crate) mod hash;
mod home;
mod listed;
pub(crate) mod name;
pub(crate) mod python;
mod seal;
mod system;
mod users;

pub use choice::Cache;
pub use python::{check_python_folder, keep_python};
