//! The flags of the limits of what connections share.

use super::flag_table::{FlagTable, LimitArgs};
use crate::state::args::StateArgs;
use eco_state::Limit;

/// What connections share, where it is kept, and its limits.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct SharedArgs {
    #[command(flatten)]
    pub(crate) state: StateArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs<Shared>,
}

const HEADING: &str = "What connections share: topics and a store";

/// The limits of what connections share.
#[derive(Debug)]
pub(crate) struct Shared;

impl FlagTable for Shared {
    type Limit = Limit;
    const HEADING: Option<&'static str> = Some(HEADING);

    fn limits() -> impl Iterator<Item = Limit> {
        Limit::ALL.iter().copied()
    }
}
