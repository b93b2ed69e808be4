//! One turn of a dialogue: sent, read, and timed, so that the server's latency and the client's own time are told
//! apart.
//!
//! The server's is from the write to the arrival of the reply. What comes after that, until the client writes again
//! or ends the dialogue, is the client's; so is what it is late with a dialogue that is due.

use super::client::Client;
use super::connection::Connection;
use super::failure::{Failure, NotWhole};
use super::stock::meanwhile;
use super::tally::Failed;
use eco_contract::Expect;
use eco_net::{self as net, Broken, Request, StampedStream};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

impl Client {
    /// One turn, timed from when it was due, or else from now.
    pub(super) async fn turn(
        &mut self,
        open: &mut Connection,
        send: &[u8],
        expect: &Expect,
        due: Option<Instant>,
    ) -> Result<(), Failed> {
        let began = Instant::now();
        self.own_time.stops(began);
        let of_last = self.own_time.of_turn();
        self.waiting = Some(due.unwrap_or(began));
        // Of bytes that nobody read in this turn, it says nothing.
        open.stream.take_age();
        let request = Request {
            send,
            expect,
            most: self.run.most,
        };
        let result = self.exchange(open, request).await;
        let now = Instant::now();
        let is_whole = matches!(result, Some(Ok(())));
        let age = open.stream.take_age().filter(|_| is_whole);
        // One that was there before it was asked for took no time.
        let arrived = age.and_then(|age| now.checked_sub(age));
        let arrived = arrived.map_or(now, |arrived| arrived.max(began));
        let late = due.map_or(Duration::ZERO, |due| {
            let late = began.saturating_duration_since(due);
            late.saturating_sub(self.own_time.since(due))
        });
        if is_whole {
            self.own_time.reply_arrived(arrived);
        }
        open.finished |= *expect == Expect::ToEnd;
        let came = open.inbox.reply().len();
        {
            let mut tally = self.tally.lock();
            of_last.into_iter().for_each(|own| tally.client_took(own));
            // One that failed has waited as well, and is not to be missing from the percentiles.
            tally.turn_took(late + (arrived - began));
            if is_whole {
                tally.turns += 1;
                tally.stamped += u64::from(age.is_some());
                tally.sent += send.len() as u64;
                tally.received += came as u64;
            }
        }
        let why = match &result {
            Some(Ok(())) => return Ok(()),
            Some(Err(broken)) => NotWhole::Broken {
                broken,
                most: self.run.most,
                reused: !self.run.reconnect,
            },
            None => NotWhole::Timeout(self.run.timeout),
        };
        let failure = Failure::NotWhole { expect, came, why };
        Err(self.run.failed(&failure))
    }

    /// Sends and reads within the timeout, and starts an instance while the reply is waited for. `None`: it took
    /// too long.
    async fn exchange(
        &mut self,
        open: &mut Connection,
        request: Request<'_>,
    ) -> Option<Result<(), Broken>> {
        let Self {
            run,
            tally,
            stock,
            timeout,
            ..
        } = self;
        let sent = AtomicUsize::new(0);
        let exchange = pin!(net::exchange(
            &mut open.stream,
            request,
            &mut open.inbox,
            |bytes| {
                sent.fetch_add(bytes, Ordering::Relaxed);
            },
            async |_| Ok(()),
        ));
        // Where nobody tells when the reply arrives, the start would count as the server's time.
        let has_time = StampedStream::TELLS && !run.pace.is_timed() && run.pace.has_more();
        if !has_time || !stock.has_room(run) {
            return timeout.within(exchange).await;
        }
        let waiting = pin!(meanwhile(exchange, async {
            // A server that still lacks some of the message would wait for the client.
            if sent.load(Ordering::Relaxed) == request.send.len() {
                stock.add(run, tally).await;
            }
        }));
        timeout.within(waiting).await
    }
}
