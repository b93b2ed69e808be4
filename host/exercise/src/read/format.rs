//! An exercise as it is written: the types behind `exercise.toml` and `hidden.toml`, and behind the
//! JSON schema for editors.
//!
//! The types accept correct spelling; `read` checks the meaning.

use super::builder;
use super::lengths::{LONGEST_HINT, LONGEST_LINE, LONGEST_MESSAGE, LONGEST_SLUG};
use crate::expression;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// The version of the format that this eco reads.
pub(super) const FORMAT: u32 = 1;

/// The connections of a case. More is refused: each is an instance in every run.
/// Test: `exercises::files::a_wrong_exercise_is_refused_with_its_line`.
pub(super) const MOST_CONNECTIONS: usize = 64;
/// Bytes of a connection's name. More is refused: it stands before each line of a report.
/// Test: `exercises::files::a_wrong_exercise_is_refused_with_its_line`.
pub(super) const LONGEST_NAME: usize = 20;

/// An exercise: `exercise.toml`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ExerciseFile {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub(super) format: u32,
    /// A short name for commands and reports: small letters, digits and hyphens.
    #[schemars(with = "String", length(max = LONGEST_SLUG), regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub(super) slug: Spanned<String>,
    /// The name for people.
    #[schemars(with = "String", length(max = LONGEST_LINE))]
    pub(super) title: Spanned<String>,
    /// One line on what it teaches.
    #[schemars(with = "Option<String>", length(max = LONGEST_LINE))]
    pub(super) summary: Option<Spanned<String>>,
    /// What the whole exercise is worth. The cases share it by their weights.
    #[schemars(with = "u32", range(min = 1))]
    pub(super) points: Spanned<u32>,
    /// What a plugin may use.
    #[serde(default)]
    pub(super) limits: LimitsFile,
    /// The cases, in the order in which they are run and shown.
    #[schemars(with = "Vec<CaseFile>", length(max = builder::MOST_CASES))]
    pub(super) cases: Vec<Spanned<CaseFile>>,
}

/// Cases that students don't get: `hidden.toml`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct HiddenFile {
    /// The version of this format, if it isn't that of `exercise.toml`.
    pub(super) format: Option<u32>,
    /// More cases, which only `eco grade` runs.
    #[schemars(with = "Vec<CaseFile>")]
    pub(super) cases: Vec<Spanned<CaseFile>>,
}

/// What a plugin may use, in one connection.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct LimitsFile {
    /// Units of work of a connection, of the same worth in each language: about one for each instruction of
    /// WebAssembly, and in a script one for as many as its interpreter needs for the same work.
    #[schemars(with = "Option<u64>", range(min = 1))]
    pub(super) fuel: Option<Spanned<u64>>,
    /// Memory, such as "64MiB"; at most 4 GiB. A script has it beside what its interpreter needs.
    #[schemars(with = "Option<String>")]
    pub(super) memory: Option<Spanned<String>>,
    /// What one call may return, such as "1MiB"; at most 4 MiB.
    #[schemars(with = "Option<String>")]
    pub(super) reply: Option<Spanned<String>>,
    /// What a connection may write to the log, such as "64KiB"; at most 1 MiB.
    #[schemars(with = "Option<String>")]
    pub(super) log: Option<Spanned<String>>,
}

/// One case: a script of steps, or a judge.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["steps"]}, {"required": ["judge"]}]))]
pub(super) struct CaseFile {
    /// A sentence that says what is tried. No two cases have the same.
    #[schemars(length(max = LONGEST_LINE))]
    pub(super) name: String,
    /// Its share of the points, beside the other cases' weights. 1 unless given.
    #[schemars(range(min = 1))]
    pub(super) weight: Option<u32>,
    /// What to think about when it fails.
    #[schemars(length(max = LONGEST_HINT))]
    pub(super) hint: Option<String>,
    /// What happens, in order.
    #[schemars(with = "Option<Vec<StepFile>>")]
    pub(super) steps: Option<Vec<Spanned<StepFile>>>,
    /// A client plugin in the exercise's folder that holds the dialogue and judges the replies.
    pub(super) judge: Option<String>,
    /// The message that the judge is started with.
    #[schemars(length(max = LONGEST_MESSAGE))]
    pub(super) message: Option<String>,
}

/// One step: exactly one action, on one connection.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("oneOf" = one_action()))]
pub(super) struct StepFile {
    /// Which connection: a number, counted from 1, or a name. It is opened at the first step that names it.
    pub(super) connection: Option<ConnectionFile>,
    /// How many times over the bytes are sent or expected. 1 unless given.
    #[schemars(range(min = 1))]
    pub(super) repeat: Option<usize>,
    /// Opens the connection and sends nothing.
    pub(super) open: Option<bool>,
    /// This text is sent, as UTF-8.
    pub(super) send: Option<String>,
    /// These bytes are sent: two hexadecimal digits each, blanks between them as you like.
    pub(super) send_hex: Option<String>,
    /// The bytes of this file in the exercise's folder are sent.
    pub(super) send_file: Option<String>,
    /// This text comes next from the plugin.
    pub(super) expect: Option<String>,
    /// These bytes come next from the plugin.
    pub(super) expect_hex: Option<String>,
    /// The bytes of this file come next from the plugin.
    pub(super) expect_file: Option<String>,
    /// What comes next from the plugin matches this regular expression.
    #[schemars(length(max = expression::LONGEST))]
    pub(super) expect_regex: Option<String>,
    /// The plugin has ended the connection.
    pub(super) expect_close: Option<bool>,
    /// The client has finished sending, and still reads.
    pub(super) half_close: Option<bool>,
    /// Time passes for the plugin, such as "100ms", and what was sent has arrived.
    pub(super) pause: Option<String>,
}

/// A connection of a case: all have numbers, or all have names.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum ConnectionFile {
    /// Counted from 1.
    Number(#[schemars(range(min = 1, max = MOST_CONNECTIONS))] usize),
    /// Small letters, digits and hyphens. The first that is named is connection 1.
    Name(#[schemars(length(max = LONGEST_NAME))] String),
}

/// The actions of a step, by their keys.
pub(super) const ACTIONS: [&str; 11] = [
    "open",
    "send",
    "send-hex",
    "send-file",
    "expect",
    "expect-hex",
    "expect-file",
    "expect-regex",
    "expect-close",
    "half-close",
    "pause",
];

fn one_action() -> serde_json::Value {
    let required = ACTIONS.map(|action| serde_json::json!({ "required": [action] }));
    serde_json::Value::from(required.to_vec())
}

/// The JSON schema of `exercise.toml`, for editors.
pub fn schema() -> String {
    let schema = schemars::schema_for!(ExerciseFile);
    // Serializing a schema never fails.
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text + "\n"
}
