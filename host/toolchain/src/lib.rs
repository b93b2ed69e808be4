//! The toolchains: from a folder with the sources of a plugin, or of a program, to what eco runs.
//!
//! It finds out which language a folder is in, runs that language's own compiler, and makes
//! components with `wit-component`, in a process of its own. It never runs a plugin, and knows neither
//! sockets nor the sandbox.
//!
//! ```
//! // The contract that the toolchains bind to, as one file.
//! assert!(eco_toolchain::wit::text().contains("interface session {"));
//! ```

mod c;
mod component;
mod error;
mod exports;
pub mod folder;
mod form;
mod go;
mod make;
mod merge;
mod project;
mod python;
mod rust;
pub mod samples;
mod text;
mod tool;
mod wat;
pub mod wit;
mod world;

pub use error::BuildError;
pub use make::if_helper;
pub use project::{Built, Project};
pub use python::{SetupStep, set_up as set_up_python};
