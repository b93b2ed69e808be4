//! `eco load`: many connections at once, on each of which a client plugin holds one dialogue after
//! the other, and what that took.
//!
//! `pace` says when a dialogue begins, `caller` holds it over a `line`, `rehearsal` has the plugin's
//! part, `tally` what is counted, and `report` what is made of it, for a `table` or a `page`. The threads share nothing that is written
//! to for each turn: each has its connections and its tally.

mod args;
mod bar;
mod caller;
mod file;
mod line;
mod pace;
mod page;
mod rehearsal;
mod report;
mod source;
mod table;
mod tally;
mod text;
mod timer;
mod watch;

pub(super) use args::LoadArgs;

use super::exit::{Exit, Failure};
use super::message::Message;
use super::plugin::Typed;
use super::signals::Signals;
use super::{machine, output};
use crate::command::budget_args::size;
use crate::net::{Endpoint, Patience};
use crate::plugin::{BUILT_IN_CLIENTS, Budgets, Engine, Role};
use anyhow::Context as _;
use bar::{Bar, Goal};
use caller::Caller;
use file::Page;
use line::Run;
use pace::{Alarm, Pace, Plan};
use rehearsal::Part;
use report::Report;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tally::{Cause, Shared};
use text::grouped;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use watch::Watch;

/// How long dialogues that are under way may take when the run is over, before they count as
/// unfinished. Test: `load::a_server_that_stalls_can_not_hide_it`.
const FINISH: Duration = Duration::from_secs(1);

/// How often the figures are looked at: for the bar, and for the plot over time. A run of more than
/// a minute is looked at less often, so that the plot has some hundred points and not thousands.
const LOOK: Duration = Duration::from_millis(100);
const LONG: Duration = Duration::from_secs(60);

/// What is meant by what was typed.
pub(super) struct Config {
    args: LoadArgs,
    message: Message,
    budgets: Budgets,
    threads: u32,
    goal: Goal,
}

impl TryFrom<LoadArgs> for Config {
    type Error = Failure;

    fn try_from(args: LoadArgs) -> Result<Self, Failure> {
        let message = match args.size {
            Some(bytes) => Message::Random(size(bytes)),
            None => Message::typed(args.message.clone(), &args.plugin)?,
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let processors = u32::try_from(processors).unwrap_or(u32::MAX);
        let possible = machine::raise_descriptor_limit().unwrap_or(usize::MAX);
        let connections = args.connections;
        if connections as usize > possible {
            return Err(Exit::Usage.saying(format!(
                "--connections {connections} is more than the descriptor limit allows, about {possible} (see ulimit -n)"
            )));
        }
        Ok(Self {
            message,
            budgets: args.budgets.over(Budgets::client(machine::memory()))?,
            threads: args.threads.unwrap_or(processors).min(args.connections),
            goal: args
                .count
                .map_or(Goal::Time(args.duration), Goal::Dialogues),
            args,
        })
    }
}

/// Runs the load, and prints what it took.
pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let mut signals = Signals::catch()?;
    let page = config.args.html.as_deref().map(Page::create).transpose()?;
    let run = Arc::new(signals.or(prepare(&config)).await?);
    let (report, fatal) = measure(&config, &run, &mut signals).await?;
    // Where there was no connection there is nothing to show but why.
    if report.connected.total > 0 {
        match config.args.json {
            true => output::print(&format!("{}\n", serde_json::to_string(&report)?))?,
            false => output::print(&report.to_string())?,
        }
        page.map_or(Ok(()), |page| page.write(&report))?;
    } else if let Some(page) = page {
        page.discard();
    }
    match fatal {
        Some(why) => Err(Exit::Unavailable.saying(why)),
        None => judge(&report, config.args.max_errors),
    }
}

async fn prepare(config: &Config) -> Result<Run, Failure> {
    let Config { args, budgets, .. } = config;
    let most = budgets.reply;
    let message = {
        let message = config.message.clone();
        tokio::task::spawn_blocking(move || message.read(most)).await??
    };
    let endpoint: &Endpoint = &args.to;
    let mut to = endpoint.resolve().await.map_err(|error| {
        Exit::Unavailable.saying(format!("cannot connect to {endpoint}: {error}"))
    })?;
    if let Some(sources) = args.source {
        to.retain(|address| address.is_ipv4() == sources.of(0).is_ipv4());
        if to.is_empty() {
            let why = format!("--source and {endpoint} are not both IPv4, or both IPv6");
            return Err(Exit::Usage.saying(why));
        }
    }
    let engine = Engine::pooled(budgets.clone(), args.connections as usize).context(
        "cannot set up the sandbox (fewer --connections, or a smaller --memory, may help)",
    )?;
    let plugin = Typed::new(args.plugin.clone(), BUILT_IN_CLIENTS);
    let plugin = plugin.load(&engine, Role::Client).await?;
    Ok(Run {
        to,
        sources: args.source,
        part: Part::new(plugin, message),
        pace: Pace::start(Plan {
            rate: args.rate,
            count: args.count,
        }),
        reconnect: args.reconnect,
        timeout: args.timeout,
        most,
        tried: Default::default(),
        connected: Default::default(),
        fatal: Default::default(),
    })
}

