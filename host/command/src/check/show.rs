//! The output of a check, in colour where that is wanted.

use console::{Style, style};
use eco_exercise::{Case, Exercise, FeedbackLine, Graded, Judgement, LineKind, feedback, percent};
use eco_text::escape::one_line;
use eco_text::number::many;

/// How much is said of failures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// The first one in full, the others in a line.
    First,
    All,
}

/// Shows cases as they are judged.
pub(super) struct Cases<'a> {
    exercise: &'a Exercise,
    detail: Detail,
    /// Characters of the longest name.
    width: usize,
    failed: bool,
}

/// Before the first case.
pub(super) fn title(exercise: &Exercise, plugin: &str) -> String {
    let (title, plugin) = (one_line(&exercise.title), one_line(plugin));
    let cases = many(exercise.cases.len() as u64, "case");
    format!("{}: {cases} for {plugin}\n\n", style(title).bold())
}

impl<'a> Cases<'a> {
    pub(super) fn new(exercise: &'a Exercise, detail: Detail) -> Self {
        let widths = exercise.cases.iter().map(|case| case.name.chars().count());
        Self {
            exercise,
            detail,
            width: widths.max().unwrap_or(0),
            failed: false,
        }
    }

    /// One case.
    pub(super) fn case(&mut self, case: &Case, judgement: &Judgement) -> String {
        let (name, code) = (one_line(&case.name), judgement.verdict.code());
        let width = self.width;
        if judgement.passed() {
            let used = percent(judgement.fuel, self.exercise.limits.fuel);
            let used = style(format!("used {used} % of the CPU budget")).dim();
            return format!("{}    {name:width$}  {used}\n", style("ok").green());
        }
        let first = !std::mem::replace(&mut self.failed, true);
        let finer = judgement
            .failure
            .as_ref()
            .is_some_and(|it| it.split.is_finer());
        let only = if finer { " (only when split)" } else { "" };
        let line = format!(
            "{}  {name:width$}  {code}{only}\n",
            style("FAIL").red().bold()
        );
        if first || self.detail == Detail::All {
            line + "\n" + &in_full(&feedback(case, judgement)) + "\n"
        } else {
            line
        }
    }
}

fn in_full(lines: &[FeedbackLine]) -> String {
    let shown = lines.iter().map(|line| {
        let text = look(line.kind).apply_to(&line.text);
        format!("      {text}\n")
    });
    shown.collect()
}

fn look(kind: LineKind) -> Style {
    match kind {
        LineKind::Sentence => Style::new().bold(),
        LineKind::Detail | LineKind::Log => Style::new(),
        LineKind::Heading => Style::new().underlined(),
        LineKind::Sent => Style::new().cyan(),
        LineKind::Received => Style::new().magenta(),
        LineKind::Expected => Style::new().green(),
        LineKind::Actual => Style::new().red(),
        LineKind::Hint => Style::new().yellow(),
    }
}

/// After the last case.
pub(super) fn summary(exercise: &Exercise, graded: &Graded, detail: Detail) -> String {
    let (passed, cases) = (graded.passed(), exercise.cases.len());
    let points = match graded.points(exercise) {
        Some(points) => format!("{points} of {} points", exercise.points),
        None => "no points can be given".to_owned(),
    };
    let used = graded.fuel_percent(exercise);
    let text = format!("{passed} of {cases} cases passed, {points}");
    let text = if passed == cases {
        style(text).green().bold()
    } else {
        style(text).bold()
    };
    let more = if cases - passed > 1 && detail == Detail::First {
        "--all shows every failure in full.\n"
    } else {
        ""
    };
    format!("\n{text}; used {used} % of the CPU budget\n{more}")
}

/// Before a check that isn't the first: a clean screen, where it is one.
pub(super) fn again() {
    let terminal = console::Term::stdout();
    if terminal.is_term() {
        // Without it the text is below the last one's.
        let _ = terminal.clear_screen();
    }
}

/// Between two checks.
pub(super) fn waiting(plugin: &str) -> String {
    let text = format!("waiting for {} to change (Ctrl-C ends)", one_line(plugin));
    format!("\n{}\n\n", style(text).dim())
}
