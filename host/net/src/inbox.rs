//! The bytes that have arrived at a client, and the end of a reply in them.

use super::page_offset::Buffer;
use super::quota::{Exhausted, Quota, Share};
use eco_contract::Expect;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes that one read asks for at most.
pub(super) const PIECE: usize = 256 * 1024;
/// Bytes that one read asks for if the length of the reply is unknown.
const SOME: usize = 4 * 1024;

/// Bytes that have arrived and were not taken yet: the reply that is being read, then perhaps the beginning of the next
/// one.
#[derive(Debug, Default)]
pub struct Inbox {
    /// Bytes that have arrived, then room for more. It is kept from one reply to the next.
    room: Buffer,
    /// How much of it has arrived.
    filled: usize,
    /// The length of the reply, once it is whole.
    reply: Option<usize>,
    /// How far the end of the reply was looked for, and how much of it was shown.
    searched: usize,
    shown: usize,
    /// Its part of a quota, if it has one.
    share: Option<Share>,
}

impl Inbox {
    /// One that has its memory from `quota`, which others have theirs from too.
    pub fn within(quota: &Quota) -> Self {
        Self {
            share: Some(Share::of(quota)),
            ..Self::default()
        }
    }

    /// The reply to the last exchange; if that broke, its beginning.
    pub fn reply(&self) -> &[u8] {
        let whole = self.reply.unwrap_or(self.filled);
        self.bytes().get(..whole).unwrap_or(self.bytes())
    }

    fn bytes(&self) -> &[u8] {
        self.room.bytes().get(..self.filled).unwrap_or_default()
    }

    /// How many bytes are there: those of the reply, and those after it.
    pub fn len(&self) -> usize {
        self.filled
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Forgets the reply; the bytes after it are the beginning of the next.
    pub fn take_reply(&mut self) {
        let taken = self.reply.take().unwrap_or_default().min(self.filled);
        self.room.bytes_mut().copy_within(taken..self.filled, 0);
        self.filled -= taken;
        self.searched = 0;
        self.shown = 0;
    }

    /// Looks for the end of the reply, and remembers it. `ended` says that no more will come.
    pub(super) fn is_whole(&mut self, expect: &Expect, ended: bool) -> bool {
        self.reply = match expect {
            Expect::ToEnd => ended.then_some(self.filled),
            _ => self.find_end(expect),
        };
        self.reply.is_some()
    }

    fn find_end(&mut self, expect: &Expect) -> Option<usize> {
        match expect {
            Expect::Nothing => Some(0),
            Expect::ToEnd => None,
            Expect::Exactly(bytes) => {
                let bytes = usize::try_from(*bytes).ok()?;
                (self.filled >= bytes).then_some(bytes)
            }
            Expect::Through(end) => {
                let unseen = self.bytes().get(self.searched..)?;
                let found = memchr::memmem::find(unseen, end);
                let place = found.map(|at| self.searched + at + end.len());
                // The sequence may begin in these bytes and end in the next.
                self.searched = (self.filled + 1)
                    .saturating_sub(end.len())
                    .max(self.searched);
                place
            }
        }
    }

    /// Bytes of the reply that were not returned before.
    pub(super) fn news(&mut self) -> &[u8] {
        let known = self.reply.unwrap_or(self.filled);
        let news = self.room.bytes().get(self.shown..known).unwrap_or_default();
        self.shown += news.len();
        news
    }

    /// Makes room for the next bytes, so that it never holds more than `most` bytes and one.
    ///
    /// There is always room for a byte more than is expected: a read that fills its buffer leaves
    /// open whether there was more, and costs a second one to find out.
    ///
    /// # Errors
    /// The quota has no memory left.
    pub(super) fn make_room(&mut self, expect: &Expect, most: usize) -> Result<(), Exhausted> {
        let here = self.filled;
        let wanted = match expect {
            Expect::Exactly(bytes) => usize::try_from(*bytes)
                .unwrap_or(usize::MAX)
                .saturating_sub(here)
                .saturating_add(1),
            _ => here.max(SOME),
        };
        let room = most.saturating_add(1).saturating_sub(here);
        let needed = here + wanted.min(PIECE).min(room);
        let capacity = self.room.len();
        if needed > capacity {
            // Twice as much as before, so that a long reply is not moved for each piece of it.
            let grown = (capacity * 2).min(most.saturating_add(1)).max(needed);
            if let Some(share) = &mut self.share {
                share.grow(grown - capacity)?;
            }
            let mut room = Buffer::new(grown);
            if let Some(beginning) = room.bytes_mut().get_mut(..here) {
                beginning.copy_from_slice(self.bytes());
            }
            self.room = room;
        }
        Ok(())
    }

    /// Reads the bytes that are there, as far as there is room. Returns how many: 0 at the peer's FIN.
    pub(super) fn poll_read<R: AsyncRead + Unpin>(
        &mut self,
        from: &mut R,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let free = self.room.bytes_mut().get_mut(self.filled..);
        let mut room = ReadBuf::new(free.unwrap_or_default());
        ready!(Pin::new(from).poll_read(cx, &mut room))?;
        let read = room.filled().len();
        self.filled += read;
        Poll::Ready(Ok(read))
    }
}
