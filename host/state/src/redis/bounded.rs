//! Bounds each answer of Redis before it is read.
//!
//! It finds where answers begin and end in a stream of the protocol RESP3. An answer that announces more than its
//! bounds is an error of the stream, so that the connection is given up: nothing is allocated for it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most that one answer, or one message that is published, may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    /// All of its bytes.
    pub(super) bytes: usize,
    /// Its values. Each takes some fifty bytes here, however short it is.
    pub(super) values: usize,
}

/// A stream from Redis whose answers are bounded.
pub(super) struct Bounded<S, W> {
    stream: S,
    answers: Answers,
    /// Hears why the stream is given up: its reader says only that it is.
    warn: W,
}

impl<S, W> Bounded<S, W> {
    pub(super) fn new(stream: S, most: Most, warn: W) -> Self {
        let answers = Answers::new(most);
        Self {
            stream,
            answers,
            warn,
        }
    }
}

impl<S: AsyncRead + Unpin, W: Fn(&io::Error) + Unpin> AsyncRead for Bounded<S, W> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let come = buffer.filled().get(before..).unwrap_or_default();
        let seen = self.answers.see(come);
        Poll::Ready(seen.inspect_err(&self.warn))
    }
}

impl<S: AsyncWrite + Unpin, W: Unpin> AsyncWrite for Bounded<S, W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The position of a stream in an answer.
struct Answers {
    most: Most,
    /// Bytes of this answer that have come, or are announced.
    bytes: usize,
    /// Values of it that have come, or are announced.
    values: usize,
    /// Values of it that are still to come.
    missing: usize,
    at: At,
}

enum At {
    /// Before the byte of the kind.
    Kind,
    /// In the line of a value that has no other, and whether a carriage return was last.
    Line(bool),
    /// In the line of a number, which is the length of a value of this kind.
    Number(u8, Number),
    /// In so many bytes.
    Bytes(usize),
}

/// A number that is on its way.
#[derive(Clone, Copy, Default)]
struct Number {
    is_negative: bool,
    digits: u8,
    value: usize,
    returned: bool,
}

impl Answers {
    fn new(most: Most) -> Self {
        Self {
            most,
            bytes: 0,
            values: 1,
            missing: 1,
            at: At::Kind,
        }
    }

    /// Looks at bytes that have come.
    fn see(&mut self, mut come: &[u8]) -> io::Result<()> {
        while let [byte, rest @ ..] = come {
            match &mut self.at {
                At::Bytes(left) => {
                    // They were counted when they were announced.
                    let skipped = come.len().min(*left);
                    *left -= skipped;
                    let done = *left == 0;
                    come = come.get(skipped..).unwrap_or_default();
                    if done {
                        self.value();
                    }
                    continue;
                }
                At::Kind => {
                    self.at = match byte {
                        b'$' | b'!' | b'=' | b'*' | b'~' | b'>' | b'%' | b'|' => {
                            At::Number(*byte, Number::default())
                        }
                        _ => At::Line(false),
                    };
                }
                At::Line(returned) => {
                    let ends = *returned && *byte == b'\n';
                    *returned = *byte == b'\r';
                    if ends {
                        self.value();
                    }
                }
                At::Number(kind, number) => {
                    if number.returned {
                        let (kind, number) = (*kind, *number);
                        if *byte != b'\n' || number.digits == 0 {
                            return Err(strange());
                        }
                        self.announced(kind, number)?;
                    } else {
                        number.take(*byte)?;
                    }
                }
            }
            come = rest;
            self.count(1)?;
        }
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> io::Result<()> {
        // An answer has just ended, and nothing of the next has come.
        if self.missing == 1 && self.values == 1 && matches!(self.at, At::Kind) {
            return Ok(());
        }
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.most.bytes {
            let most = self.most.bytes;
            return Err(too_much(format!("{most} bytes")));
        }
        Ok(())
    }

    /// So much is to come.
    fn announced(&mut self, kind: u8, number: Number) -> io::Result<()> {
        if number.is_negative {
            // Nothing, in place of a string or a list.
            if !matches!(kind, b'$' | b'*') {
                return Err(strange());
            }
            self.value();
            return Ok(());
        }
        let values = match kind {
            b'$' | b'!' | b'=' => {
                let length = number.value.saturating_add(2);
                self.at = At::Bytes(length);
                return self.count(length);
            }
            b'%' => number.value.saturating_mul(2),
            b'|' => number.value.saturating_mul(2).saturating_add(1),
            _ => number.value,
        };
        self.values = self.values.saturating_add(values);
        if self.values > self.most.values {
            let most = self.most.values;
            return Err(too_much(format!("{most} values")));
        }
        self.missing += values;
        self.value();
        Ok(())
    }

    /// A value has come; perhaps the last of its answer.
    fn value(&mut self) {
        self.at = At::Kind;
        self.missing -= 1;
        if self.missing == 0 {
            (self.bytes, self.values, self.missing) = (0, 1, 1);
        }
    }
}

impl Number {
    fn take(&mut self, byte: u8) -> io::Result<()> {
        match byte {
            b'\r' => self.returned = true,
            b'-' if self.digits == 0 && !self.is_negative => self.is_negative = true,
            b'0'..=b'9' if self.digits < 18 => {
                self.digits += 1;
                self.value = self.value * 10 + usize::from(byte - b'0');
            }
            _ => return Err(strange()),
        }
        Ok(())
    }
}

fn too_much(most: String) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("it says more at once than {most}, which nothing that eco asks for has"),
    )
}

