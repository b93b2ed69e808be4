//! Messages that scripts publish: events of topics (`tell` of `scripts/topics.lua`), pieces of lists
//! (`scripts/list.lua`), and renewals.

use crate::event::Member;
use std::sync::Arc;

/// An event of a topic, with its number.
pub(super) struct TopicEvent {
    pub(super) number: u64,
    pub(super) kind: Kind,
    pub(super) member: Member,
}

pub(super) enum Kind {
    /// With the ticket of the one who asked for it, if somebody did.
    Joined(Option<u64>),
    /// It has another label, of which nobody is told; or it has none, and somebody asked for the list.
    Named(Option<u64>),
    Left,
    /// A message may be lost here.
    Lost,
    Message(Arc<[u8]>),
}

impl TopicEvent {
    /// `None` where no script of eco's has published it, or a label has more bytes than `label`.
    pub(super) fn parse(data: &[u8], label: usize) -> Option<Self> {
        let mut text = Text(data);
        let number = text.number()?;
        let kind = text.word()?.to_vec();
        let member = text.member()?;
        if !is_within(&member, label) {
            return None;
        }
        let kind = match &*kind {
            b"j" => Kind::Joined(ticket(text.0)),
            b"n" => Kind::Named(ticket(text.0)),
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

/// Bytes of an id: eco's have some fifty. Longer ones are nobody's.
/// Test: `published::tests::what_is_longer_than_may_be_is_nothing`.
pub(super) const ID: usize = 128;

fn is_within(member: &Member, label: usize) -> bool {
    member.id.len() <= ID && member.label.len() <= label
}

fn ticket(data: &[u8]) -> Option<u64> {
    std::str::from_utf8(data).ok()?.parse().ok()
}

/// A message on a host's own channel.
pub(super) enum HostMessage<'a> {
    /// The renewal of its lease that has this number.
    Renewed(u64),
    Piece(ListPiece<'a>),
}

/// A piece of a topic's list of members, after the event of that number. Zero where there is no such topic.
pub(super) struct ListPiece<'a> {
    pub(super) number: u64,
    /// Of the list.
    pub(super) ticket: u64,
    pub(super) is_first: bool,
    pub(super) is_last: bool,
    pub(super) topic: &'a str,
    pub(super) members: Vec<Member>,
}

impl<'a> HostMessage<'a> {
    /// Members with a longer label than `label` are left out of a list.
    pub(super) fn parse(data: &'a [u8], label: usize) -> Option<Self> {
        if let Some(number) = data.strip_prefix(b"renewed ") {
            return ticket(number).map(Self::Renewed);
        }
        let mut text = Text(data);
        let (number, ticket) = (text.number()?, text.number()?);
        let (first, last) = (text.number()?, text.number()?);
        let length = text.number()?;
        let topic = text.text(length)?;
        let mut members = Vec::new();
        while !text.0.is_empty() {
            members.extend(Some(text.member()?).filter(|member| is_within(member, label)));
        }
        Some(Self::Piece(ListPiece {
            number,
            ticket,
            is_first: first == 1,
            is_last: last == 1,
            topic,
            members,
        }))
    }
}

/// The rest of a message.
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
        let told =
            TopicEvent::parse(b"1700000000000001 m 3 2 h-1 x\x00 \xff", 8).expect("it is whole");
        assert_eq!(told.number, 1_700_000_000_000_001);
        assert_eq!((&*told.member.id, &*told.member.label), ("h-1", " x"));
        assert!(matches!(told.kind, Kind::Message(data) if *data == *b"\x00 \xff"));
        let told = TopicEvent::parse(b"5 j 3 0 h-17", 8).expect("it is whole");
        assert!(matches!(told.kind, Kind::Joined(Some(7))));
        let own = HostMessage::parse(b"5 9 0 1 3 a b2 1 h1x3 0 h-2", 8);
        let Some(HostMessage::Piece(piece)) = own else {
            unreachable!("it is whole");
        };
        assert_eq!((piece.number, piece.ticket, piece.topic), (5, 9, "a b"));
        assert_eq!((piece.is_first, piece.is_last), (false, true));
        assert_eq!(piece.members.len(), 2);
        assert!(matches!(
            HostMessage::parse(b"renewed 12", 8),
            Some(HostMessage::Renewed(12))
        ));
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
            assert!(TopicEvent::parse(strange, 8).is_none());
        }
        for strange in [&b"5 9 1 1 99 a"[..], b"5 9", b"renewed", b"renewed x"] {
            assert!(HostMessage::parse(strange, 8).is_none());
        }
    }

    #[test]
    fn what_is_longer_than_may_be_is_nothing() {
        let (id, long) = ("i".repeat(ID), "i".repeat(ID + 1));
        for (id, label, is_taken) in [
            (&*id, "12345678", true),
            (&*long, "12345678", false),
            (&*id, "123456789", false),
        ] {
            let member = format!("{} {} {id}{label}", id.len(), label.len());
            for kind in ["j", "n", "l", "x", "m"] {
                let told = TopicEvent::parse(format!("1 {kind} {member}").as_bytes(), 8);
                assert_eq!(told.is_some(), is_taken, "{kind} {member}");
            }
            let list = format!("1 2 1 1 1 t{member}1 0 a");
            let Some(HostMessage::Piece(piece)) = HostMessage::parse(list.as_bytes(), 8) else {
                unreachable!("it is a piece");
            };
            // The others are in.
            assert_eq!(piece.members.len(), 1 + usize::from(is_taken));
        }
    }
}
