//! A load: many connections at once, on each of which a client plugin holds one dialogue after the other,
//! and what that took.
//!
//! `pace` says when a dialogue begins, `client` holds it over a `connection`, `dialogue_cache` knows what the
//! plugin says, `tally` counts, and `report` is what is made of that, as a `table` or a `page`. The
//! threads share nothing that is written to for each turn: each has its connections and its tally.
//!
//! It owns the run and its figures. It must not know who asked for it: failures are data, and whoever
//! starts a load says how they read.
//!
//! ```no_run
//! # async fn example(plugin: eco_plugin::Plugin) -> std::io::Result<()> {
//! let settings = eco_load::Settings {
//!     to: vec![([127, 0, 0, 1], 5005).into()],
//!     ..eco_load::Settings::new(plugin, |failure| format!("{failure:?}"))
//! };
//! let mut load = eco_load::Load::start(settings)?;
//! load.over().await;
//! load.end();
//! load.finished().await;
//! println!("{}", load.report()?.report);
//! # Ok(()) }
//! ```

mod client;
mod connection;
mod dialogue_cache;
mod failure;
mod pace;
mod page;
mod report;
mod run;
mod sampler;
mod sources;
mod table;
mod tally;
mod threads;
mod timer;
mod units;

pub use failure::{Cause, Failure, Fatal, NotWhole};
pub use pace::Goal;
pub use page::page;
pub use report::Report;
pub use run::Settings;
pub use sampler::{Moment, Sample};
pub use sources::Sources;
pub use threads::{Ended, Load};
pub use units::{share_text, time_text};
