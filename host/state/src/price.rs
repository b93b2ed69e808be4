//! The processor time that an event costs those who hear it, which its cause pays.

use eco_fair::Account;
use std::time::{Duration, Instant};

/// For telling one connection of one event, about, beside its plugin's own work: it is woken and called, and its reply is
/// written (`tests/benches/SHARED.md`). The connection that causes the event pays it.
pub(crate) const DELIVERY: Duration = Duration::from_micros(10);
/// For listing one member to a new one, about.
pub(crate) const LISTED: Duration = Duration::from_micros(1);

/// Pays for work that was done for so many.
pub(crate) fn pay(payer: &Account, for_each: Duration, many: usize) {
    let many = u32::try_from(many).unwrap_or(u32::MAX);
    if many > 0 {
        payer.charge(for_each.saturating_mul(many), Instant::now());
    }
}
