//! One turn of a dialogue: sent, read, and timed.
//!
//! The server's latency runs from the write to the arrival of the reply. The time after that, until the
//! client writes again or ends the dialogue, is the client's own; so is its delay with a dialogue that is
//! due. A turn that sends nothing and finds its reply waits for nobody: it has no latency, and its time is
//! the client's.

use super::client::Client;
use super::connection::Connection;
use super::failure::{Failure, NotWhole};
use super::instance_pool::meanwhile;
use super::tally::Failed;
use eco_contract::Expect;
use eco_net::{self as net, Broken, Request};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::coop::has_budget_remaining;

/// The result of sending and reading.
struct Exchanged {
    /// `None` after the timeout.
    result: Option<Result<(), Broken>>,
    /// Whether it waited for the server.
    has_waited: bool,
}

impl Client {
    /// Does one turn, timed from when it was due, or else from now.
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
        // The age of bytes that came before this turn says nothing of it.
        open.stream.take_age();
        let request = Request {
            send,
            expect,
            most: self.run.most,
        };
        let Exchanged { result, has_waited } = self.exchange(open, request).await;
        let now = Instant::now();
        let is_whole = matches!(result, Some(Ok(())));
        let is_timed = has_waited || !send.is_empty();
        let age = open.stream.take_age().filter(|_| is_whole);
        // A reply that was there before the turn took no time.
        let arrived = age.and_then(|age| now.checked_sub(age));
        let arrived = arrived.map_or(now, |arrived| arrived.max(began));
        let late = due.map_or(Duration::ZERO, |due| {
            let late = began.saturating_duration_since(due);
            late.saturating_sub(self.own_time.since(due))
        });
        if !is_timed {
            self.own_time.went_on(began, of_last);
        } else if is_whole {
            self.own_time.reply_arrived(arrived);
        }
        open.finished |= *expect == Expect::ToEnd;
        let came = open.inbox.reply().len();
        let has_traffic = is_timed || came > 0;
        let newly = (is_timed || age.is_some()).then_some(arrived);
        self.dialogue_time
            .turn_took(began, late, newly, has_traffic);
        {
            let mut tally = self.tally.lock();
            if is_timed {
                of_last.into_iter().for_each(|own| tally.client_took(own));
                // A failed turn has waited as well, and belongs in the percentiles.
                tally.turn_took(late + (arrived - began));
            }
            if is_whole {
                tally.turns += 1;
                tally.timed += u64::from(is_timed);
                tally.stamped += u64::from(is_timed && age.is_some());
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

    /// Sends and reads within the timeout, and starts an instance during the wait.
    async fn exchange(&mut self, open: &mut Connection, request: Request<'_>) -> Exchanged {
        let Self {
            run,
            tally,
            pool,
            timeout,
            ..
        } = self;
        let sent = AtomicUsize::new(0);
        let has_stamps = open.stream.has_stamps();
        let mut exchange = pin!(net::exchange(
            &mut open.stream,
            request,
            &mut open.inbox,
            |bytes| {
                sent.fetch_add(bytes, Ordering::Relaxed);
            },
            async |_| Ok(()),
        ));
        let mut has_waited = false;
        let exchange = pin!(poll_fn(move |cx| {
            let polled = exchange.as_mut().poll(cx);
            // Making way for others, with all bytes at hand, is no wait for the server.
            has_waited |= polled.is_pending() && has_budget_remaining();
            polled.map(|result| Exchanged {
                result: Some(result),
                has_waited,
            })
        }));
        let too_long = Exchanged {
            result: None,
            has_waited: true,
        };
        // Without arrival times, the start would count as the server's time.
        let has_time = has_stamps && !run.pace.is_timed() && run.pace.has_more();
        let dialogues = run.dialogues.of_plugin();
        let Some(dialogues) = dialogues.filter(|it| has_time && pool.has_room(it)) else {
            return timeout.within(exchange).await.unwrap_or(too_long);
        };
        let waiting = pin!(meanwhile(exchange, async {
            // A server that still lacks some of the message would wait for the client.
            if sent.load(Ordering::Relaxed) == request.send.len() {
                pool.add(dialogues, tally).await;
            }
        }));
        timeout.within(waiting).await.unwrap_or(too_long)
    }
}
