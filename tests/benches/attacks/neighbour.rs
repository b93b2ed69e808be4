//! The neighbour: one connection that nobody attacks, and how long its round trips take.
//!
//! It owns its pace and its times. It must not know what the others do.

use anyhow::Result;
use hdrhistogram::Histogram;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How often it sends.
pub(crate) const PACE: Duration = Duration::from_millis(5);
/// How often one that is greeted connects: each time leaves a socket in the system for a minute.
pub(crate) const PACE_OF_GREETINGS: Duration = Duration::from_millis(20);
/// It gives up then.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// The longest time that is counted, in µs.
const MOST: u64 = 60_000_000;
const ECHO: &[u8] = b"neighbour";

/// What it does again and again.
pub(crate) enum Neighbour {
    /// Sends this, and gets as many bytes back as the last number says.
    Asks(TcpStream, &'static [u8], usize),
    /// Connects, and is greeted with so many bytes.
    Comes(SocketAddr, usize),
}

/// What it noticed.
pub(crate) struct Times {
    /// In µs.
    pub(crate) trips: Histogram<u64>,
    /// It lost its connection, or was given none.
    pub(crate) cut_off: bool,
}

/// A neighbour at work, on a thread of its own. Dropping it stops it.
pub(crate) struct Working {
    over: Arc<AtomicBool>,
    work: JoinHandle<(Neighbour, Times)>,
}

impl Neighbour {
    /// One that gets back what it sends.
    pub(crate) fn echo(address: SocketAddr) -> Result<Self> {
        Self::asks(address, ECHO, ECHO.len())
    }

    /// The same, on a connection that is there already.
    pub(crate) fn echo_on(stream: TcpStream) -> Result<Self> {
        stream.set_nonblocking(false)?;
        Ok(Self::Asks(patient(stream)?, ECHO, ECHO.len()))
    }

    /// One that sends this, and gets so many bytes back.
    pub(crate) fn asks(address: SocketAddr, what: &'static [u8], answer: usize) -> Result<Self> {
        Ok(Self::Asks(connect(address)?, what, answer))
    }

    /// Its first round trip, which tells whether all is as it should be.
    pub(crate) fn begin(&mut self) -> Result<()> {
        Ok(self.trip()?)
    }

    fn trip(&mut self) -> std::io::Result<()> {
        let read = |stream: &mut TcpStream, length| stream.read_exact(&mut vec![0; length]);
        match self {
            Self::Asks(stream, what, answer) => {
                stream.write_all(what)?;
                read(stream, *answer)
            }
            Self::Comes(address, greeting) => read(&mut connect(*address)?, *greeting),
        }
    }

    /// Works until it is stopped.
    pub(crate) fn work(mut self) -> Working {
        let over = Arc::new(AtomicBool::new(false));
        let stop = over.clone();
        let work = tokio::task::spawn_blocking(move || {
            let times = self.time(&stop);
            (self, times)
        });
        Working { over, work }
    }

    fn time(&mut self, stop: &AtomicBool) -> Times {
        let pace = match self {
            Self::Asks(..) => PACE,
            Self::Comes(..) => PACE_OF_GREETINGS,
        };
        let mut times = Times {
            trips: histogram(),
            cut_off: false,
        };
        let mut record = |trip: Duration| {
            let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(MOST);
            // It refuses only what is more than the most.
            let _ = times
                .trips
                .record_correct(micros(trip).min(MOST), micros(pace));
        };
        while !stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            match self.trip() {
                Ok(()) => record(began.elapsed()),
                Err(error) => {
                    let late = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                    record(began.elapsed());
                    times.cut_off = !late;
                    break;
                }
            }
            std::thread::sleep(pace.saturating_sub(began.elapsed()));
        }
        times
    }
}

impl Working {
    /// Stops it, once it has the answer that it waits for.
    pub(crate) async fn stop(mut self) -> Result<(Neighbour, Times)> {
        self.over.store(true, Ordering::Relaxed);
        Ok((&mut self.work).await?)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

fn histogram() -> Histogram<u64> {
    // With three digits; neither can be refused.
    Histogram::new_with_bounds(1, MOST, 3).unwrap_or_else(|_| unreachable!())
}

fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    patient(TcpStream::connect_timeout(&address, PATIENCE)?)
}

fn patient(stream: TcpStream) -> std::io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}
