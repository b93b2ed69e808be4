//! The state machine of a connection, for all drivers of a session.

use super::connection::Reason;
use super::reply::Next;

/// The state of a connection, between its session and its peer. The driver of a session tells it of the peer's FIN and
/// of each reply, and asks it for the next step. The rules are those of `wit/session.wit`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Life {
    finished: bool,
    input_ended: bool,
    refused: bool,
    has_more: bool,
    ended: Option<Reason>,
}

/// The next step of a connection, once the bytes of a reply are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It goes on.
    Open,
    /// FIN is sent. The peer may go on sending.
    Finished,
    /// It is over, in order.
    Closed,
    /// It is over, with a reset.
    Reset,
}

/// The session replied after it had finished, and fails by that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plugin replied after it had finished")]
pub struct RepliedAfterFinish;

impl Life {
    /// The session refused the connection, and is called no more.
    pub fn refused(&mut self) {
        self.refused = true;
        self.ended = Some(Reason::ByPlugin);
    }

    /// The session failed.
    pub fn failed(&mut self) {
        self.ended = Some(Reason::Failed);
    }

    /// The peer has finished: the reply to that is the last.
    pub fn input_ended(&mut self) {
        self.input_ended = true;
    }

    /// The session replied with so many bytes, and with this next step.
    ///
    /// # Errors
    /// It had no right to reply any more. Nothing of the reply may be written.
    pub fn replied(&mut self, bytes: usize, next: Next) -> Result<Then, RepliedAfterFinish> {
        if self.finished && bytes > 0 {
            self.failed();
            return Err(RepliedAfterFinish);
        }
        self.has_more = next == Next::More;
        let then = match next {
            Next::Reset => Then::Reset,
            Next::Close => Then::Closed,
            Next::More => Then::Open,
            Next::KeepOpen | Next::Finish if self.input_ended => Then::Closed,
            Next::Finish => Then::Finished,
            Next::KeepOpen => Then::Open,
        };
        match (then, next) {
            (Then::Reset, _) | (Then::Closed, Next::Close) => self.ended = Some(Reason::ByPlugin),
            (Then::Closed, _) => self.ended = Some(Reason::Ended),
            (Then::Finished, _) => self.finished = true,
            (Then::Open, _) => {}
        }
        Ok(then)
    }

    /// Whether the last reply was a part, and the next one is to be asked for before anything else.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Whether the session has said that it sends no more.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether the peer has said so.
    pub fn has_input_ended(&self) -> bool {
        self.input_ended
    }

    /// Why it is over, if the session or the peer's FIN has ended it.
    pub fn ended(&self) -> Option<Reason> {
        self.ended
    }

    /// Whether the session has its last call, `closed`, at the end: not if it refused.
    pub fn hears_of_its_end(&self) -> bool {
        !self.refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_finish_but_the_end() {
        let mut life = Life::default();
        assert_eq!(life.replied(1, Next::Finish), Ok(Then::Finished));
        assert_eq!(life.replied(0, Next::KeepOpen), Ok(Then::Open));
        assert_eq!(life.replied(1, Next::KeepOpen), Err(RepliedAfterFinish));
        assert_eq!(life.ended(), Some(Reason::Failed));
    }

    #[test]
    fn the_reply_to_the_end_of_input_is_the_last() {
        for (next, then, reason) in [
            (Next::KeepOpen, Then::Closed, Reason::Ended),
            (Next::Finish, Then::Closed, Reason::Ended),
            (Next::Close, Then::Closed, Reason::ByPlugin),
            (Next::Reset, Then::Reset, Reason::ByPlugin),
        ] {
            let mut life = Life::default();
            life.input_ended();
            assert_eq!(life.replied(3, next), Ok(then));
            assert_eq!(life.ended(), Some(reason));
        }
    }

    #[test]
    fn a_reply_in_parts_is_over_with_its_last_one_also_after_the_end_of_input() {
        let mut life = Life::default();
        life.input_ended();
        for _ in 0..2 {
            assert_eq!(life.replied(3, Next::More), Ok(Then::Open));
            assert!(life.has_more() && life.ended().is_none());
        }
        assert_eq!(life.replied(0, Next::KeepOpen), Ok(Then::Closed));
        assert!(!life.has_more());
    }

    #[test]
    fn who_refuses_hears_nothing_more() {
        let mut life = Life::default();
        assert!(life.hears_of_its_end());
        life.refused();
        assert!(!life.hears_of_its_end() && life.ended().is_some());
    }
}
