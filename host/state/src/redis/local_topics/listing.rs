//! A list of a topic's members that comes piece by piece.

use super::members::{MemberCount, MemberList};
use crate::event::Member;
use crate::redis::published::{Kind, ListPiece, TopicEvent};
use std::sync::Arc;

/// See the module. Events of members come in order with the pieces, so that the list is right at the last of them.
pub(super) struct Listing {
    pub(super) ticket: u64,
    pub(super) members: MemberList,
}

impl Listing {
    pub(super) fn new(ticket: u64, count: &Arc<MemberCount>) -> Self {
        Self {
            ticket,
            members: MemberList::new(count),
        }
    }

    /// A piece of it.
    pub(super) fn piece(&mut self, piece: &ListPiece<'_>) {
        for Member { id, label } in &piece.members {
            self.members.insert(id, label);
        }
    }

    /// An event between its pieces.
    pub(super) fn event(&mut self, event: &TopicEvent) {
        let Member { id, label } = &event.member;
        match event.kind {
            Kind::Joined(_) | Kind::Named(_) => {
                self.members.insert(id, label);
            }
            Kind::Left => drop(self.members.remove(id)),
            Kind::Lost | Kind::Message(_) => {}
        }
    }
}
