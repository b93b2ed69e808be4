//! What scripts publish: `tell` and `tell_list` of `scripts/topics.lua`.

use crate::event::Member;
use std::sync::Arc;

/// What is told of a topic, with the number of it.
pub(super) struct Told {
    pub(super) number: u64,
    pub(super) kind: Kind,
    pub(super) member: Member,
}

pub(super) enum Kind {
    Joined,
    Left,
    /// A message may be lost here.
    Lost,
    Message(Arc<[u8]>),
}

impl Told {
    /// `None` where no script of eco's has published it.
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let mut text = Text(data);
        let number = text.number()?;
        let kind = text.word()?.to_vec();
        let member = text.member()?;
        let kind = match &*kind {
            b"j" => Kind::Joined,
            b"l" => Kind::Left,
            b"x" => Kind::Lost,
            b"m" => Kind::Message(text.0.into()),
            _ => return None,
        };
        Some(Self {
            number,
            kind,
            member,
        })
    }
}

/// Who is in a topic, after the event of that number. Zero where there is no such topic.
pub(super) struct List<'a> {
    pub(super) number: u64,
    pub(super) topic: &'a str,
    pub(super) members: Vec<Member>,
}

impl<'a> List<'a> {
    pub(super) fn parse(data: &'a [u8]) -> Option<Self> {
        let mut text = Text(data);
        let number = text.number()?;
        let length = text.number()?;
        let topic = text.text(length)?;
        let mut members = Vec::new();
        while !text.0.is_empty() {
            members.push(text.member()?);
        }
        Some(Self {
            number,
            topic,
            members,
        })
    }
}

/// What is still to be read.
struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Up to a space.
    fn word(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| *byte == b' ')?;
        let (word, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        Some(word)
    }

    fn number(&mut self) -> Option<u64> {
        std::str::from_utf8(self.word()?).ok()?.parse().ok()
    }

    fn text(&mut self, length: u64) -> Option<&'a str> {
        let (text, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    /// Two lengths, an id and a label.
    fn member(&mut self) -> Option<Member> {
        let (id, label) = (self.number()?, self.number()?);
        Some(Member {
            id: self.text(id)?.into(),
            label: self.text(label)?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_publishes_is_read_whatever_bytes_are_in_it() {
        let told = Told::parse(b"1700000000000001 m 3 2 h-1 x\x00 \xff").expect("it is whole");
        assert_eq!(told.number, 1_700_000_000_000_001);
        assert_eq!((&*told.member.id, &*told.member.label), ("h-1", " x"));
        assert!(matches!(told.kind, Kind::Message(data) if *data == *b"\x00 \xff"));
        let list = List::parse(b"5 3 a b2 1 h1 3 0 h22").expect("it is whole");
        assert_eq!((list.number, list.topic, list.members.len()), (5, "a b", 2));
    }

    #[test]
    fn what_somebody_else_publishes_is_nothing() {
        for strange in [
            &b""[..],
            b"hello",
            b"1 m 9 9 short",
            b"x j 1 1 ab",
            b"1 z 1 1 ab",
            b"1 j 18446744073709551615 1 ab",
        ] {
            assert!(Told::parse(strange).is_none());
        }
        assert!(List::parse(b"5 99 a").is_none());
    }
}
