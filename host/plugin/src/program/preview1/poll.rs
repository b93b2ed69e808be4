//! `poll_oneoff`: waiting for clocks and for descriptors.

use super::clocks::Clock;
use super::errno::{Errno, Failure, returned};
use super::function::{Function, MODULE};
use super::memory;
use crate::imports::host_calls::HostCalls as _;
use crate::instance::state::InstanceState;
use crate::participation::timer::Timer;
use crate::program::between_calls::{pipes, wait_for_input, wait_for_input_or};
use crate::stdio::{Descriptor, Gone, Pipes, QUEUE};
use std::future::poll_fn;
use std::time::Duration;
use wasmtime::Caller;

/// Subscriptions of one call, as many as objects of WASI 0.2 may be polled at once. A call with more is invalid.
/// Test: `stdio::hostile::a_program_that_polls_thousands_is_told_that_this_is_invalid`.
const MOST: u32 = 256;

/// Bytes of a subscription, and of an event.
const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;

/// The flag of a clock's time that is no delay.
const ABSOLUTE: u16 = 1;
/// The flag of a stream that has ended.
const HANG_UP: u16 = 1;

/// A subscription.
struct Subscription {
    user_data: u64,
    /// The number of its kind, which its event has too.
    kind: u8,
    what: Result<What, Errno>,
}

/// What is waited for.
enum What {
    /// So much time from now on.
    Delay(Duration),
    Readable,
    Writable(Descriptor),
}

/// An event for a subscription: so many bytes are there, or an error.
struct Happened {
    user_data: u64,
    kind: u8,
    result: Result<(usize, u16), Errno>,
}

pub(super) const FUNCTIONS: &[Function] = &[("poll_oneoff", |linker, name| {
    linker
        .func_wrap_async(
            MODULE,
            name,
            |mut caller: Caller<'_, InstanceState>,
             (from, to, count, found): (u32, u32, u32, u32)| {
                Box::new(async move { returned(poll(&mut caller, from, to, count, found).await) })
            },
        )
        .map(|_| ())
})];

async fn poll(
    caller: &mut Caller<'_, InstanceState>,
    from: u32,
    to: u32,
    count: u32,
    found: u32,
) -> Result<(), Failure> {
    caller
        .data_mut()
        .count_host_calls(1 + u64::from(count.min(MOST)));
    if count == 0 || count > MOST {
        return Err(Errno::Invalid.into());
    }
    let pipes = pipes(caller.data());
    let subscriptions = read(caller, &pipes, from, count)?;
    // Before it waits: a wrong address costs nothing then.
    let data = memory::of(caller)?.data(&*caller);
    memory::read(data, to, EVENT * count)?;
    memory::read(data, found, 4)?;
    let mut happened = look(&subscriptions, &pipes, Duration::ZERO);
    if happened.is_empty() {
        let waited = wait(caller, &subscriptions, &pipes).await?;
        happened = look(&subscriptions, &pipes, waited);
    }
    let data = memory::of(caller)?.data_mut(&mut *caller);
    memory::put(data, found, &(happened.len() as u32).to_le_bytes())?;
    for (place, event) in happened.iter().enumerate() {
        put(data, memory::after(to, EVENT * place as u32)?, event)?;
    }
    Ok(())
}

fn read(
    caller: &mut Caller<'_, InstanceState>,
    pipes: &Pipes,
    from: u32,
    count: u32,
) -> Result<Vec<Subscription>, Failure> {
    let memory = memory::of(caller)?;
    let mut subscriptions = Vec::with_capacity(count as usize);
    for place in 0..count {
        let at = memory::after(from, SUBSCRIPTION * place)?;
        let (data, state) = memory.data_and_store_mut(&mut *caller);
        let record = memory::read(data, at, SUBSCRIPTION)?;
        let kind = u8::from_le_bytes(memory::array(record, 8)?);
        let number = u32::from_le_bytes(memory::array(record, 16)?);
        let what = match kind {
            0 => match Clock::numbered(number) {
                Ok(clock) => {
                    let time = u64::from_le_bytes(memory::array(record, 24)?);
                    let flags = u16::from_le_bytes(memory::array(record, 40)?);
                    let delay = match flags & ABSOLUTE {
                        0 => time,
                        _ => time.saturating_sub(clock.now(state)?),
                    };
                    Ok(What::Delay(Duration::from_nanos(delay)))
                }
                Err(errno) => Err(errno),
            },
            1 => match Descriptor::open(pipes, number) {
                Ok(Descriptor::Stdin) => Ok(What::Readable),
                _ => Err(Errno::BadDescriptor),
            },
            2 => match Descriptor::open(pipes, number) {
                Ok(to @ (Descriptor::Stdout | Descriptor::Stderr)) => Ok(What::Writable(to)),
                _ => Err(Errno::BadDescriptor),
            },
            _ => return Err(Errno::Invalid.into()),
        };
        subscriptions.push(Subscription {
            user_data: u64::from_le_bytes(memory::array(record, 0)?),
            kind,
            what,
        });
    }
    Ok(subscriptions)
}

