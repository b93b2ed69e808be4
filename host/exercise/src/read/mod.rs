//! Reading: from the files of an exercise to an [`Exercise`], or to the place of a mistake.

mod builder;
mod document;
mod format;
mod lengths;
mod line_ends;
mod step;

pub use format::schema;

use crate::case::{Case, Exercise, Script, Visibility};
use crate::files::Files;
use crate::limits::{self, Limit, Limits};
use crate::mistake::Mistake;
use crate::seed::Seed;
use builder::ExerciseBuilder;
use document::Document;
use eco_limits::{Limit as _, Range, Value};
use format::{CaseFile, ExerciseFile, FORMAT, HiddenFile, LimitsFile};
use lengths::{LONGEST_HINT, LONGEST_MESSAGE, LONGEST_SLUG, check_length, check_line};
use toml::Spanned;

/// The warning about a string with CRLF at its line ends.
const CRLF: &str = "this string has a line that ends with CRLF, which is read as \\n alone, since git and editors put it there unasked: write \\r\\n where it is meant";

/// The cases to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cases {
    /// The public cases.
    Public,
    /// The public cases, and the hidden ones if there are any.
    All,
}

impl Exercise {
    /// Reads an exercise. The bytes of its files decide its [`Seed`]. The hidden cases change the seed, so that nobody
    /// without them can work out the random bytes.
    ///
    /// # Errors
    /// The first mistake in its files.
    pub fn read(files: &Files, cases: Cases) -> Result<Self, Mistake> {
        let main = Document::open(files, "exercise.toml")?;
        let file: ExerciseFile = main.parse()?;
        main.check_format(file.format)?;
        if !is_slug(file.slug.get_ref()) {
            let what =
                "a slug has small letters, digits and single hyphens, such as \"line-reversal\"";
            return Err(main.mistake(file.slug.span(), what));
        }
        let (slug, title) = (&file.slug, &file.title);
        check_length(slug.get_ref(), LONGEST_SLUG, "a slug")
            .map_err(|what| main.mistake(slug.span(), what))?;
        check_line(title.get_ref(), "a title").map_err(|what| main.mistake(title.span(), what))?;
        if let Some(summary) = &file.summary {
            check_line(summary.get_ref(), "a summary")
                .map_err(|what| main.mistake(summary.span(), what))?;
        }
        if *file.points.get_ref() == 0 {
            return Err(main.mistake(file.points.span(), "an exercise is worth at least 1 point"));
        }
        let limits = limits(&main, file.limits)?;
        let mut builder = ExerciseBuilder::default();
        main.add(&mut builder, file.cases, Visibility::Public)?;
        let hidden = if cases == Cases::All && files.has("hidden.toml") {
            Some(Document::open(files, "hidden.toml")?)
        } else {
            None
        };
        if let Some(hidden) = &hidden {
            let file: HiddenFile = hidden.parse()?;
            hidden.check_format(file.format.unwrap_or(FORMAT))?;
            hidden.add(&mut builder, file.cases, Visibility::Hidden)?;
        }
        if builder.cases.is_empty() {
            return Err(main.wrong("it has no cases: one begins with [[cases]]"));
        }
        let read = [Some(&main), hidden.as_ref()].into_iter().flatten();
        let toml: Vec<&[u8]> = read.map(|document| document.text.as_bytes()).collect();
        Ok(Self {
            slug: file.slug.into_inner(),
            title: file.title.into_inner(),
            summary: file.summary.map(Spanned::into_inner).unwrap_or_default(),
            points: file.points.into_inner(),
            limits,
            origin: files.into(),
            digest: builder.digest(&toml),
            seed: Seed::of(&toml),
            cases: builder.cases,
            judges: builder.judges,
            warnings: builder.warnings,
        })
    }
}

