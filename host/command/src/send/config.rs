//! The settings of `eco send`, as its arguments say them.

use super::args::SendArgs;
use crate::client::layers::layers;
use crate::client::message::Message;
use crate::exit::Failure;
use crate::machine;
use crate::plugin::PluginArg;
use eco_net::{ConnectAddress, Layers};
use eco_plugin::Budgets;
use std::time::Duration;

/// `eco send`'s settings, parsed.
pub(crate) struct SendConfig {
    pub(super) message: Message,
    pub(super) to: ConnectAddress,
    pub(super) layers: Layers,
    pub(super) plugin: PluginArg,
    pub(super) timeout: Duration,
    pub(super) budgets: Budgets,
}

impl TryFrom<SendArgs> for SendConfig {
    type Error = Failure;

    fn try_from(args: SendArgs) -> Result<Self, Failure> {
        let message = Message::typed(args.message, &args.plugin)?;
        Ok(Self {
            message,
            plugin: PluginArg::client(args.plugin, args.stdio, args.settings)?,
            timeout: args.timeout,
            layers: layers(args.header, &args.tls, &args.to)?,
            budgets: args.budgets.over(Budgets::client(machine::memory()))?,
            to: args.to,
        })
    }
}
