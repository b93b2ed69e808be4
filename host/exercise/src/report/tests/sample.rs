//! A small class with one of each kind of submission.

use crate::case::{Case, Exercise, Script, Visibility};
use crate::digest::Digest;
use crate::failure::{Failure, Place};
use crate::grade::{Class, Graded};
use crate::judgement::Judgement;
use crate::limits::Limits;
use crate::origin::Origin;
use crate::seed::Seed;
use crate::split::Split;
use crate::transcript::{Side, Transcript};
use crate::verdict::Verdict;
use eco_text::hexdump::hexdump;

/// What would end or begin something in a format of the reports, and what no XML can hold.
pub(super) const HOSTILE: &str = "]]><script>alert(\"1\" + '2')</script>&amp;<!-- -- {{7*7}} # SKIP \\ \
     \u{1b}[2J\u{202e}\u{0}\u{fffe}\u{7f}\u{85}\u{2028}, \"quoted\"\u{301}";

/// A first line, and what would be other lines of TAP and YAML.
pub(super) const LINES: &str = "one\nok 1 - two\r\n...\n---\n1..0\tthree";

pub(super) fn case(name: &str, weight: u32, visibility: Visibility) -> Case {
    Case {
        name: name.to_owned(),
        weight,
        hint: None,
        visibility,
        script: Script::Steps(Vec::new()),
    }
}

/// Of five cases, the last two hidden.
pub(super) fn exercise() -> Exercise {
    use Visibility::{Hidden, Public};
    let with_hint = |hint: &str, case| Case {
        hint: Some(hint.to_owned()),
        ..case
    };
    Exercise {
        slug: "upper".to_owned(),
        title: "Upper case, <b>line by line</b>".to_owned(),
        summary: "A chunk is not a line & a line is not a chunk.".to_owned(),
        points: 10,
        limits: Limits::default(),
        origin: Origin::Eco,
        seed: Seed::default(),
        digest: Digest::of([]),
        judges: Vec::new(),
        warnings: Vec::new(),
        cases: vec![
            case("a line comes back in capitals", 1, Public),
            with_hint(
                "Where does a line end, if not where a chunk does?",
                case("two lines in one go", 2, Public),
            ),
            with_hint(
                HOSTILE,
                case(
                    "every byte there is # all 256, \"raw\" ]]></span>\u{1b}[1m\u{fffe}",
                    1,
                    Public,
                ),
            ),
            case("=a line without an end", 1, Hidden),
            with_hint(
                "Do you keep what you no longer need?",
                case("a very long line", 1, Hidden),
            ),
        ],
    }
}

pub(super) fn class(exercise: &Exercise) -> Class<'_> {
    let mut submissions = vec![
        passing(),
        failing(),
        not_loadable(),
        not_judged(),
        half_judged(),
    ];
    submissions.sort_by(|one, other| one.name.cmp(&other.name));
    Class {
        exercise,
        submissions,
        pending: Vec::new(),
    }
}

fn passed(fuel: u64) -> Judgement {
    Judgement {
        verdict: Verdict::Passed,
        failure: None,
        fuel,
    }
}

fn failed(failure: Failure, fuel: u64) -> Judgement {
    Judgement {
        verdict: failure.verdict.clone(),
        failure: Some(Box::new(failure)),
        fuel,
    }
}

fn graded(name: &str, judgements: Vec<Judgement>) -> Graded {
    Graded {
        name: name.to_owned(),
        judgements,
    }
}

fn passing() -> Graded {
    let fuels = [1_000, 2_000_000, 12_345_678, 0, 7];
    graded("anna", fuels.map(passed).to_vec())
}

/// Its failures have a transcript of all bytes, a hostile log, and what a judge says.
pub(super) fn failing() -> Graded {
    graded(
        "ben, \"the\n=cmd|' /C calc'!A1\" </td>",
        vec![
            passed(5_000),
            failed(two_lines(), 6_000),
            failed(all_bytes(), 7_000),
            failed(
                Failure::new(Verdict::Crashed(HOSTILE.to_owned()), Split::AsWritten, 0),
                8_000,
            ),
            failed(
                Failure::new(Verdict::OutOfMemory, Split::AllInOne, 0),
                95_000_000,
            ),
        ],
    )
}

fn two_lines() -> Failure {
    let mut transcript = Transcript::default();
    transcript.bytes(0, Side::Client, b"one\ntwo");
    transcript.bytes(0, Side::Plugin, b"ONE\nTWO\n");
    transcript.bytes(0, Side::Client, b"\n");
    transcript.note(0, Side::Plugin, "nothing");
    let expected = b"ONE\nTWO\n";
    let mut failure = Failure::new(Verdict::ExtraBytes, Split::Smallest, 0);
    failure.place = Some(Place {
        offset: 7,
        came: 8,
        chunk: Some((1, 0..7)),
        expected: hexdump(expected.get(..7).unwrap_or_default(), Some(7)),
        actual: hexdump(expected, Some(7)),
    });
    let log = ["got 7 bytes", "no newline at the end, adding one"];
    failure.with(transcript, log.map(str::to_owned).to_vec())
}

fn all_bytes() -> Failure {
    let bytes: Vec<u8> = (0..=u8::MAX).collect();
    let mut transcript = Transcript::default();
    for _ in 0..30 {
        transcript.bytes(0, Side::Client, &bytes);
    }
    transcript.bytes(1, Side::Plugin, HOSTILE.as_bytes());
    let mut failure = Failure::new(Verdict::WrongBytes, Split::Random(3), 1);
    failure.place = Some(Place {
        offset: 128,
        came: 131,
        chunk: Some((12, 128..129)),
        expected: hexdump(&bytes, Some(128)),
        actual: hexdump("]]></pre>\u{fffd}".repeat(11).as_bytes(), Some(128)),
    });
    // As the engine hands them out, or worse.
    let escaped = eco_text::escape::Escaped(&bytes).to_string();
    let hostile = [&escaped, HOSTILE, LINES, &"é".repeat(600)];
    let others = (0..16).map(|line| format!("line {line}"));
    let mut log = vec!["one more than is shown".to_owned()];
    log.extend(hostile.map(str::to_owned));
    log.extend(others);
    failure.judge = Some(LINES.to_owned());
    failure.with(transcript, log)
}

fn not_loadable() -> Graded {
    let what = format!("it has no export `start`, only {HOSTILE}");
    let verdict = Verdict::MissingFunction(what.replace(|c: char| c.is_control(), "?"));
    graded("=cmd", vec![Judgement::unrun(verdict); 5])
}

fn not_judged() -> Graded {
    let verdict = Verdict::Internal(format!("no thread\n{HOSTILE}"));
    graded("carla # TODO", vec![Judgement::unrun(verdict); 5])
}

/// One failed, one could not be judged, the others passed.
fn half_judged() -> Graded {
    let mut internal = Failure::new(Verdict::Internal("time".to_owned()), Split::AsWritten, 0);
    internal.log = vec!["still here".to_owned()];
    let missing = Failure::new(Verdict::MissingBytes, Split::SingleBytes, 0);
    graded(
        &format!("dan \u{1f600} {HOSTILE}"),
        vec![
            passed(1),
            failed(internal, 2),
            passed(3),
            passed(4),
            failed(missing, 5),
        ],
    )
}
