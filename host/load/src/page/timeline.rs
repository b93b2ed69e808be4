//! The plot over time: the rate of turns, the latency of each moment, and where dialogues failed.

use super::numbers::{mark, time_mark, time_value};
use super::plot::{Anchor, Drawing, Panel, Width};
use super::scale::{Scale, ScaleKind, Spread};
use super::stretch::{Stretch, failed, stretches, thinned};
use crate::failure::Cause;
use crate::report::Report;
use crate::units::{grouped, many};
use maud::{Markup, html};

const TITLE: &str = "Over time";

/// The panels of the plot, from above.
struct Layout {
    failed: Panel,
    rate: Panel,
    p99: Panel,
}

pub(super) fn figure(report: &Report) -> Markup {
    let all = stretches(&report.timeline);
    let missing = report.count(Cause::NeverBegun);
    html! {
        figure { "\n"
            h2 { (TITLE) } "\n"
            @if all.is_empty() {
                p { "It was over too soon." } "\n"
            } @else {
                @for width in Width::BOTH { (draw(&all, width)) }
                figcaption {
                    "Turns by when they came to their end, and how long they took."
                    @if missing > 0 { " Not shown: " (many(missing, "dialogue")) " that never began." }
                } "\n"
            }
        } "\n"
    }
}

fn draw(all: &[Stretch], width: Width) -> Markup {
    let all = thinned(all, width);
    let layout = layout(&all, width);
    let mut drawing = Drawing::new(width);
    let x = layout.rate.x;
    let (top, bottom) = (layout.failed.y.end, layout.p99.y.start);
    for stretch in all.iter().filter(|stretch| stretch.failed > 0) {
        let (left, right) = (x.at(stretch.from), x.at(stretch.to));
        drawing.area("failed-band", (left, top), (right, bottom), "");
    }
    axes(&mut drawing, &layout, &all);
    draw_rate(&mut drawing, &layout.rate, &all);
    let p99 = steps(&all, |stretch| stretch.p99, &layout.p99);
    drawing.path("turn curve", &p99);
    if p99.is_empty() {
        let Panel { x, y } = layout.p99;
        let middle = ((x.start + x.end) / 2.0, (y.start + y.end) / 2.0);
        drawing.text("mark", middle, Anchor::Middle, "no turn came to its end");
    }
    draw_failed(&mut drawing, &layout.failed, &all);
    for stretch in &all {
        let (left, right) = (x.at(stretch.from), x.at(stretch.to));
        drawing.area("hover", (left, top), (right, bottom), &stretch.hint());
    }
    drawing.finish("time", bottom + 50.0, TITLE, &said(&all))
}

fn layout(all: &[Stretch], width: Width) -> Layout {
    let (rate_high, p99_high) = match width {
        Width::Wide => (180.0, 120.0),
        Width::Narrow => (150.0, 110.0),
    };
    let most = |figure: fn(&Stretch) -> f64| all.iter().map(figure).fold(0.0, f64::max);
    let failed_high = match most(Stretch::failed_per_second) {
        0.0 => 0.0,
        _ => 34.0,
    };
    let end = all.last().map_or(0.0, |stretch| stretch.to);
    let x = Scale::exact(end, width.marks(), width.ends());
    let top = 26.0;
    let rate_top = match failed_high {
        0.0 => top,
        _ => top + failed_high + 30.0,
    };
    let rate_bottom = rate_top + rate_high;
    let p99_top = rate_bottom + 40.0;
    let p99 = Spread::of(all.iter().filter_map(|stretch| stretch.p99));
    let panel = |y| Panel { x, y };
    Layout {
        failed: panel(Scale::exact(
            most(Stretch::failed_per_second),
            1,
            (top + failed_high, top),
        )),
        rate: panel(Scale::linear(
            most(|stretch| stretch.turns),
            4,
            (rate_bottom, rate_top),
        )),
        p99: panel(Scale::times(p99, 4, (p99_top + p99_high, p99_top))),
    }
}

