//! The arguments of `eco serve`.

use super::listen_arg::ListenArg;
use crate::admin::AdminAddress;
use crate::arguments::budgets::BudgetArgs;
use crate::arguments::limits::SharedArgs;
use crate::arguments::program::ProgramArgs;
use crate::arguments::proxy_protocol::TrustArgs;
use crate::arguments::server::ServerArgs;
use crate::arguments::tls::ServerTlsArgs;
use clap::{ValueEnum, ValueHint};
use eco_websocket::AllowedOrigin;
use std::ffi::OsString;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  eco serve                            echo, on 127.0.0.1:5005
  eco serve -v --chunk-size 16         watch every chunk, 16 bytes at a time
  eco serve -p upper.js --watch        your script, and what you change in it
  eco serve -p ./upper.wasm            your component answers
  eco serve --stdio wc.wasm -- -l      a program of WASI, for each connection
  eco serve -l 127.0.0.1:0             any free port; the first line says which
  eco serve -l '[::]:7'                every address, IPv6 and (on Linux) IPv4
  eco serve -l unix:/run/eco.sock      a Unix socket, and no port
  eco serve --tls cert.pem,key.pem     TLS, and nothing else
  eco serve -l ws:127.0.0.1:8080       WebSockets, for pages in a browser
  eco serve --open                     see every chunk, live, in the browser
  eco serve --admin 127.0.0.1:9095     that page, metrics and health
  eco serve -q --log-format json       failures alone, for a machine
  eco serve --cpu 50ms --memory 8MiB   tight budgets for untrusted plugins
  eco serve -p chat.js --state redis://db:6379    many servers, one chat room
  eco serve --config eco.toml          many services, each as the file says

Sizes are 16, 64KiB, 1MiB ...; times are 500ms, 10s, 5m ...; a timeout of 0 means never.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServeArgs {
    /// Serve the services of this file, whose keys are these flags; SIGHUP reads it again. Of a single service, what is typed beside it wins
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
    /// The same as --plugin
    #[arg(value_name = "PLUGIN", conflicts_with = "plugin", value_hint = ValueHint::AnyPath)]
    pub(crate) named: Option<OsString>,
    /// A built-in (echo), a script (.js, .lua, .py), a component or a program of WASI (.wasm, .wat), or a folder that eco build builds; - reads a component from stdin
    #[arg(short, long, default_value = "echo", value_name = "PLUGIN", value_hint = ValueHint::FilePath)]
    pub(crate) plugin: OsString,
    /// Where to listen; may be given several times. Port 0 takes a free one; unix:PATH or unix:PATH,mode=660 is a Unix socket, systemd or systemd:NAME a socket that systemd hands over, and ws:ADDR:PORT, with /PATH and ,text after it, takes WebSockets
    #[arg(
        short,
        long,
        default_value = "127.0.0.1:5005",
        value_name = "ADDR:PORT"
    )]
    pub(crate) listen: Vec<ListenArg>,
    /// Pages that may connect to ws:, such as https://chat.example; may be given several times, and * is every page [default: those of the same host, if that is an address or localhost]
    #[allow(rustdoc::bare_urls, reason = "help is no Markdown")]
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) ws_origin: Vec<AllowedOrigin>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    #[command(flatten)]
    pub(crate) limits: ServerArgs,
    /// Answer HTTP here, beside all services: a page that shows the connections live, /livez, /readyz and /metrics. unix:PATH is a Unix socket
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) admin: Option<AdminAddress>,
    /// Open that page in the browser [default address: any free port of 127.0.0.1]
    #[arg(long)]
    pub(crate) open: bool,
    /// When the plugin changes on disk, serve the new version to new connections (SIGHUP does it by hand)
    #[arg(long)]
    pub(crate) watch: bool,
    /// Whether connections start from a snapshot of the evaluated script: as soon as it is taken, from the first one on, or never
    #[arg(long, value_enum, default_value = "background", value_name = "WHEN")]
    pub(crate) snapshot: SnapshotArg,
    #[command(flatten)]
    pub(crate) program: ProgramArgs,
    // What has a heading comes last, since a heading is that of all flags after it.
    #[command(flatten)]
    pub(crate) tls: ServerTlsArgs,
    #[command(flatten)]
    pub(crate) budgets: BudgetArgs,
    #[command(flatten)]
    pub(crate) shared: SharedArgs,
}

/// The time from which connections start from a snapshot. (With `///` the values would stretch the help.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SnapshotArg {
    // Connections evaluate the script until the snapshot is taken.
    Background,
    // Accepting waits for the snapshot.
    First,
    Never,
}
