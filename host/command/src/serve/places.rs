//! How many connections each service of a process may have at the same time.

use super::service_config::ServiceConfig;
use crate::exit::{Exit, Failure};
use crate::machine;
use eco_net::{Limits, MOST_CONNECTIONS};

/// Gives each service that doesn't say how many connections it may have an equal part of the default, or of what those
/// that do say so, and the descriptors, leave.
///
/// # Errors
/// The services ask for more together than a process may have.
pub(crate) fn share_out(services: &mut [ServiceConfig]) -> Result<(), Failure> {
    let all = services.len();
    let (mut asking, mut asked_for) = (0, 0);
    for service in services.iter().filter(|service| service.has_own_places) {
        asking += 1;
        asked_for += service.limits.max_connections;
    }
    if asked_for > MOST_CONNECTIONS {
        return Err(Exit::Usage.saying(format!(
            "the services ask for {asked_for} connections together (--max-connections), and a process has {MOST_CONNECTIONS} at the most"
        )));
    }
    let possible = machine::raise_descriptor_limit().unwrap_or(usize::MAX);
    if asked_for > possible {
        tracing::warn!(
            "--max-connections {asked_for} is more than the descriptor limit allows, about {possible} (see ulimit -n)"
        );
    }
    let left = possible.min(MOST_CONNECTIONS).saturating_sub(asked_for);
    let sharing = (all - asking).max(1);
    let part = (left / sharing)
        .min(Limits::default().max_connections / all.max(1))
        .max(1);
    for service in services
        .iter_mut()
        .filter(|service| !service.has_own_places)
    {
        service.limits.max_connections = part;
    }
    Ok(())
}
