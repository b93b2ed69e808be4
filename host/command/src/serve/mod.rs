//! `eco serve`: serves connections with plugins, until a signal comes.
//!
//! One [`Service`](service::Service) has one plugin, its listeners and its limits. All that is said on the command line is one
//! service; a file describes several.

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

use crate::admin::{self, AdminAddress, Figures};
use crate::exit::{Exit, Failure};
use crate::logging::{self, LogFormat};
use crate::signals::{Hangup, Signals};
use anyhow::Context as _;
use eco_admin::{Admin, StartError, Token};
use eco_net::{ActivatedSockets, LocalAddress};
use say::say;
use services::Services;
use std::sync::Arc;

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
    let address = address.or_else(|| opens_page.then(AdminAddress::any_port));
    let mut services = Services::new(activated, log_format, address.clone());
    let figures = services.figures().cloned();
    // It tells that nobody is served yet, so that it listens first.
    let admin = match (&address, &figures) {
        (Some(address), Some(figures)) => Some(listen_for_admin(address, figures).await?),
        _ => None,
    };
    signals.or(services.set(configs)).await?;
    let mut page = None;
    if let (Some((_, addresses, token)), Some(figures)) = (&admin, &figures) {
        figures.set_ready(true);
        tell_admin(addresses, token, log_format);
        if opens_page {
            page = addresses
                .first()
                .and_then(|address| admin::open(address, token));
        }
    }
    let watchdog = service_manager::ready();
    tokio::select! {
        () = stopped(signals) => {}
        () = services.follow(hangup, read) => {}
    }
    if let Some(figures) = &figures {
        figures.set_ready(false);
    }
    service_manager::stopping();
    services.stop().await;
    drop((watchdog, admin, page));
    Ok(())
}

async fn listen_for_admin(
    address: &AdminAddress,
    figures: &Arc<Figures>,
) -> Result<(Admin, Vec<LocalAddress>, Token), Failure> {
    let token = Token::random().context("the system has no random bytes")?;
    let started = admin::start(address, figures.clone(), &token).await;
    let (admin, addresses) = started.map_err(|error| match error {
        StartError::Listen(error) => {
            Exit::Unavailable.saying(bind_error::explain(&error, "--admin", None))
        }
        StartError::System(error) => Failure::from(error),
    })?;
    Ok((admin, addresses, token))
}

/// Says where the figures are, after all addresses that are served. The token is not for the log, which others read.
fn tell_admin(addresses: &[LocalAddress], token: &Token, log_format: LogFormat) {
    for address in addresses {
        say(&format!("admin on {}", admin::with_token(address, token)));
        if let LogFormat::Json = log_format {
            let address = admin::shown(address);
            tracing::info!(%address, "admin");
        }
    }
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
