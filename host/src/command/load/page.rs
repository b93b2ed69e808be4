//! A run as a page of HTML.

use super::report::Report;

/// The page.
pub(super) fn page(report: &Report) -> String {
    format!("<!doctype html><title>{}</title>", report.to)
}
