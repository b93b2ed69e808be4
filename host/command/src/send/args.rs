//! The arguments of `eco send`.

use crate::arguments::budgets::BudgetArgs;
use crate::arguments::program::SettingsArgs;
use crate::arguments::proxy_protocol::HeaderArgs;
use crate::arguments::tls::ClientTlsArgs;
use crate::client::message::MessageArgs;
use clap::ValueHint;
use eco_net::ConnectAddress;
use std::ffi::OsString;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  eco send                           the plugin's own message
  eco send 'hello'                   prints the reply
  printf 'a\\nb\\n' | eco send -       the message from stdin
  eco send -f photo.jpg > copy.jpg   a file there and back: is it the same?
  eco send -t '[::1]:7' -p dialogue.wasm
  eco send --stdio client.wasm       a program of WASI is the client
  eco send -t unix:/run/eco.sock 'hello'
  eco send -t example.org:5005 --tls 'hello'

The reply goes to stdout byte for byte, everything else to stderr. On a terminal a reply that ends within \
a line gets a line break.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SendArgs {
    #[command(flatten)]
    pub(crate) message: MessageArgs,
    /// Where to connect to; unix:PATH is a Unix socket
    #[arg(
        short,
        long,
        default_value = "127.0.0.1:5005",
        value_name = "ADDR:PORT"
    )]
    pub(crate) to: ConnectAddress,
    /// A built-in client (echo), a script with start(message), a component that exports eco:plugin/client, or a folder that eco build builds
    #[arg(short, long, default_value = "echo", value_name = "PLUGIN", value_hint = ValueHint::FilePath)]
    pub(crate) plugin: OsString,
    /// A program is the client: what it writes is sent, and what comes it reads. eco exits with 0 if the program does, and with 1 if not
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::FilePath, conflicts_with_all = ["plugin", "message", "file"])]
    pub(crate) stdio: Option<OsString>,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    /// How long connecting may take, and each turn of the dialogue; with --stdio, how long the server may be silent
    #[arg(long, default_value = "30s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) header: HeaderArgs,
    #[command(flatten)]
    pub(crate) tls: ClientTlsArgs,
    #[command(flatten)]
    pub(crate) budgets: BudgetArgs,
}