/// From the first connection to the last, with what makes the figures worthless, if anything.
async fn measure(
    config: &Config,
    run: &Arc<Run>,
    signals: &mut Signals,
) -> Result<(Report, Option<String>), Failure> {
    let (args, threads) = (&config.args, config.threads);
    let tallies: Vec<Shared> = (0..threads).map(|_| Shared::new()).collect();
    let mut watch = Watch::new(tallies.clone());
    let ramp = args.ramp_up / args.connections;
    let (done, mut all_done) = tokio::sync::mpsc::channel::<()>(1);
    let mut running = Vec::new();
    for (first, tally) in (0..threads).zip(tallies) {
        let places = (first..args.connections).step_by(threads as usize);
        let starts: Vec<Duration> = places.map(|place| ramp * place).collect();
        let (run, done) = (run.clone(), done.clone());
        let thread = std::thread::Builder::new().name(format!("eco-load-{first}"));
        running.push(thread.spawn(move || {
            let result = drive(&run, &tally, &starts);
            drop(done);
            result
        })?);
    }
    drop(done);
    let bar = Bar::new(config.goal);
    let started = run.pace.started();
    let mut looks = interval(match config.goal {
        Goal::Time(time) if time > LONG => time / 600,
        _ => LOOK,
    });
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    looks.tick().await;
    let mut time_over = std::pin::pin!(async {
        match config.goal {
            Goal::Time(time) => tokio::time::sleep_until((started + time).into()).await,
            Goal::Dialogues(_) => std::future::pending().await,
        }
    });
    let interrupted = loop {
        tokio::select! {
            _ = looks.tick() => {
                let moment = watch.look(started.elapsed());
                bar.show(&watch, moment, started.elapsed());
            }
            () = &mut time_over => break false,
            _ = all_done.recv() => break false,
            () = signals.next() => break true,
        }
    };
    let ended = Instant::now();
    run.pace.end();
    bar.finish();
    // A second signal doesn't wait for what is under way.
    tokio::select! {
        _ = all_done.recv() => {}
        () = signals.next() => return Err(Exit::Interrupted.saying("interrupted")),
    }
    for thread in running {
        let result = thread.join();
        result.map_err(|_| anyhow::anyhow!("a thread of the load panicked"))??;
    }
    watch.look(started.elapsed());
    let mut tally = watch.sum();
    for age in run.pace.missed(ended) {
        tally.turn_took(age);
        tally.failed(Cause::NeverBegun, || {
            format!("it was due {age:.1?} before the end (more --connections may help, unless the server stalls)")
        });
    }
    let report = Report {
        to: args.to.to_string(),
        plugin: args.plugin.clone(),
        connections: args.connections,
        threads,
        rate: args.rate,
        interrupted,
        ..Report::measured(tally, ended - started, watch.timeline)
    };
    Ok((report, run.fatal.get().cloned()))
}

/// One thread of the load: a connection for each of `starts`, which says when it begins.
fn drive(run: &Arc<Run>, tally: &Shared, starts: &[Duration]) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let alarm = Alarm::start()?;
        let mut calls = JoinSet::new();
        for start in starts {
            let begins = run.pace.started() + *start;
            let caller = Caller {
                run: run.clone(),
                tally: tally.clone(),
                alarm: alarm.clone(),
                patience: Patience::new(Some(run.timeout)),
            };
            let run = run.clone();
            calls.spawn(async move {
                if begins > Instant::now() {
                    tokio::select! {
                        () = tokio::time::sleep_until(begins.into()) => {}
                        () = run.pace.ended() => return,
                    }
                }
                caller.call().await;
            });
        }
        let finishing = async {
            run.pace.ended().await;
            tokio::time::sleep(FINISH).await;
        };
        tokio::select! {
            () = async { while calls.join_next().await.is_some() {} } => {}
            () = finishing => calls.shutdown().await,
        }
        Ok(())
    })
}

/// Whether the figures are those of a server that works.
fn judge(report: &Report, max_errors: f64) -> Result<(), Failure> {
    let wrong = report.count(Cause::WrongReply);
    let examples: Vec<&str> = report
        .errors
        .iter()
        .map(|found| found.example.as_str())
        .collect();
    let examples = examples.join("\n");
    if wrong > 0 {
        let what = match wrong {
            1 => "1 reply was wrong".to_owned(),
            wrong => format!("{} replies were wrong", grouped(wrong)),
        };
        return Err(Exit::Wrong.saying(format!("{what}\n{examples}")));
    }
    if report.failed_share > max_errors {
        let (share, most) = (report.failed_share * 100.0, max_errors * 100.0);
        return Err(Exit::Wrong.saying(format!(
            "{share:.2} % of the dialogues failed, and --max-errors is {most} %\n{examples}"
        )));
    }
    Ok(())
}
