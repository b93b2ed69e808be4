//! A running load: its threads, its clock, and its result.

use super::drive::drive;
use super::failure::{Failure, Fatal};
use super::idle::Idle;
use super::pace::Goal;
use super::report::{InTime, Report};
use super::run::{Run, Settings};
use super::sampler::{Sample, Sampler};
use super::tally::SharedTally;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::mpsc;

/// A running load. Dropped, it goes on to its end, and nobody learns of it.
pub struct Load {
    run: Arc<Run>,
    goal: Goal,
    threads: Vec<JoinHandle<io::Result<()>>>,
    /// Closed when all threads have ended.
    done: mpsc::Receiver<()>,
    sampler: Sampler,
    idle: Vec<Idle>,
    date: SystemTime,
    header: Header,
    /// The state when the run ended, before dialogues under way finished.
    in_time: Option<InTime>,
}

/// The settings that a report shows.
struct Header {
    plugin: String,
    connections: u32,
    threads: u32,
    rate: Option<f64>,
}

/// The result of a load.
pub struct Ended {
    /// The figures.
    pub report: Report,
    /// The reason to give up, if there was one.
    pub fatal: Option<Fatal>,
}

impl Load {
    /// Starts the threads. The first connections are opened at once.
    ///
    /// # Errors
    /// The system can't start a thread.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let header = Header {
            plugin: settings.client.name().to_owned(),
            connections: settings.connections,
            threads: settings.threads,
            rate: settings.rate,
        };
        let (goal, ramp_up) = (settings.goal, settings.ramp_up);
        let tallies: Vec<SharedTally> = (0..settings.threads).map(|_| SharedTally::new()).collect();
        let date = SystemTime::now();
        let run = Arc::new(Run::start(settings));
        let idle: Vec<Idle> = tallies.iter().map(|_| Idle::new()).collect();
        let (threads, done) = start_threads(&header, ramp_up, &run, &tallies, &idle)?;
        Ok(Self {
            run,
            goal,
            threads,
            done,
            sampler: Sampler::new(tallies, goal),
            idle,
            date,
            header,
            in_time: None,
        })
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.run.pace.started().elapsed()
    }

    /// Takes a sample of what happened since the last one.
    pub fn sample(&mut self) -> Sample {
        let elapsed = self.elapsed();
        self.sampler.sample(elapsed)
    }

    /// Waits until the time is over, or all threads have ended.
    pub async fn over(&mut self) {
        let time_over = async {
            match self.goal {
                Goal::Time(time) => {
                    let ends = self.run.pace.started() + time;
                    tokio::time::sleep_until(ends.into()).await;
                }
                Goal::Dialogues(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = time_over => {}
            _ = self.done.recv() => {}
        }
    }

    /// Ends the run: nothing new begins. Dialogues under way have a second to finish.
    pub fn end(&mut self) {
        self.run.pace.end();
        if self.in_time.is_none() {
            self.in_time = Some(self.up_to_now());
        }
    }

    fn up_to_now(&self) -> InTime {
        let now = Instant::now();
        InTime {
            tally: self.sampler.sum(),
            worked: self.idle.iter().map(|idle| idle.worked(now)).collect(),
        }
    }

    /// Waits until all threads have ended, after [`end`](Self::end).
    pub async fn finished(&mut self) {
        let _ = self.done.recv().await;
    }

    /// The figures. It blocks this thread until all threads have ended.
    ///
    /// # Errors
    /// A thread failed or panicked.
    pub fn report(mut self) -> io::Result<Ended> {
        let ended = self.run.pace.end();
        let in_time = self.in_time.take();
        let in_time = in_time.unwrap_or_else(|| self.up_to_now());
        let elapsed = self.elapsed();
        for thread in self.threads {
            let result = thread.join();
            result.map_err(|_| io::Error::other("a thread of the load panicked"))??;
        }
        let mut tally = self.sampler.sum();
        for (age, many) in self.run.pace.missed(ended) {
            let describe = self.run.describe;
            tally.never_begun(age, many, || describe(&Failure::NeverBegun(age)));
        }
        let time = ended - self.run.pace.started();
        let timeline = self.sampler.over(elapsed);
        let report = Report {
            date: humantime::format_rfc3339_seconds(self.date).to_string(),
            plugin: self.header.plugin,
            connections: self.header.connections,
            threads: self.header.threads,
            rate: self.header.rate,
            ..Report::measured(tally, &in_time, time, timeline)
        };
        let run = Arc::into_inner(self.run);
        let fatal = run.and_then(|run| run.fatal.into_inner());
        Ok(Ended { report, fatal })
    }
}

type Threads = (Vec<JoinHandle<io::Result<()>>>, mpsc::Receiver<()>);

fn start_threads(
    header: &Header,
    ramp_up: Duration,
    run: &Arc<Run>,
    tallies: &[SharedTally],
    idle: &[Idle],
) -> io::Result<Threads> {
    let ramp = ramp_up / header.connections.max(1);
    // Nothing is ever sent: the channel closes when the last thread has dropped its end.
    let (end, done) = mpsc::channel(1);
    let mut running = Vec::new();
    for (first, (tally, idle)) in tallies.iter().zip(idle).enumerate() {
        let places = (0..header.connections)
            .skip(first)
            .step_by(tallies.len().max(1));
        let starts: Vec<Duration> = places.map(|place| ramp * place).collect();
        let (run, tally, idle) = (run.clone(), tally.clone(), idle.clone());
        let end = end.clone();
        let thread = std::thread::Builder::new().name(format!("eco-load-{first}"));
        running.push(thread.spawn(move || {
            let _end = end;
            let result = drive(&run, &tally, &idle, &starts);
            idle.ends();
            result
        })?);
    }
    Ok((running, done))
}
