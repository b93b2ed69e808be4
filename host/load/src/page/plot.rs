//! SVG elements of both plots: lines, texts and axes.
//!
//! A plot that merely shrinks becomes unreadable on a telephone. So each is drawn in two widths, and the
//! style sheet shows the one that fits.

use super::scale::Scale;
use maud::{Markup, PreEscaped, html};
use std::fmt;

/// Approximate width of a letter in the plots, and height of a line of text.
const LETTER: f64 = 7.2;
const LINE: f64 = 15.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Wide,
    Narrow,
}

impl Width {
    pub(super) const BOTH: [Self; 2] = [Self::Wide, Self::Narrow];

    /// Its name, which is its CSS class too.
    fn name(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }

    fn pixels(self) -> f64 {
        match self {
            Self::Wide => 840.0,
            Self::Narrow => 380.0,
        }
    }

    /// The left and right end of a plot, inside its margins.
    pub(super) fn ends(self) -> (f64, f64) {
        (58.0, self.pixels() - 22.0)
    }

    /// Approximate number of marks that fit under it.
    pub(super) fn marks(self) -> u32 {
        match self {
            Self::Wide => 10,
            Self::Narrow => 5,
        }
    }
}

/// The part of a text that is at its place.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A place or a length, with the digits that a picture needs.
struct Pixels(f64);

impl fmt::Display for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.0)
    }
}

/// Two axes.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    pub(super) x: Scale,
    pub(super) y: Scale,
}

/// A picture under construction.
pub(super) struct Drawing {
    width: Width,
    body: String,
    /// Boxes that texts have taken.
    taken: Vec<[f64; 4]>,
}

impl Drawing {
    pub(super) fn new(width: Width) -> Self {
        Self {
            width,
            body: String::new(),
            taken: Vec::new(),
        }
    }

    fn add(&mut self, element: Markup) {
        self.body += &element.into_string();
        self.body.push('\n');
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(Pixels);
        self.add(html! { line class=(class) x1=(x1) y1=(y1) x2=(x2) y2=(y2) {} });
    }

    pub(super) fn path(&mut self, class: &str, path: &str) {
        self.add(html! { path class=(class) d=(path) {} });
    }

    /// A box between two corners. The hint is shown where the pointer is over it.
    pub(super) fn area(&mut self, class: &str, from: (f64, f64), to: (f64, f64), hint: &str) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let path = format!("M{x1:.1} {y1:.1}H{x2:.1}V{y2:.1}H{x1:.1}Z");
        self.add(html! {
            path class=(class) d=(path) { @if !hint.is_empty() { title { (hint) } } }
        });
    }

    pub(super) fn dot(&mut self, class: &str, (x, y): (f64, f64), hint: &str) {
        self.add(html! {
            circle class=(class) cx=(Pixels(x)) cy=(Pixels(y)) r="4" { title { (hint) } }
        });
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.add(html! {
            text class=(class) x=(Pixels(x)) y=(Pixels(y)) text-anchor=(anchor) { (text) }
        });
    }

    /// Adds a text unless it would cover another one, and says whether it did. The text stays between the
    /// `ends`.
    pub(super) fn text_if_free(
        &mut self,
        class: &str,
        (x, y): (f64, f64),
        anchor: Anchor,
        text: &str,
        ends: (f64, f64),
    ) -> bool {
        let wide = text.chars().count() as f64 * LETTER;
        let left = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - wide / 2.0,
            Anchor::End => x - wide,
        };
        let left = left.min(ends.1 - wide).max(ends.0);
        let place = [left, left + wide, y - LINE, y];
        let free = self.taken.iter().all(|taken| {
            let ([l1, r1, t1, b1], [l2, r2, t2, b2]) = (*taken, place);
            r1 + LETTER <= l2 || r2 + LETTER <= l1 || b1 <= t2 || b2 <= t1
        });
        if free {
            self.taken.push(place);
            match anchor {
                Anchor::Start => self.text(class, (left, y), anchor, text),
                Anchor::Middle => self.text(class, (left + wide / 2.0, y), anchor, text),
                Anchor::End => self.text(class, (left + wide, y), anchor, text),
            }
        }
        free
    }

    /// The marks beside a panel, as far as there is room, with lines through it.
    pub(super) fn y_axis(&mut self, panel: &Panel, text: impl Fn(f64) -> String) {
        for mark in panel.y.marks() {
            let y = panel.y.at(mark);
            let beside = (panel.x.start - 8.0, y + 4.0);
            let all = (0.0, panel.x.start);
            if self.text_if_free("mark", beside, Anchor::End, &text(mark), all) {
                self.line("grid", (panel.x.start, y), (panel.x.end, y));
            }
        }
    }

    /// The marks under a panel, those that matter most first, with lines through it.
    pub(super) fn x_axis(&mut self, panel: &Panel, marks: &[(f64, String)]) {
        let bottom = panel.y.start;
        let all = (0.0, self.width.pixels());
        for (figure, text) in marks {
            let x = panel.x.at(*figure);
            self.line("grid", (x, bottom), (x, panel.y.end));
            self.text_if_free("mark", (x, bottom + 19.0), Anchor::Middle, text, all);
        }
        self.line("axis", (panel.x.start, bottom), (panel.x.end, bottom));
    }

    /// The picture. Its title and description are for those who can't see it.
    pub(super) fn finish(self, name: &str, height: f64, title: &str, said: &str) -> Markup {
        let width = self.width.name();
        let view = format!("0 0 {:.0} {height:.0}", self.width.pixels());
        let title_id = format!("{name}-{width}-title");
        let desc_id = format!("{name}-{width}-desc");
        html! {
            svg class=(width) viewBox=(view) role="img" aria-labelledby={ (title_id) " " (desc_id) } { "\n"
                title id=(title_id) { (title) } "\n"
                desc id=(desc_id) { (said) } "\n"
                (PreEscaped(self.body))
            } "\n"
        }
    }
}