fn axes(drawing: &mut Drawing, layout: &Layout, all: &[Stretch]) {
    let Layout { rate, p99, .. } = layout;
    let title = |drawing: &mut Drawing, panel: &Panel, class: &str, text: &str| {
        drawing.text(class, (2.0, panel.y.end - 12.0), Anchor::Start, text);
    };
    if failed(all) > 0 {
        let text = many(failed(all), "failed dialogue");
        let failed = &layout.failed;
        title(drawing, failed, "axis-title failed-title", &text);
        let (left, right, bottom) = (failed.x.start, failed.x.end, failed.y.start);
        drawing.line("axis", (left, bottom), (right, bottom));
    }
    title(drawing, rate, "axis-title", "turns per second");
    drawing.y_axis(rate, |figure| mark(figure, rate.y.step));
    let unit = match p99.y.kind {
        ScaleKind::Linear => "p99 of the turns",
        ScaleKind::Logarithmic => "p99 of the turns, logarithmic",
    };
    title(drawing, p99, "axis-title", unit);
    drawing.y_axis(p99, time_mark);
    let marks = rate.x.marks().into_iter();
    let marks: Vec<_> = marks.map(|at| (at, mark(at, rate.x.step))).collect();
    drawing.x_axis(p99, &marks);
    for (at, _) in &marks {
        let x = rate.x.at(*at);
        drawing.line("grid", (x, rate.y.start), (x, rate.y.end));
    }
    drawing.line(
        "axis",
        (rate.x.start, rate.y.start),
        (rate.x.end, rate.y.start),
    );
    let below = (p99.x.end, p99.y.start + 40.0);
    drawing.text("axis-title", below, Anchor::End, "seconds");
}

fn draw_rate(drawing: &mut Drawing, panel: &Panel, all: &[Stretch]) {
    let line = steps(all, |stretch| Some(stretch.turns), panel);
    let (left, bottom) = (panel.x.start, panel.y.start);
    drawing.path("turn-area", &format!("{line}V{bottom:.1}H{left:.1}Z"));
    drawing.path("turn curve", &line);
}

fn draw_failed(drawing: &mut Drawing, panel: &Panel, all: &[Stretch]) {
    let Panel { x, y } = panel;
    for stretch in all.iter().filter(|stretch| stretch.failed > 0) {
        // One failure among many would not be seen at its true height and width.
        let top = y.at(stretch.failed_per_second()).min(y.start - 4.0);
        let left = x.at(stretch.from);
        let right = x.at(stretch.to).max(left + 2.0);
        drawing.area("failed-bar", (left, y.start), (right, top), "");
    }
}

/// A line with a step for each stretch, since a figure is true for the whole of it. It breaks where there is
/// none.
fn steps(all: &[Stretch], figure: impl Fn(&Stretch) -> Option<f64>, panel: &Panel) -> String {
    let mut path = String::new();
    let mut begun = false;
    for stretch in all {
        let Some(figure) = figure(stretch) else {
            begun = false;
            continue;
        };
        let (from, to) = (panel.x.at(stretch.from), panel.x.at(stretch.to));
        let y = panel.y.at(figure);
        path += &if begun {
            format!("V{y:.1}H{to:.1}")
        } else {
            format!("M{from:.1} {y:.1}H{to:.1}")
        };
        begun = true;
    }
    path
}

/// A description for those who can't see it.
fn said(all: &[Stretch]) -> String {
    let turns = || all.iter().map(|stretch| stretch.turns);
    let least = turns().reduce(f64::min).unwrap_or(0.0);
    let most = turns().reduce(f64::max).unwrap_or(0.0);
    let p99 = Spread::of(all.iter().filter_map(|stretch| stretch.p99));
    format!(
        "Between {} and {} turns per second; the p99 of a moment is between {} and {}; {} failed.",
        grouped(least.round() as u64),
        grouped(most.round() as u64),
        time_value(p99.least),
        time_value(p99.most),
        many(failed(all), "dialogue"),
    )
}