/// What has happened, after so much waiting.
fn look(subscriptions: &[Subscription], pipes: &Pipes, waited: Duration) -> Vec<Happened> {
    let happened = subscriptions.iter().filter_map(|subscription| {
        let result = match &subscription.what {
            Err(errno) => Err(*errno),
            Ok(What::Delay(delay)) if *delay <= waited => Ok((0, 0)),
            Ok(What::Delay(_)) => return None,
            Ok(What::Readable) => match pipes.unread() {
                Some(0) => {
                    pipes.ask();
                    return None;
                }
                Some(bytes) => Ok((bytes, 0)),
                None => Ok((0, HANG_UP)),
            },
            // The log always takes what is written.
            Ok(What::Writable(Descriptor::Stderr)) => Ok((QUEUE, 0)),
            Ok(What::Writable(_)) => match pipes.room() {
                Ok(0) => return None,
                Ok(bytes) => Ok((bytes, 0)),
                Err(Gone) => Ok((0, HANG_UP)),
            },
        };
        Some(Happened {
            user_data: subscription.user_data,
            kind: subscription.kind,
            result,
        })
    });
    happened.collect()
}

/// Waits until something has happened. Returns the time that is over then.
async fn wait(
    caller: &mut Caller<'_, InstanceState>,
    subscriptions: &[Subscription],
    pipes: &Pipes,
) -> Result<Duration, Failure> {
    let whats = || subscriptions.iter().filter_map(|it| it.what.as_ref().ok());
    let delays = whats().filter_map(|what| match what {
        What::Delay(delay) => Some(*delay),
        _ => None,
    });
    let delay = delays.min();
    // The session takes what is written before it waits for anything else.
    if whats().any(|what| matches!(what, What::Writable(_))) {
        pipes.until_room().await;
        return Ok(Duration::ZERO);
    }
    let reads = whats().any(|what| matches!(what, What::Readable));
    // A program that looks for input and then sleeps waits for input, too.
    let (has_looked, _) = pipes.take_asked();
    let Some(delay) = delay else {
        wait_for_input(caller, pipes).await?;
        return Ok(Duration::ZERO);
    };
    if !reads && !has_looked {
        sleep(caller.data_mut(), delay).await;
        return Ok(delay);
    }
    let state = caller.data_mut();
    let mut timer = Timer::new(
        state.participation.connection,
        state.imports.wasi.laboratory(),
    );
    timer.set(Some(delay));
    let over = poll_fn(|cx| timer.poll(cx));
    if wait_for_input_or(caller, pipes, over).await?.is_some() {
        return Ok(delay);
    }
    if reads {
        return Ok(Duration::ZERO);
    }
    // Input has come, and it is still asleep.
    let rest = timer.left();
    sleep(caller.data_mut(), rest).await;
    Ok(delay)
}

/// Sleeps. In a laboratory that takes no time.
async fn sleep(state: &mut InstanceState, delay: Duration) {
    match state.imports.wasi.laboratory() {
        Some(laboratory) => laboratory.advance(delay),
        None => tokio::time::sleep(delay).await,
    }
}

/// Writes an event.
fn put(memory: &mut [u8], at: u32, event: &Happened) -> Result<(), Errno> {
    let (bytes, flags, errno) = match event.result {
        Ok((bytes, flags)) => (bytes as u64, flags, 0),
        Err(errno) => (0, 0, errno as u16),
    };
    memory::write(memory, at, EVENT)?.fill(0);
    memory::put(memory, at, &event.user_data.to_le_bytes())?;
    memory::put(memory, memory::after(at, 8)?, &errno.to_le_bytes())?;
    memory::put(memory, memory::after(at, 10)?, &[event.kind])?;
    memory::put(memory, memory::after(at, 16)?, &bytes.to_le_bytes())?;
    memory::put(memory, memory::after(at, 24)?, &flags.to_le_bytes())
}
