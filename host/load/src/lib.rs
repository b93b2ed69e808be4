//! A load: many connections at once. On each, a client plugin holds one dialogue after the other.
//!
//! `pace` says when a dialogue begins. `client` holds it over a `connection`; `dialogue_cache` replays dialogues that
//! repeat, and `instance_pool` keeps instances ready. In a plugin's place there may be a program: `program_run` runs
//! it, for each `program_dialogue`, whose `turn_times` are seen from its bytes. `turn` and `own_time` tell the
//! server's time from the client's, and `dialogue_time` has both. `tally` counts, `latency` has the percentiles, and
//! `report` all figures, which `table` and `page` show. The threads share nothing that a turn writes to: each has its
//! connections, its pool and its tally.
//!
//! It owns the run and its figures. Failures are data, and the caller puts them into words.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use eco_load::{ClientCode, Load, Settings, Target};
//! use eco_plugin::{BUILT_IN_CLIENTS, Budgets, ClientPlugin, Compiler, Engine, Source};
//!
//! let engine = Engine::builder(Compiler::InProcess, Budgets::client(1 << 30)).build()?;
//! let echo = ClientPlugin::load(&engine, Source::named("echo", BUILT_IN_CLIENTS)).await?;
//! // A port on which nobody listens any more.
//! let to = Target::Tcp(vec![std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?]);
//! let echo = ClientCode::Plugin(echo);
//! let settings = Settings { to, ..Settings::new(echo, |failure| format!("{failure:?}")) };
//! let mut load = Load::start(settings)?;
//! load.over().await;
//! load.end();
//! load.finished().await;
//! let ended = load.report()?;
//! assert_eq!(ended.report.dialogues.total, 0);
//! assert!(ended.fatal.is_some());
//! # Ok(()) }
//! ```

mod client;
mod client_code;
mod client_time;
mod connection;
mod dialogue_cache;
mod dialogue_time;
mod drive;
mod failure;
mod idle;
mod instance_pool;
mod latency;
mod own_time;
mod pace;
mod page;
mod program_dialogue;
mod program_run;
mod report;
mod run;
mod sampler;
mod sources;
mod table;
mod tally;
mod target;
mod threads;
mod timer;
mod turn;
mod turn_times;
mod units;

pub use client_code::ClientCode;
pub use client_time::{ClientTime, Limit};
pub use failure::{Cause, Failure, Fatal, NotWhole, ProgramFailure};
pub use instance_pool::most_instances;
pub use pace::Goal;
pub use page::page;
pub use program_run::ProgramRun;
pub use report::Report;
pub use run::Settings;
pub use sampler::{Moment, Sample};
pub use sources::Sources;
pub use target::Target;
pub use threads::{Ended, Load};
pub use units::{share_text, time_text};
