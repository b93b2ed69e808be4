//! `eco config check`: says what the services of a file would do, and what is wrong with them.

use super::file::of_file;
use crate::exit::Failure;
use crate::output;
use crate::serve::service_config::{ServiceConfig, failed};
use crate::serve::{certificates, sandbox};
use eco_plugin::Shares;
use eco_text::escape;
use std::path::Path;

/// Checks all services, and loads their plugins and certificates. It listens on nothing, and opens no state.
///
/// # Errors
/// The file is wrong; or a plugin or a certificate can't be used, which is said of each.
pub(super) async fn check(path: &Path) -> Result<(), Failure> {
    let configs = of_file(path, &[])?;
    let shares = Shares::among(configs.len());
    let mut first = None;
    for config in &configs {
        match try_out(config, &shares).await {
            Ok(()) => {
                for address in &config.listen {
                    output::print(&format!(
                        "would listen on {address} ({})\n",
                        config.described()
                    ))?;
                }
            }
            Err(failure) => {
                let failure = failed(config.name.as_deref(), failure);
                if let Some(earlier) = first.replace(failure) {
                    output::complain(&earlier.error);
                }
            }
        }
    }
    match first {
        Some(failure) => Err(failure),
        None => {
            let services = match configs.len() {
                1 => "one service".to_owned(),
                several => format!("{several} services"),
            };
            let path = escape::path(path);
            output::print(&format!("{path}: all right, with {services}\n"))
        }
    }
}

async fn try_out(config: &ServiceConfig, shares: &Shares) -> Result<(), Failure> {
    if let Some(tls) = config.tls.clone() {
        certificates::read(tls, None).await?;
    }
    sandbox::try_out(config, shares).await?;
    Ok(())
}
