//! A run as a page of HTML: one file that needs nothing else, not even a script.
//!
//! Text of strangers, such as the message of an error, is shown and never interpreted: it is escaped,
//! and the page forbids scripts and all else that would have to be fetched.

mod curve;
mod numbers;
mod percentiles;
mod plot;
mod scale;
mod stretch;
#[cfg(test)]
mod tests;
mod timeline;

use super::latency::Latency;
use super::report::{Count, Failures, Report};
use super::units::{grouped, many, share_text};
use bytesize::ByteSize;
use eco_text::html::{self, escaped};
use maud::{Markup, html};
use numbers::{finite, time_value};

const STYLE: &str = include_str!("page/page.css");

/// The page.
pub fn page(report: &Report) -> String {
    let main = html! {
        (header(report))
        div class="tables" { "\n" (totals(report)) (latencies(report)) } "\n"
        (limit(report))
        (failures(&report.errors))
        (percentiles::figure(report))
        (timeline::figure(report))
    };
    html::page(&format!("eco load, {}", report.to), STYLE, main)
}

/// The settings of the run.
fn header(report: &Report) -> Markup {
    let to = escaped(&report.to);
    let rate = report.rate.map(finite).map(|rate| match rate.fract() {
        0.0 => grouped(rate as u64),
        _ => rate.to_string(),
    });
    let (message, reply) = report.sizes();
    html! {
        header { "\n"
            h1 { "Load on " (to) } "\n"
            p {
                "plugin " (escaped(&report.plugin))
                " · " (many(report.connections.into(), "connection"))
                " · " (many(report.threads.into(), "thread"))
                @if let Some(rate) = rate { " · " (rate) " dialogues/s asked for" }
                " · messages of " (ByteSize(message))
                " · replies of " (ByteSize(reply))
                " · " (time_value(report.seconds * 1e6))
                @if report.interrupted { " · " strong { "ended early" } }
            } "\n"
            p { "eco " (report.version) ", " time { (escaped(&report.date)) } } "\n"
        } "\n"
    }
}

fn totals(report: &Report) -> Markup {
    let number = |count: Count| [grouped(count.total), grouped(count.per_second as u64)];
    let bytes = |count: Count| {
        [count.total, count.per_second as u64].map(|bytes| ByteSize(bytes).to_string())
    };
    // Connections that were opened once have no rate.
    let connected = if report.connected.total > report.connections.into() {
        number(report.connected)
    } else {
        [grouped(report.connected.total), String::new()]
    };
    let rows = [
        ("dialogues", number(report.dialogues)),
        ("turns", number(report.turns)),
        ("sent", bytes(report.sent)),
        ("received", bytes(report.received)),
        ("connected", connected),
    ];
    let share = share_text(finite(report.failed_share));
    let failed = row("failed", &[grouped(report.failed), share]);
    let rows = html! {
        @for (name, values) in rows { tr { (row(name, &values)) } "\n" }
        tr class=[(report.failed > 0).then_some("bad")] { (failed) } "\n"
    };
    table(&["figures", "total", "per second"], rows)
}

fn latencies(report: &Report) -> Markup {
    type Figure = fn(&Latency) -> f64;
    let figures: [(&str, Figure); 6] = [
        ("p50", |latency| latency.p50),
        ("p90", |latency| latency.p90),
        ("p99", |latency| latency.p99),
        ("p99.9", |latency| latency.p999),
        ("max", |latency| latency.max),
        ("mean", |latency| latency.mean),
    ];
    let values = |figure: Figure| {
        let Report { turn, dialogue, .. } = report;
        let columns = [turn, dialogue, &report.client.wait, &report.connect];
        columns.map(|latency| match latency.count {
            0 => "–".to_owned(),
            _ => time_value(figure(latency)),
        })
    };
    let rows = html! {
        @for (name, figure) in figures { tr { (row(name, &values(figure))) } "\n" }
    };
    table(&["latency", "turn", "dialogue", "client", "connect"], rows)
}

fn row(name: &str, values: &[String]) -> Markup {
    html! {
        th scope="row" { (name) }
        @for value in values { td { (value) } }
    }
}

fn table(heads: &[&str], rows: Markup) -> Markup {
    html! {
        table { "\n"
            thead { tr { @for head in heads { th scope="col" { (head) } } } } "\n"
            tbody { "\n" (rows) } "\n"
        } "\n"
    }
}

/// The client as the limit, with advice. Empty if it was not.
fn limit(report: &Report) -> Markup {
    html! {
        @if let Some(said) = report.client.said(&report.turn) {
            section class="limit" { "\n"
                p { strong { (escaped(&said)) } } "\n"
                p { (escaped(&report.client.advice)) } "\n"
            } "\n"
        }
    }
}

/// The causes of failed dialogues, each with its first example. Empty if none failed.
fn failures(errors: &[Failures]) -> Markup {
    html! {
        @if !errors.is_empty() {
            section { "\n"
                h2 { "Failures, and the first of each kind" } "\n"
                @for Failures { cause, count, example } in errors {
                    h3 { (cause.text()) " " span class="count" { (grouped(*count)) } } "\n"
                    @if !example.is_empty() { pre tabindex="0" { (escaped(example)) } "\n" }
                }
            } "\n"
        }
    }
}
