//! Messages and unsubscriptions of the running call, which take effect when it returns well.

use std::collections::VecDeque;
use std::sync::Arc;

/// Bytes that an entry takes beside its texts: its place in the queue, and the counts of references.
pub(crate) const PENDING: usize = 96;

/// One of them.
pub(crate) enum Pending {
    Publish(Arc<str>, Arc<[u8]>),
    Unsubscribe(Arc<str>),
}

impl Pending {
    fn size(&self) -> usize {
        let texts = match self {
            Self::Publish(topic, data) => topic.len() + data.len(),
            Self::Unsubscribe(topic) => topic.len(),
        };
        PENDING + texts
    }

    fn unsubscribes(&self, from: &str) -> bool {
        matches!(self, Self::Unsubscribe(topic) if **topic == *from)
    }
}

/// All of them, in their order.
#[derive(Default)]
pub(crate) struct PendingQueue {
    queue: VecDeque<Pending>,
    /// Bytes that they take.
    size: usize,
}

impl PendingQueue {
    /// Bytes that they take.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn push(&mut self, pending: Pending) {
        self.size += pending.size();
        self.queue.push_back(pending);
    }

    pub(crate) fn first(&self) -> Option<&Pending> {
        self.queue.front()
    }

    pub(crate) fn pop(&mut self) -> Option<Pending> {
        let first = self.queue.pop_front()?;
        self.size -= first.size();
        Some(first)
    }

    pub(crate) fn clear(&mut self) {
        self.queue.clear();
        self.size = 0;
    }

    /// Whether a topic is about to be left.
    pub(crate) fn unsubscribes(&self, from: &str) -> bool {
        self.queue.iter().any(|pending| pending.unsubscribes(from))
    }

    /// The topic is not left after all.
    pub(crate) fn keep_subscribed(&mut self, to: &str) {
        self.queue.retain(|pending| !pending.unsubscribes(to));
        self.size = self.queue.iter().map(Pending::size).sum();
    }
}