fn strange() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "what it says is not the protocol of Redis",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Most = Most {
        bytes: 64,
        values: 8,
    };

    /// Sees it at once, and byte by byte.
    fn see(stream: &[u8]) -> io::Result<()> {
        let mut one = Answers::new(MOST);
        let byte_by_byte = stream.chunks(1).try_for_each(|byte| one.see(byte));
        let at_once = Answers::new(MOST).see(stream);
        assert_eq!(at_once.is_ok(), byte_by_byte.is_ok());
        at_once
    }

    #[test]
    fn answers_within_the_bounds_pass_however_many_come() {
        let answers: &[&[u8]] = &[
            b"+OK\r\n",
            b":-12\r\n",
            b"$-1\r\n",
            b"*-1\r\n",
            b"$0\r\n\r\n",
            b"$5\r\na\r\nbc\r\n",
            b"*3\r\n$1\r\na\r\n*2\r\n:1\r\n_\r\n#t\r\n",
            b"%2\r\n+a\r\n:1\r\n+b\r\n*0\r\n",
            b"|1\r\n+a\r\n:1\r\n$1\r\nx\r\n",
            b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\n\r\n\n\r\n",
            b"-ERR no\rsuch\nthing\r\n",
            b"=7\r\ntxt:abc\r\n",
        ];
        for answer in answers {
            assert!(see(answer).is_ok(), "{}", answer.escape_ascii());
        }
        let all = answers.concat().repeat(50);
        assert!(see(&all).is_ok());
        // As much as may be: 5 bytes of a head and 57 of a string with its end.
        let full = [b"$57\r\n".as_slice(), &[b'x'; 57], b"\r\n"].concat();
        assert!(see(&full.repeat(3)).is_ok());
    }

    #[test]
    fn what_announces_more_is_an_error_before_any_of_it_has_come() {
        for answer in [
            &b"$58\r\n"[..],
            b"$1610612736\r\n",
            b"*8\r\n",
            b"*999999999999999999\r\n",
            b"%4\r\n",
            b"*2\r\n*3\r\n:1\r\n:1\r\n:1\r\n*3\r\n",
            b">9\r\n",
            b"~9\r\n",
            b"|4\r\n",
            b"*2\r\n$20\r\nxxxxxxxxxxxxxxxxxxxx\r\n$30\r\n",
            b"*9999999999999999999999\r\n",
            b"$\r\n",
            b"$ 5\r\n",
            b"$5\r5",
            b"$?\r\n",
            b"!-1\r\n",
        ] {
            assert!(see(answer).is_err(), "{}", answer.escape_ascii());
        }
        let line = [b"+".as_slice(), &[b'x'; 64]].concat();
        assert!(see(&line).is_err());
        let nils = [b"*7\r\n".as_slice(), &b"$-1\r\n".repeat(7)].concat();
        assert!(see(&nils).is_ok());
        let nested = b"*1\r\n".repeat(8);
        assert!(see(&nested).is_err());
    }
}
