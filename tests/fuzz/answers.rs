//! What a compile helper says, which an attack may have taken over: `eco_isolated`'s `wire`, and `compile::helper`.

use crate::seeds::{Recipe, Seeds};
use eco_compile::fuzzing::Answer;

/// Bytes of code that are taken.
const MOST: u64 = 512;

const FACTS: &str = r#"{"form":"Component","size":1,"scan":{"post_return":true,"memory":65536,"table":7,"made_with":["a tool 1.0"]},"held":9,"copied":3,"direct":{"memory":"m","realloc":"r","receive":"f"}}"#;

const WORDS: &[&[u8]] = &[
    b"L",
    b"A",
    b"P",
    b"null",
    b"\"Memory\"",
    b"{\"Invalid\":\"\\u001b\"}",
    b"18446744073709551615",
    b"-1",
    b"1e999",
    b"[[[[[[[[[[[[[[[[",
    b"{\"size\":",
    &[0xff; 8],
    &[0; 8],
    &[0, 0, 4, 0, 0, 0, 0, 0],
    &[0, 2, 0, 0, 0, 0, 0, 0],
];

fn seeds() -> Seeds {
    let compiled = |module: Option<&[u8]>| Answer::Compiled {
        facts: FACTS.to_owned(),
        component: b"code".to_vec(),
        module: module.map(<[u8]>::to_vec),
    };
    let refused = |text: &str| Answer::Refused(text.to_owned());
    let answers = [
        Answer::Panicked("a mistake".to_owned()),
        compiled(None),
        compiled(Some(b"more code")),
        refused("\"Memory\""),
        refused(r#"{"Complex":"too much"}"#),
    ];
    let written = answers.iter().map(|answer| answer.write().unwrap());
    let late = written.clone().map(|answer| [b"LL", &answer[..]].concat());
    Seeds::of(written.clone().chain(late).collect(), WORDS)
}

#[test]
fn what_a_helper_says_is_an_answer_within_its_bounds_or_an_error() {
    let seeds = seeds();
    seeds.as_they_are().iter().for_each(|input| check(input));
    bolero::check!()
        .with_type::<(Recipe, Vec<u8>, [Part; 3])>()
        .for_each(|(recipe, bytes, parts)| {
            check(&seeds.make(recipe));
            check(bytes);
            check(&compiled(parts));
        });
}

/// A part: how long it is, and how long it says that it is, each about as long as is allowed.
type Part = (u8, u8);

/// An answer of three parts, of which the first is right, most of the time, and so is the number of the others.
fn compiled(parts: &[Part; 3]) -> Vec<u8> {
    let near = |number: u8| match number % 8 {
        0 => 0,
        1..4 => 1,
        _ => MOST + u64::from(number) % 5 - 2,
    };
    let facts = format!(r#"{{"Ok":{FACTS}}}"#);
    let mut bytes = b"A".to_vec();
    for (place, (length, said)) in parts.iter().enumerate() {
        let (content, said) = match place {
            0 if length % 8 != 0 => (facts.as_bytes().to_vec(), facts.len() as u64),
            _ if said % 4 != 0 => (vec![b' '; near(*length) as usize], near(*length)),
            _ => (vec![b' '; near(*length) as usize], near(*said)),
        };
        bytes.extend(said.to_le_bytes());
        bytes.extend(content);
        if place == 0 {
            bytes.extend(u64::from(if length % 16 == 1 { length % 5 } else { 2 }).to_le_bytes());
        }
    }
    bytes
}

fn check(bytes: &[u8]) {
    let Ok(answer) = Answer::read(bytes, MOST) else {
        return;
    };
    if let Answer::Compiled {
        component, module, ..
    } = &answer
    {
        let parts = [Some(component), module.as_ref()].into_iter().flatten();
        for part in parts {
            assert!(part.len() as u64 <= MOST, "{} bytes", part.len());
        }
    }
    let written = answer.write().unwrap();
    assert_eq!(Answer::read(&written, MOST).unwrap(), answer);
}