impl Document<'_> {
    fn add(
        &self,
        builder: &mut ExerciseBuilder,
        files: Vec<Spanned<CaseFile>>,
        visibility: Visibility,
    ) -> Result<(), Mistake> {
        for line in &self.crlf {
            builder.warn(Mistake {
                line: Some(*line),
                ..self.wrong(CRLF)
            });
        }
        for file in files {
            let span = file.span();
            let file = file.into_inner();
            if file.name.trim().is_empty() {
                return Err(self.mistake(span, "a case has a name, which reports show"));
            }
            check_texts(&file)
                .and_then(|texts| builder.begin_case(&file.name, texts))
                .map_err(|what| self.mistake(span.clone(), what))?;
            if file.weight == Some(0) {
                return Err(self.mistake(span, "a case has a weight of at least 1"));
            }
            let script = match (file.steps, file.judge) {
                (Some(steps), None) if file.message.is_none() => {
                    Script::Steps(self.steps(span, steps, builder)?)
                }
                (None, Some(judge)) => {
                    let script = self.judge(&judge, file.message, builder);
                    script.map_err(|what| self.mistake(span, what))?
                }
                (Some(_), None) => {
                    return Err(self.mistake(span, "a message is for a judge; steps send"));
                }
                _ => {
                    let what =
                        "a case has either steps = [...] or judge = \"FILE\", a client plugin";
                    return Err(self.mistake(span, what));
                }
            };
            builder.cases.push(Case {
                script,
                name: file.name,
                weight: file.weight.unwrap_or(1),
                hint: file.hint,
                visibility,
            });
        }
        Ok(())
    }

    fn judge(
        &self,
        name: &str,
        message: Option<String>,
        builder: &mut ExerciseBuilder,
    ) -> Result<Script, String> {
        let file = self.files.plugin(name).map_err(|error| {
            format!("there is no file {name:?} in the exercise's folder: {error}")
        })?;
        let judge = builder.judge(&file, |most| {
            let read = self.files.read(name, most);
            read.map_err(|error| format!("the judge {name:?}: {error}"))
        })?;
        Ok(Script::Judge {
            judge,
            message: message.map(String::into_bytes),
        })
    }
}

/// Checks the texts of a case, and returns the bytes of its hint and message.
fn check_texts(file: &CaseFile) -> Result<usize, String> {
    check_line(&file.name, "the name of a case")?;
    let (hint, message) = (file.hint.as_deref(), file.message.as_deref());
    check_length(hint.unwrap_or_default(), LONGEST_HINT, "a hint")?;
    check_length(message.unwrap_or_default(), LONGEST_MESSAGE, "a message")?;
    Ok([hint, message].into_iter().flatten().map(str::len).sum())
}

fn limits(document: &Document<'_>, file: LimitsFile) -> Result<Limits, Mistake> {
    let mut limits = Limits::default();
    if let Some(given) = file.fuel {
        let fuel = fuel(*given.get_ref()).map_err(|what| document.mistake(given.span(), what))?;
        Limit::Fuel.set(&mut limits, fuel);
    }
    let sizes = [
        (Limit::Memory, file.memory),
        (Limit::Reply, file.reply),
        (Limit::Log, file.log),
    ];
    for (limit, given) in sizes {
        if let Some(given) = given {
            let size = size(limit, given.get_ref());
            let size = size.map_err(|what| document.mistake(given.span(), what))?;
            limit.set(&mut limits, size);
        }
    }
    limits.time = limits::time(limits.fuel);
    Ok(limits)
}

fn fuel(units: u64) -> Result<Value, String> {
    let fuel = Value::Units(units);
    match Limit::Fuel.row().range {
        _ if units == 0 => Err("without fuel nothing can run".to_owned()),
        Range::FromTo(_, most) if fuel > most => Err(format!(
            "a connection may have {most} of fuel, some ten seconds of work"
        )),
        _ => Ok(fuel),
    }
}

/// Parses a size: at least 1 byte, and no more than the limit's range allows.
fn size(limit: Limit, text: &str) -> Result<Value, String> {
    let row = limit.row();
    let size = row.parse(text).ok().filter(|size| *size > Value::Size(0));
    let size = size.ok_or_else(|| format!("{text:?} is no size: write \"64KiB\", \"16MiB\""))?;
    match row.range {
        Range::FromTo(_, most) if size > most => {
            Err(format!("{text:?} is more than there may be of it, {most}"))
        }
        _ => Ok(size),
    }
}

fn is_slug(text: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut parts = text.split('-');
    parts.all(|part| !part.is_empty() && part.chars().all(is_fine))
}
