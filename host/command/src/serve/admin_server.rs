//! The admin server of `eco serve`: it listens before anything is served, says where it is once all is, and may be opened in a
//! browser.

use super::bind_error;
use super::say::say;
use crate::admin::{self, AdminAddress, Figures};
use crate::exit::{Exit, Failure};
use crate::logging::LogFormat;
use anyhow::Context as _;
use eco_admin::{Admin, StartError, Token};
use eco_net::LocalAddress;
use std::sync::Arc;
use tempfile::TempPath;

/// A running admin server. Dropped, it ends.
pub(super) struct AdminServer {
    figures: Arc<Figures>,
    addresses: Vec<LocalAddress>,
    token: Token,
    _server: Admin,
    /// What leads a browser to it.
    _page: Option<TempPath>,
}

impl AdminServer {
    /// Listens. It says that the process is not ready.
    pub(super) async fn start(
        address: &AdminAddress,
        figures: Arc<Figures>,
    ) -> Result<Self, Failure> {
        let token = Token::random().context("the system has no random bytes")?;
        let started = admin::start(address, figures.clone(), &token).await;
        let (server, addresses) = started.map_err(|error| match error {
            StartError::Listen(error) => {
                Exit::Unavailable.saying(bind_error::explain(&error, "--admin", None))
            }
            StartError::System(error) => Failure::from(error),
        })?;
        Ok(Self {
            figures,
            addresses,
            token,
            _server: server,
            _page: None,
        })
    }

    /// Says from now on that the process is ready; and where the figures are, after all addresses that are served. The token
    /// is not for the log, which others read.
    pub(super) fn ready(&self, log_format: LogFormat) {
        self.figures.set_ready(true);
        for address in &self.addresses {
            let url = admin::with_token(address, &self.token);
            say(&format!("admin on {url}"));
            if let LogFormat::Json = log_format {
                let address = admin::shown(address);
                tracing::info!(%address, "admin");
            }
        }
    }

    /// Opens its page in the browser.
    pub(super) fn open_page(&mut self) {
        let address = self.addresses.first();
        self._page = address.and_then(|address| admin::open(address, &self.token));
    }

    /// Says from now on that the process is not ready.
    pub(super) fn stopping(&self) {
        self.figures.set_ready(false);
    }
}
