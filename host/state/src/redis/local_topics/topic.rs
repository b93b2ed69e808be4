//! One topic with members on this host.

use super::listing::Listing;
use super::members::MemberList;
use crate::backend::Subscriber;
use crate::event::Member;
use eco_fair::Account;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// See the module.
#[derive(Default)]
pub(super) struct Topic {
    /// The members that hear it.
    pub(super) here: Vec<Subscriber>,
    /// Those that will hear it from their own `joined` on, with the tickets of these.
    pub(super) coming: Vec<(u64, Subscriber)>,
    /// Members that wait for the list of the others.
    pub(super) asking: Vec<Question>,
    /// All known members, here and elsewhere. `None` before Redis has listed them.
    pub(super) known: Option<MemberList>,
    /// The number of the last event.
    pub(super) last: Option<u64>,
    /// Whether the connection is another than that of the last list. Then its events count from the next list on.
    pub(super) stale: bool,
    /// Whether a number came that is not the next. Then a list has to settle the members.
    pub(super) doubted: bool,
    /// A list that has begun.
    pub(super) listing: Option<Listing>,
    /// Members that Redis doesn't list any more, and since when.
    pub(super) absent: HashMap<Arc<str>, Instant>,
}

/// A member's question for the others.
pub(super) struct Question {
    pub(super) ticket: u64,
    pub(super) id: Arc<str>,
    others: oneshot::Sender<Vec<Member>>,
}

/// The ticket of a question, and its answer.
pub(in crate::redis) struct Ticket {
    pub(in crate::redis) number: u64,
    pub(in crate::redis) others: oneshot::Receiver<Vec<Member>>,
}

impl Topic {
    /// Members here, and those that come.
    pub(super) fn all(&self) -> impl Iterator<Item = &Subscriber> {
        let coming = self.coming.iter().map(|(_, who)| who);
        self.here.iter().chain(coming)
    }

    /// The account of a member of this host.
    pub(super) fn payer(&self, id: &str) -> Option<&Arc<Account>> {
        let mut all = self.all();
        let payer = all.find(|who| *who.member.id == *id);
        payer.map(|who| &who.payer)
    }

    /// A member asks for the others.
    pub(super) fn ask(&mut self, number: u64, id: Arc<str>) -> Ticket {
        let (sender, others) = oneshot::channel();
        self.asking.push(Question {
            ticket: number,
            id,
            others: sender,
        });
        Ticket { number, others }
    }

    /// The event of this ticket has come: its member is here, and is told of the others.
    pub(super) fn answer(&mut self, id: &str, ticket: Option<u64>) {
        let Some(ticket) = ticket else { return };
        let is_it = |number: u64, of: &str| number == ticket && of == id;
        let mut coming = self.coming.iter();
        if let Some(at) = coming.position(|(number, who)| is_it(*number, &who.member.id)) {
            let (_, who) = self.coming.swap_remove(at);
            self.here.push(who);
        }
        let mut asking = self.asking.iter();
        if let Some(at) = asking.position(|asking| is_it(asking.ticket, &asking.id))
            && let Some(known) = &self.known
        {
            self.asking.swap_remove(at).tell(known);
        }
    }
}

impl Question {
    /// Answers with the others. The one who asked may be gone.
    pub(super) fn tell(self, members: &MemberList) {
        let others = members.labels().filter(|(id, _)| **id != self.id);
        let others = others.map(|(id, label)| Member {
            id: id.clone(),
            label: label.clone(),
        });
        let _ = self.others.send(others.collect());
    }
}
