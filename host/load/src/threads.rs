//! A load that runs: its threads, its clock, and what is made of it at its end.

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

/// A load that runs. Dropped, it goes on to its end, and nobody learns of it.
pub struct Load {
    run: Arc<Run>,
    goal: Goal,
    threads: Vec<JoinHandle<io::Result<()>>>,
    /// Closed when all threads are done.
    done: mpsc::Receiver<()>,
    sampler: Sampler,
    idle: Vec<Idle>,
    date: SystemTime,
    header: Header,
    /// What was counted until nothing new began any more.
    in_time: Option<InTime>,
}

/// What a report says of the settings.
struct Header {
    plugin: String,
    connections: u32,
    threads: u32,
    rate: Option<f64>,
}

/// What came of a load.
pub struct Ended {
    /// The figures.
    pub report: Report,
    /// What made it pointless to go on, if something did.
    pub fatal: Option<Fatal>,
}

impl Load {
    /// Starts the threads. The first connections are opened at once.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let header = Header {
            plugin: settings.plugin.name().to_owned(),
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

    /// The time since it was started.
    pub fn elapsed(&self) -> Duration {
        self.run.pace.started().elapsed()
    }

    /// What has happened since the last sample.
    pub fn sample(&mut self) -> Sample {
        let elapsed = self.elapsed();
        self.sampler.sample(elapsed)
    }

    /// Waits until its time is over, or all of its threads are done.
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

    /// Has nothing new begin any more. What is under way has a second to finish.
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

    /// Waits until all threads are done, after [`end`](Self::end).
    pub async fn finished(&mut self) {
        let _ = self.done.recv().await;
    }

    /// The figures, when all threads are done. Before that, it waits for them in this thread.
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
    // Nothing is ever sent: it ends when the last thread has dropped its end.
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
