//! The cache: files of compiled code, so that the second start of a plugin is fast; and Python's interpreter, which is
//! too large to be part of eco.
//!
//! It holds native code that runs outside any sandbox, so that it is used only where nobody but the user, or
//! root, can write (`folder`). It must not know how that was made.

pub(crate) mod code;
pub(crate) mod disk;
pub(crate) mod entry;
pub(crate) mod folder;
pub(crate) mod hash;
mod home;
mod listed;
pub(crate) mod python;
mod seal;
mod system;
mod users;

pub use python::{check_python_folder, keep_python};
pub use users::Users;
