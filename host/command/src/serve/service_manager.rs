//! What a service manager is told (sd_notify(3)): that the server is ready, reloads, stops, and is alive. Where there is
//! none, nothing is told.

use sd_notify::NotifyState;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;

/// Tells that the server serves. While the result is there, the manager's watchdog is told that the server is alive, if
/// it wants to know (`WatchdogSec=`).
pub(super) fn ready() -> Option<AbortOnDropHandle<()>> {
    tell(&[NotifyState::Ready]);
    let watchdog = sd_notify::watchdog_enabled()?;
    Some(AbortOnDropHandle::new(tokio::spawn(keep_alive(watchdog))))
}

/// Tells twice in each of the manager's periods, from a task as each connection has one: it comes to its turn where they
/// do.
async fn keep_alive(period: Duration) {
    let mut beats = interval((period / 2).max(Duration::from_millis(1)));
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        tell(&[NotifyState::Watchdog]);
    }
}

/// Tells that the plugin is loaded anew, as `Type=notify-reload` wants it.
pub(super) fn reloading() {
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, now]);
    }
}

/// Tells that it is loaded, or that the old version stays.
pub(super) fn reloaded() {
    tell(&[NotifyState::Ready]);
}

/// Tells that the server stops.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("the service manager could not be told: {error}");
    }
}
