//! `eco serve`: serves connections with plugins, until a signal comes.
//!
//! One [`Service`](service::Service) has one plugin, its listeners and its limits. All that is said on the command line is one
//! service; a file describes several.

mod admin_server;
pub(crate) mod args;
mod bind_error;
pub(crate) mod certificates;
mod layers;
mod listen_arg;
pub(crate) mod places;
mod prepared;
pub(crate) mod sandbox;
mod say;
mod service;
pub(crate) mod service_config;
mod service_manager;
mod services;
mod sockets;
mod watching;

pub(crate) use args::ServeArgs;
pub(crate) use services::ReadServices;

use crate::exit::{Exit, Failure};
use crate::logging::{self, LogFormat};
use crate::signals::{Hangup, Signals};
use admin_server::AdminServer;
use eco_net::ActivatedSockets;
use services::Services;

/// Serves what this reads until a signal asks it to stop, and reads it again at SIGHUP.
pub(crate) async fn run(
    read: ReadServices,
    activated: ActivatedSockets,
    log_format: LogFormat,
    opens_page: bool,
) -> Result<(), Failure> {
    let configs = read()?;
    let mut signals = Signals::catch()?;
    let hangup = Hangup::catch()?;
    let address = configs.first().and_then(|config| config.admin.clone());
    let mut services = Services::new(activated, log_format, address);
    // It tells that nobody is served yet, so that it listens first.
    let mut admin = match services.admin() {
        Some((address, figures)) => Some(AdminServer::start(address, figures.clone()).await?),
        None => None,
    };
    signals.or(services.set(configs)).await?;
    if let Some(admin) = &mut admin {
        admin.ready(log_format);
        if opens_page {
            admin.open_page();
        }
    }
    let watchdog = service_manager::ready();
    tokio::select! {
        () = stopped(signals) => {}
        () = services.follow(hangup, read) => {}
    }
    if let Some(admin) = &admin {
        admin.stopping();
    }
    service_manager::stopping();
    services.stop().await;
    drop((watchdog, admin));
    Ok(())
}

/// Waits for the first signal. A second one ends the process at once.
async fn stopped(mut signals: Signals) {
    signals.next().await;
    tracing::info!("stopping: replies in flight may finish (again to stop now)");
    tokio::spawn(async move {
        signals.next().await;
        tracing::warn!("stopped now");
        logging::finish();
        std::process::exit(Exit::Interrupted as i32);
    });
}
