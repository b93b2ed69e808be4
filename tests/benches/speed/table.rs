//! The figures: medians of rounds, beside native's in the same round, and how they are written.

use super::peers::NATIVE;
use eco_benches::figures::{median, quantile};
use std::fmt::Write as _;

/// Which figures are good.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Better {
    Lower,
    Higher,
}

/// What a measure of a server should come to.
#[derive(Clone, Copy)]
pub(crate) enum Aim {
    /// Beside native in the same run, at most or at least so much.
    Ratio(f64),
    /// At most so much more than native.
    Above(f64),
    /// At most so much.
    Most(f64),
}

/// What is measured.
#[derive(Clone)]
pub(crate) struct Measure {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) better: Better,
    /// Of those servers that have one.
    pub(crate) aims: Vec<(&'static str, Aim)>,
}

/// All rounds of one measure of one server.
struct Cell {
    server: &'static str,
    figures: Vec<f64>,
    /// Each beside native's in the same round.
    ratios: Vec<f64>,
}

/// A measure of all servers.
pub(crate) struct Row {
    measure: Measure,
    cells: Vec<Cell>,
}

impl Row {
    /// `rounds` has a list for each server, of the same length; native's comes first.
    pub(crate) fn new(measure: Measure, rounds: Vec<(&'static str, Vec<f64>)>) -> Self {
        let native = rounds.first().map(|(_, figures)| figures.clone());
        let native = native.unwrap_or_default();
        let cells = rounds.into_iter().map(|(server, figures)| Cell {
            server,
            ratios: figures.iter().zip(&native).map(|(a, b)| a / b).collect(),
            figures,
        });
        Self {
            measure,
            cells: cells.collect(),
        }
    }

    fn cell(&self, server: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.server == server)
    }

    /// For somebody who watches.
    pub(crate) fn print(&self) {
        println!("\n{}, {}", self.measure.name, self.measure.unit);
        for Cell {
            server,
            figures,
            ratios,
        } in &self.cells
        {
            println!(
                "  {server:<20} {:>12}   ratio {:.3} ({:.3} to {:.3})",
                figure(median(figures)),
                median(ratios),
                quantile(ratios, 0.25),
                quantile(ratios, 0.75)
            );
        }
        for (cell, verdict) in self.verdicts() {
            println!("  {:<20} {verdict}", cell.server);
        }
    }

    /// What the servers that have an aim came to.
    fn verdicts(&self) -> impl Iterator<Item = (&Cell, String)> {
        let aims = self.measure.aims.iter();
        aims.filter_map(|(server, aim)| Some((self.cell(server)?, self.verdict(server, *aim)?)))
    }

    /// What a server came to, beside its aim.
    fn verdict(&self, server: &str, aim: Aim) -> Option<String> {
        let cell = self.cell(server)?;
        let native = self.cell(NATIVE)?;
        let (value, most, text) = match aim {
            Aim::Ratio(aim) => (median(&cell.ratios), aim, "beside native"),
            Aim::Above(aim) => {
                let above = median(&cell.figures) - median(&native.figures);
                (above, aim, "above native")
            }
            Aim::Most(aim) => (median(&cell.figures), aim, self.measure.unit),
        };
        let (sign, met) = match self.measure.better {
            Better::Lower => ("at most", value <= most),
            Better::Higher => ("at least", value >= most),
        };
        let met = if met { "met" } else { "missed" };
        Some(format!("{value:.3} {text}; aim {sign} {most}: {met}"))
    }
}

/// One table of all rows, servers across, and the aims below.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut servers: Vec<&str> = Vec::new();
    for cell in rows.iter().flat_map(|row| &row.cells) {
        if !servers.contains(&cell.server) {
            servers.push(cell.server);
        }
    }
    let mut text = format!("| measure | {} |\n|---|", servers.join(" | "));
    text += &"---|".repeat(servers.len());
    for row in rows {
        let Measure { name, unit, .. } = &row.measure;
        let _ = write!(text, "\n| {name}, {unit} |");
        for server in &servers {
            let _ = match row.cell(server) {
                Some(cell) if *server == NATIVE => {
                    write!(text, " {} |", figure(median(&cell.figures)))
                }
                Some(cell) => write!(
                    text,
                    " {} ({:.2}) |",
                    figure(median(&cell.figures)),
                    median(&cell.ratios)
                ),
                None => write!(text, " |"),
            };
        }
    }
    text += "\n\n| measure | server | figure, and its aim | quartiles of the ratio |\n|---|---|---|---|";
    for row in rows {
        for (cell, verdict) in row.verdicts() {
            let (low, high) = (quantile(&cell.ratios, 0.25), quantile(&cell.ratios, 0.75));
            let (name, server) = (&row.measure.name, cell.server);
            let _ = write!(
                text,
                "\n| {name} | {server} | {verdict} | {low:.3} to {high:.3} |"
            );
        }
    }
    text + "\n"
}

/// A number with three digits that matter.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
