//! An answer in JSON, and the times in it.

use eco_admin::Answer;
use serde::Serialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A value as an answer.
pub(super) fn answer(value: &impl Serialize) -> Answer {
    match serde_json::to_string(value) {
        Ok(text) => Answer::of_type("application/json", 200, text),
        Err(error) => Answer::text(500, format!("{error}\n")),
    }
}

/// Milliseconds since 1970, as JavaScript counts them.
pub(super) fn since_1970(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Milliseconds, in steps of a microsecond.
pub(super) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
