//! A run as a page of HTML: one file that needs nothing else, not even a script.
//!
//! What comes from outside, such as the words of an error, is shown and never interpreted: it is
//! escaped here, and the page forbids scripts and whatever else would have to be fetched.

mod curve;
mod numbers;
mod percentiles;
mod plot;
mod scale;
mod stretch;
#[cfg(test)]
mod tests;
mod timeline;

use super::report::{Count, Failures, Latency, Report};
use super::units::{grouped, many, share_text};
use bytesize::ByteSize;
use eco_text::html::{self, escaped};
use numbers::{finite, time_value};

const STYLE: &str = include_str!("page/page.css");

/// The page.
pub fn page(report: &Report) -> String {
    let to = escaped(&report.to);
    let parts = [
        header(report),
        format!(
            "<div class=\"tables\">\n{}{}</div>\n",
            totals(report),
            latencies(report)
        ),
        limit(report),
        failures(&report.errors),
        percentiles::figure(report),
        timeline::figure(report),
    ];
    html::page(&format!("eco load, {to}"), STYLE, &parts.concat())
}

/// What was run.
fn header(report: &Report) -> String {
    let mut said = vec![
        format!("plugin {}", escaped(&report.plugin)),
        many(report.connections.into(), "connection"),
        many(report.threads.into(), "thread"),
    ];
    if let Some(rate) = report.rate.map(finite) {
        let rate = match rate.fract() {
            0.0 => grouped(rate as u64),
            _ => rate.to_string(),
        };
        said.push(format!("{rate} dialogues/s asked for"));
    }
    let (message, reply) = report.sizes();
    said.push(format!("messages of {}", ByteSize(message)));
    said.push(format!("replies of {}", ByteSize(reply)));
    said.push(time_value(report.seconds * 1e6));
    if report.interrupted {
        said.push("<strong>ended early</strong>".to_owned());
    }
    let (to, said) = (escaped(&report.to), said.join(" · "));
    let (version, date) = (report.version, escaped(&report.date));
    format!(
        "<header>\n<h1>Load on {to}</h1>\n<p>{said}</p>\n<p>eco {version}, <time>{date}</time></p>\n</header>\n"
    )
}

fn totals(report: &Report) -> String {
    let row = |name: &str, total: &str, rate: &str| {
        format!("<tr><th scope=\"row\">{name}</th><td>{total}</td><td>{rate}</td></tr>\n")
    };
    let number = |name: &str, Count { total, per_second }: Count| {
        row(name, &grouped(total), &grouped(per_second as u64))
    };
    let bytes = |name: &str, Count { total, per_second }: Count| {
        let (total, rate) = (ByteSize(total), ByteSize(per_second as u64));
        row(name, &total.to_string(), &rate.to_string())
    };
    let share = escaped(&share_text(finite(report.failed_share)));
    let failed = row("failed", &grouped(report.failed), &share);
    let failed = match report.failed {
        0 => failed,
        _ => failed.replacen("<tr>", "<tr class=\"bad\">", 1),
    };
    // Connections that were opened once have no rate.
    let connected = if report.connected.total > report.connections.into() {
        number("connected", report.connected)
    } else {
        row("connected", &grouped(report.connected.total), "")
    };
    let rows = [
        number("dialogues", report.dialogues),
        number("turns", report.turns),
        bytes("sent", report.sent),
        bytes("received", report.received),
        connected,
        failed,
    ];
    table(&["figures", "total", "per second"], &rows)
}

fn latencies(report: &Report) -> String {
    type Figure = fn(&Latency) -> f64;
    let figures: [(&str, Figure); 6] = [
        ("p50", |latency| latency.p50),
        ("p90", |latency| latency.p90),
        ("p99", |latency| latency.p99),
        ("p99.9", |latency| latency.p999),
        ("max", |latency| latency.max),
        ("mean", |latency| latency.mean),
    ];
    let rows = figures.map(|(name, figure)| {
        let value = |latency: &Latency| match latency.count {
            0 => "–".to_owned(),
            _ => time_value(figure(latency)),
        };
        let Report { turn, dialogue, .. } = report;
        let values = [turn, dialogue, &report.client.wait, &report.connect].map(value);
        let cells = values.map(|value| format!("<td>{value}</td>")).concat();
        format!("<tr><th scope=\"row\">{name}</th>{cells}</tr>\n")
    });
    table(&["latency", "turn", "dialogue", "client", "connect"], &rows)
}

fn table(heads: &[&str], rows: &[String]) -> String {
    let heads: String = heads
        .iter()
        .map(|head| format!("<th scope=\"col\">{head}</th>"))
        .collect();
    let rows = rows.concat();
    format!("<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
}

/// That the client was the limit, and what helps; nothing when it was not.
fn limit(report: &Report) -> String {
    let Some(said) = report.client.said(&report.turn) else {
        return String::new();
    };
    let advice = escaped(&report.client.advice);
    format!(
        "<section class=\"limit\">\n<p><strong>{}</strong></p>\n<p>{advice}</p>\n</section>\n",
        escaped(&said)
    )
}

/// Why dialogues failed, each cause with its first example; nothing when none did.
fn failures(errors: &[Failures]) -> String {
    if errors.is_empty() {
        return String::new();
    }
    let causes = errors.iter().map(|failures| {
        let (count, cause) = (grouped(failures.count), failures.cause.text());
        let example = match failures.example.as_str() {
            "" => String::new(),
            example => format!("<pre tabindex=\"0\">{}</pre>\n", escaped(example)),
        };
        format!("<h3>{cause} <span class=\"count\">{count}</span></h3>\n{example}")
    });
    let causes: String = causes.collect();
    format!("<section>\n<h2>Failures, and the first of each kind</h2>\n{causes}</section>\n")
}
