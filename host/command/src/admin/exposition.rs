//! The text formats of metrics: Prometheus's own, and OpenMetrics 1.0.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>,
//! <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>

use std::fmt::{Display, Write as _};
use std::time::Duration;

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Classic,
    OpenMetrics,
}

/// The kinds of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    /// The word for it, in both formats.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl Format {
    /// The one that a client wants, by its `Accept` (RFC 9110, 12.5.1): the classic one unless it likes the other at least as
    /// much.
    pub(super) fn wanted(accept: &str) -> Self {
        let weight = |is_wanted: fn(&str) -> bool| {
            let items = accept.split(',').map(|item| item.split(';').map(str::trim));
            let weights = items.filter_map(|mut item| {
                item.next().filter(|range| is_wanted(range))?;
                let weight = item.find_map(|parameter| parameter.strip_prefix("q="));
                weight.map_or(Some(1.0), |weight| weight.parse::<f32>().ok())
            });
            weights.fold(0.0, f32::max)
        };
        let open_metrics = weight(|range| range == "application/openmetrics-text");
        let classic = weight(|range| ["text/plain", "text/*", "*/*"].contains(&range));
        match open_metrics > 0.0 && open_metrics >= classic {
            true => Self::OpenMetrics,
            false => Self::Classic,
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Classic => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// A text that grows by one family of metrics after the other.
pub(super) struct Exposition {
    format: Format,
    text: String,
}

impl Exposition {
    pub(super) fn new(format: Format) -> Self {
        let text = String::new();
        Self { format, text }
    }

    /// Begins a family. A counter's name ends in `_total`.
    pub(super) fn begin(&mut self, name: &'static str, kind: Kind, help: &str) {
        // In OpenMetrics only the samples of a counter have the ending.
        let family = match self.format {
            Format::OpenMetrics => name.trim_end_matches("_total"),
            Format::Classic => name,
        };
        let (help, word) = (escaped(help), kind.word());
        let _ = write!(
            self.text,
            "# HELP {family} {help}\n# TYPE {family} {word}\n"
        );
    }

    /// The samples of this family, of this service.
    pub(super) fn samples<'a>(
        &'a mut self,
        name: &'a str,
        service: Option<&'a str>,
    ) -> Samples<'a> {
        let text = &mut self.text;
        Samples {
            text,
            name,
            service,
        }
    }

    /// The whole text.
    pub(super) fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }
}

/// The samples of a family.
pub(super) struct Samples<'a> {
    text: &'a mut String,
    name: &'a str,
    service: Option<&'a str>,
}

impl Samples<'_> {
    /// The only one of its service.
    pub(super) fn value(&mut self, value: impl Display) {
        self.sample("", &[], value);
    }

    /// One with labels. Nobody but eco and whoever runs it may choose their values.
    pub(super) fn labelled(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.sample("", labels, value);
    }

    /// A histogram of times. `counts` has one more than there are bounds.
    pub(super) fn histogram(
        &mut self,
        label: (&str, &str),
        bounds: &[Duration],
        counts: &[u64],
        sum: Duration,
    ) {
        let mut count = 0;
        let bounds = bounds.iter().map(|bound| seconds(*bound));
        let bounds = bounds.chain(["+Inf".to_owned()]);
        for (bound, more) in bounds.zip(counts) {
            count += more;
            self.sample("_bucket", &[label, ("le", &bound)], count);
        }
        self.sample("_sum", &[label], seconds(sum));
        self.sample("_count", &[label], count);
    }

    fn sample(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl Display) {
        let _ = write!(self.text, "{}{suffix}", self.name);
        let service = self.service.map(|service| ("service", service));
        let mut separator = '{';
        for (name, value) in service.iter().chain(labels) {
            let _ = write!(self.text, "{separator}{name}=\"{}\"", escaped(value));
            separator = ',';
        }
        let end = if separator == ',' { "}" } else { "" };
        let _ = writeln!(self.text, "{end} {value}");
    }
}

/// Seconds, always with a point: so both formats have the same bounds.
pub(super) fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64().to_string();
    match seconds.contains('.') {
        true => seconds,
        false => seconds + ".0",
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', r"\\").replace('\n', r"\n");
    text.replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_the_format_that_it_likes_best() {
        for accept in [
            "application/openmetrics-text",
            "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        ] {
            assert_eq!(Format::wanted(accept), Format::OpenMetrics, "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "text/html,*/*;q=0.8",
            "text/plain, application/openmetrics-text;q=0.9",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text;q=x",
            ";;,,q=1",
        ] {
            assert_eq!(Format::wanted(accept), Format::Classic, "{accept}");
        }
    }

    #[test]
    fn both_formats_have_the_same_samples() {
        let written = |format| {
            let mut exposition = Exposition::new(format);
            exposition.begin("eco_things_total", Kind::Counter, "Things.");
            exposition.samples("eco_things_total", None).value(3);
            let mut chat = exposition.samples("eco_things_total", Some("chat"));
            chat.labelled(&[("of", "a\"b\\c\nd")], 4);
            exposition.begin("eco_time_seconds", Kind::Histogram, "Time.");
            let bounds = [Duration::from_micros(3), Duration::from_secs(1)];
            let mut samples = exposition.samples("eco_time_seconds", None);
            samples.histogram(("of", "x"), &bounds, &[2, 0, 1], Duration::from_secs(2));
            exposition.finish()
        };
        let classic = "# HELP eco_things_total Things.\n# TYPE eco_things_total counter\n\
            eco_things_total 3\neco_things_total{service=\"chat\",of=\"a\\\"b\\\\c\\nd\"} 4\n\
            # HELP eco_time_seconds Time.\n# TYPE eco_time_seconds histogram\n\
            eco_time_seconds_bucket{of=\"x\",le=\"0.000003\"} 2\n\
            eco_time_seconds_bucket{of=\"x\",le=\"1.0\"} 2\n\
            eco_time_seconds_bucket{of=\"x\",le=\"+Inf\"} 3\n\
            eco_time_seconds_sum{of=\"x\"} 2.0\neco_time_seconds_count{of=\"x\"} 3\n";
        assert_eq!(written(Format::Classic), classic);
        let open_metrics = classic.replace("P eco_things_total", "P eco_things");
        let open_metrics = open_metrics.replace("E eco_things_total", "E eco_things") + "# EOF\n";
        assert_eq!(written(Format::OpenMetrics), open_metrics);
    }
}
