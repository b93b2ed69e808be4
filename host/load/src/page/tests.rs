//! The page of runs that went as badly as can be.

use super::*;
use crate::client_time::{ClientTime, Limit};
use crate::failure::Cause;
use crate::latency::Point;
use crate::report::Moment;

const COUNT: Count = Count {
    total: 0,
    per_second: 0.0,
};

fn latency(times: &[f64]) -> Latency {
    let share = |place: usize| 100.0 * (place + 1) as f64 / times.len() as f64;
    let time = times.last().copied().unwrap_or(0.0);
    Latency {
        count: times.len() as u64,
        mean: time,
        p50: time,
        p90: time,
        p99: time,
        p999: time,
        max: time,
        curve: (0..)
            .map(share)
            .zip(times)
            .map(|(percentile, time)| Point {
                percentile,
                time: *time,
            })
            .collect(),
    }
}

fn report(turns: &[f64], connects: &[f64], timeline: Vec<Moment>) -> Report {
    Report {
        version: "0.0.0",
        date: "2000-01-01T00:00:00Z".to_owned(),
        to: "127.0.0.1:5005".to_owned(),
        plugin: "echo".to_owned(),
        connections: 1,
        threads: 1,
        rate: None,
        seconds: 0.0,
        interrupted: false,
        dialogues: COUNT,
        turns: COUNT,
        sent: COUNT,
        received: COUNT,
        connected: COUNT,
        failed: 0,
        failed_share: 0.0,
        errors: Vec::new(),
        connect: latency(connects),
        turn: latency(turns),
        dialogue: latency(turns),
        client: ClientTime {
            busy: turns.last().copied().unwrap_or_default(),
            plugin: connects.last().copied().unwrap_or_default(),
            wait: latency(connects),
            stamped: 1.0,
            limit: (!connects.is_empty()).then_some(Limit::Busy),
            advice: String::new(),
        },
        timeline,
    }
}

fn moment(seconds: f64, turns: f64, p99: f64) -> Moment {
    Moment {
        seconds,
        turns,
        p99,
        failed: 1,
    }
}

/// Fails unless each element that begins ends, in order, and each number is one.
#[track_caller]
fn assert_sound(page: &str) {
    for word in ["NaN", "inf"] {
        assert!(!page.contains(word), "{word} in {page}");
    }
    let (_, body) = page.split_once("<html").expect("the page begins");
    let mut open = vec!["html"];
    for tag in body.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.ends_with('/') || name == "meta" => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn whatever_was_measured_is_a_page() {
    const ODD: [f64; 7] = [0.0, 1e-300, 1.0, f64::MAX, f64::INFINITY, f64::NAN, -1.0];
    let same = [7.0; 50];
    let odd = ODD.map(|odd| [odd; 50]).concat();
    let moments = ODD.map(|odd| moment(odd, odd, odd)).to_vec();
    let second = |turns| (1..4).map(|at| moment(f64::from(at), turns, 9.0)).collect();
    let pages = [
        report(&[], &[], vec![]),
        report(&[], &same, vec![moment(0.0, 0.0, 0.0)]),
        report(&[5.0], &[5.0], vec![moment(1.0, 1.0, 5.0)]),
        report(&same, &same, second(0.0)),
        report(&[1.0, 1e12], &[], second(1e300)),
        report(&odd, &odd, moments),
        report(&same, &[], vec![moment(1.0, 1.0, 1.0); 40_000]),
    ];
    for report in &pages {
        assert_sound(&page(report));
    }
    for odd in ODD {
        let odd = Report {
            rate: Some(odd),
            seconds: odd,
            failed_share: odd,
            turns: Count {
                total: u64::MAX,
                per_second: odd,
            },
            failed: u64::MAX,
            connect: latency(&[odd]),
            turn: latency(&[odd, odd]),
            ..report(&[], &[], vec![moment(odd, odd, odd)])
        };
        assert_sound(&page(&odd));
    }
}

#[test]
fn hostile_text_is_shown_and_not_interpreted() {
    let hostile = "</pre><script>alert('1' + \"2\")</script>&amp;\u{1b}[2J\u{202e}\nline";
    let page = page(&Report {
        to: hostile.to_owned(),
        plugin: hostile.to_owned(),
        errors: vec![Failures {
            cause: Cause::WrongReply,
            count: 1,
            example: hostile.to_owned(),
        }],
        client: ClientTime {
            limit: Some(Limit::Slow),
            advice: hostile.to_owned(),
            ..report(&[], &[], vec![]).client
        },
        ..report(&[], &[], vec![])
    });
    assert_sound(&page);
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains(['\u{1b}', '\u{202e}']), "{page}");
    let shown = "&lt;/pre&gt;&lt;script&gt;alert(&#39;1&#39; + &quot;2&quot;)&lt;/script&gt;&amp;amp;\\u{1b}[2J\\u{202e}\nline";
    assert_eq!(page.matches(shown).count(), 5, "{page}");
}

#[test]
fn a_last_moment_that_is_short_has_no_rate_of_its_own() {
    let page = page(&report(
        &[5.0],
        &[],
        vec![moment(1.0, 100.0, 5.0), moment(1.001, 9_000.0, 5.0)],
    ));
    assert!(page.contains("0.00 s to 1.00 s: 109 turns/s"), "{page}");
    assert!(page.contains("2 failed"), "{page}");
}
