//! The plot of latency by percentile: each step to the right leaves out ten times fewer.

use super::curve::{Curve, marks, nines};
use super::numbers::{finite, time_mark, time_value};
use super::plot::{Anchor, Drawing, Panel, Width};
use super::scale::{Scale, ScaleKind, Spread};
use crate::report::Report;
use maud::{Markup, html};

/// Fewer connections make no telling curve.
const ENOUGH: u64 = 40;
const TITLE: &str = "Latency by percentile";

pub(super) fn figure(report: &Report) -> Markup {
    let mut curves = Vec::new();
    if report.connect.count > ENOUGH {
        curves.extend(Curve::new("connect", "connections", &report.connect));
    }
    // Drawn last, above the other.
    curves.extend(Curve::new("turn", "turns", &report.turn));
    html! {
        figure { "\n"
            h2 { (TITLE) } "\n"
            @if let Some(first) = curves.last() {
                @for width in Width::BOTH { (draw(&curves, width)) }
                figcaption {
                    (first.explained())
                    @if report.rate.is_some() { " A turn's time counts from when it was due." }
                } "\n"
            } @else {
                p { "No turn waited for a reply." } "\n"
            }
        } "\n"
    }
}

fn draw(curves: &[Curve<'_>], width: Width) -> Markup {
    let bottom = match width {
        Width::Wide => 334.0,
        Width::Narrow => 280.0,
    };
    // The longest is beyond the last nine, at the right edge.
    let reach = curves.iter().map(Curve::reach).fold(1.0, f64::max);
    let edge = reach + 0.3;
    let spread = Spread::of(curves.iter().flat_map(Curve::spread));
    let typical = curves.last().map_or(0.0, |curve| finite(curve.latency.p50));
    // Turns alone need no legend, nor its room.
    let alone = matches!(curves, [Curve { name: "turn", .. }]);
    let top = if alone { 34.0 } else { 46.0 };
    let panel = Panel {
        x: Scale::exact(edge, 1, width.ends()),
        y: Scale::times(Spread { typical, ..spread }, 5, (bottom, top)),
    };
    let mut drawing = Drawing::new(width);
    let unit = match panel.y.kind {
        ScaleKind::Linear => "time",
        ScaleKind::Logarithmic => "time, logarithmic",
    };
    drawing.text("axis-title", (2.0, 14.0), Anchor::Start, unit);
    drawing.y_axis(&panel, time_mark);
    drawing.x_axis(&panel, &percents(edge));
    drawing.text(
        "axis-title",
        (panel.x.end, bottom + 40.0),
        Anchor::End,
        "percentile",
    );
    if !alone {
        legend(&mut drawing, &panel, curves);
    }
    if let Some(first) = curves.last() {
        let (line, bottom) = (line(first, &panel), panel.y.start);
        let (left, right) = (panel.x.start, panel.x.end);
        let area = format!("{line}L{right:.1} {bottom:.1}H{left:.1}Z");
        drawing.path(&format!("{}-area", first.name), &area);
    }
    for curve in curves {
        drawing.path(&format!("{} curve", curve.name), &line(curve, &panel));
        for (mark, place, value) in marked(curve, &panel) {
            let (class, hint) = (
                format!("{}-dot", curve.name),
                format!("{} {mark} {value}", curve.name),
            );
            drawing.dot(&class, place, &hint);
        }
    }
    if let Some(first) = curves.last() {
        values(&mut drawing, &panel, first);
    }
    let said: Vec<String> = curves.iter().rev().map(Curve::said).collect();
    drawing.finish("latency", bottom + 50.0, TITLE, &said.join(" "))
}

/// The marks of the lower axis up to `edge`, the most telling first.
fn percents(edge: f64) -> Vec<(f64, String)> {
    let longest = (edge, "100 %".to_owned());
    let all = (1..18).map(|nines| {
        let text = match nines {
            1 => "90 %".to_owned(),
            2 => "99 %".to_owned(),
            _ => format!("99.{} %", "9".repeat(nines - 2)),
        };
        (nines as f64, text)
    });
    let first = [(nines(50.0), "50 %".to_owned()), (0.0, "0 %".to_owned())];
    let inner = all.take_while(|(nines, _)| *nines < edge);
    std::iter::once(longest).chain(inner).chain(first).collect()
}

/// The names of the lines, above the panel.
fn legend(drawing: &mut Drawing, panel: &Panel, curves: &[Curve<'_>]) {
    let mut right = panel.x.end;
    for curve in curves {
        drawing.text("name", (right, 14.0), Anchor::End, curve.name);
        let left = right - curve.name.len() as f64 * 7.6 - 32.0;
        drawing.line(curve.name, (left, 10.0), (left + 26.0, 10.0));
        right = left - 18.0;
    }
}

fn line(curve: &Curve<'_>, panel: &Panel) -> String {
    let longest = (f64::INFINITY, finite(curve.latency.max));
    let points = curve.points.iter().copied().chain([longest]);
    let points: Vec<String> = points
        .map(|(nines, time)| format!("{:.1} {:.1}", panel.x.at(nines), panel.y.at(time)))
        .collect();
    format!("M{}", points.join("L"))
}

/// The marks of a curve: name, place and time. The longest come first, since they matter most if there isn't
/// room for all.
fn marked(curve: &Curve<'_>, panel: &Panel) -> Vec<(&'static str, (f64, f64), String)> {
    let longest = ("max", f64::INFINITY, finite(curve.latency.max));
    let inner = marks(curve.latency).into_iter().rev();
    let inner = inner.filter(|mark| mark.1 <= curve.reach());
    std::iter::once(longest)
        .chain(inner)
        .map(|(mark, nines, time)| {
            let place = (panel.x.at(nines), panel.y.at(time));
            (mark, place, time_value(time))
        })
        .collect()
}

/// The times of a curve beside its marks, on the side with room.
fn values(drawing: &mut Drawing, panel: &Panel, curve: &Curve<'_>) {
    let ends = (panel.x.start + 4.0, panel.x.end);
    for (_, (x, y), value) in marked(curve, panel) {
        let (above, below) = ((x - 4.0, y - 9.0), (x + 4.0, y + 20.0));
        if !drawing.text_if_free("value", above, Anchor::End, &value, ends) {
            drawing.text_if_free("value", below, Anchor::Start, &value, ends);
        }
    }
}
