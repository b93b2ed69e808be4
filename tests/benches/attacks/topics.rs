//! What those who speak, come and go cost those who hear it, and everybody else.

use crate::attackers::{answered, ask, connect, crowd, ended, steps_in_a_millisecond, unread};
use crate::neighbour::Neighbour;
use crate::scripts;
use crate::trial::{Figures, Scene, Trial, quiet};
use anyhow::{Result, ensure};
use eco_benches::process::Process;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A sample, which people begin with.
const CHAT: &str = include_str!("../../../plugins/lua/chat/chat.lua");
const GREETING: &str = "Your name? ";
/// The one who talks, comes and goes.
const NAME: &str = "anna";
/// How often it talks; 75 lines of a byte make it 1.5 KB a second.
const TALKS: Duration = Duration::from_millis(100);
const LINE: &str = "x\n";
const LINES: usize = 75;
/// How often it comes.
const COMES: Duration = Duration::from_millis(10);
/// How long it takes a scene at most to be at rest.
const SETTLED: Duration = Duration::from_secs(60);
const SPEAKERS: usize = 2;
const LOOPS: usize = 16;
/// How often each of two speaks, ten messages at a time: as much as it may by default.
const SPEAKS: Duration = Duration::from_millis(10);

/// One command makes a thousand messages, and each is heard by all.
pub(crate) async fn many_hear(scene: Scene) -> Result<Figures> {
    let server = scene.serve(scripts::HEARS, &[])?;
    let (from, address) = (scene.origin.address(), server.address);
    let neighbour = Neighbour::echo(address)?;
    let size = scene.many(1900, 200);
    let mut hearers = crowd(from, address, size, |_| "join".to_owned()).await?;
    settle(&server, &mut hearers, 1).await?;
    let mut speaker = connect(from, address).await?;
    let trial = Trial::begin(&scene, &server, neighbour).await?;
    speaker.write_all(b"say").await?;
    let over = quiet(&server, scene.patience()).await?;
    let over = if over {
        "all was done"
    } else {
        "not all was done"
    };
    let heard = unread(&hearers);
    let ended = ended_in_words(ended(&hearers));
    trial
        .end(format!("{heard} messages heard, {over}{ended}"))
        .await
}

fn ended_in_words(ended: usize) -> String {
    match ended {
        0 => String::new(),
        ended => format!(", {ended} connections ended"),
    }
}

/// A chat with members, who say nothing and read nothing.
async fn chat(scene: &Scene) -> Result<(Process, Vec<TcpStream>)> {
    let server = scene.serve(CHAT, &[])?;
    let size = scene.many(1500, 150);
    let name = |number| format!("m{number}\n");
    let mut members = crowd(scene.origin.address(), server.address, size, name).await?;
    // Behind the greeting comes who is there.
    settle(&server, &mut members, GREETING.len() + 1).await?;
    Ok((server, members))
}

/// Waits until all of them have been told so many bytes, and everything that was to be done is.
async fn settle(server: &Process, crowd: &mut [TcpStream], bytes: usize) -> Result<()> {
    let (size, there) = (crowd.len(), answered(crowd, bytes, SETTLED).await);
    ensure!(there == size, "{there} of {size} are there");
    ensure!(quiet(server, SETTLED).await?, "the server finds no rest");
    Ok(())
}

/// One says many short lines, and comes again when it is cut off.
pub(crate) async fn chat_is_talked_in(scene: Scene) -> Result<Figures> {
    let (server, members) = chat(&scene).await?;
    let neighbour = Neighbour::Comes(server.address, GREETING.len());
    let (from, address) = (scene.origin.address(), server.address);
    let mut talker = enter(from, address).await?;
    let there = std::slice::from_mut(&mut talker);
    settle(&server, there, GREETING.len() + 1).await?;
    // What they have been told so far.
    unread(&members);
    let trial = Trial::begin(&scene, &server, neighbour).await?;
    let (mut said, mut cut_off) = (0, 0);
    let talk = async {
        let mut pace = tokio::time::interval(TALKS);
        loop {
            pace.tick().await;
            if talker
                .write_all(LINE.repeat(LINES).as_bytes())
                .await
                .is_ok()
            {
                said += LINES;
            } else {
                cut_off += 1;
                talker = enter(from, address).await?;
            }
        }
    };
    // It has no end, but that nobody is let in.
    let talked: Result<Result<()>, _> = tokio::time::timeout(scene.span(), talk).await;
    talked.unwrap_or(Ok(()))?;
    let heard = unread(&members) / members.len() / format!("{NAME}: {LINE}").len();
    trial
        .end(format!(
            "{said} lines said, some {heard} heard, cut off {cut_off} times"
        ))
        .await
}

/// Becomes a member, some time.
async fn enter(from: Ipv4Addr, address: SocketAddr) -> Result<TcpStream> {
    let mut stream = connect(from, address).await?;
    stream.write_all(format!("{NAME}\n").as_bytes()).await?;
    Ok(stream)
}

/// One that is no member becomes one and goes, again and again.
pub(crate) async fn chat_is_come_to(scene: Scene) -> Result<Figures> {
    let (server, members) = chat(&scene).await?;
    let neighbour = Neighbour::Comes(server.address, GREETING.len());
    let (from, address) = (scene.origin.address(), server.address);
    unread(&members);
    let trial = Trial::begin(&scene, &server, neighbour).await?;
    let mut gone = Vec::new();
    let coming = async {
        let mut pace = tokio::time::interval(COMES);
        loop {
            pace.tick().await;
            let mut stream = enter(from, address).await?;
            stream.shutdown().await?;
            // What it is told is not waited for, and it must not be refused either.
            gone.push(stream);
        }
    };
    let came: Result<Result<()>, _> = tokio::time::timeout(scene.span(), coming).await;
    came.unwrap_or(Ok(()))?;
    let both = format!("{NAME} comes\n{NAME} goes\n");
    let heard = unread(&members) / members.len() / both.len();
    trial
        .end(format!("came {} times, some {heard} heard", gone.len()))
        .await
}

/// Many join a topic at the same time.
pub(crate) async fn many_join(scene: Scene, script: &str) -> Result<Figures> {
    let server = scene.serve(script, &[])?;
    let (from, address) = (scene.origin.address(), server.address);
    let size = scene.many(1900, 200);
    let mut members = crowd(from, address, size, |_| String::new()).await?;
    quiet(&server, SETTLED).await?;
    let trial = Trial::begin(&scene, &server, Neighbour::echo(address)?).await?;
    for member in &mut members {
        member.write_all(b"join").await?;
    }
    let joined = answered(&mut members, 1, scene.patience()).await;
    let after = trial.began.elapsed().as_secs_f64();
    quiet(&server, scene.patience()).await?;
    trial
        .end(format!("{joined} of {size} were in after {after:.1} s"))
        .await
}

/// The neighbour is in a topic and works a little for each message, while two speak as much as they may.
pub(crate) async fn neighbour_hears(scene: Scene) -> Result<Figures> {
    let server = scene.serve(scripts::WORKS_FOR_MESSAGES, &["--cpu", "1h"])?;
    let (from, address) = (scene.origin.address(), server.address);
    let steps = steps_in_a_millisecond(address).await? / 5;
    let mut victim = connect(Ipv4Addr::LOCALHOST, address).await?;
    ask(&mut victim, &format!("join {steps}")).await?;
    let victim = Neighbour::echo_on(victim.into_std()?)?;
    let speakers = crowd(from, address, SPEAKERS, |_| String::new()).await?;
    let _loops = crowd(from, address, LOOPS, |_| "loop".to_owned()).await?;
    scene.settle().await;
    let trial = Trial::begin(&scene, &server, victim).await?;
    let said = Arc::new(AtomicUsize::new(0));
    let mut speaking = JoinSet::new();
    for mut speaker in speakers {
        let said = said.clone();
        speaking.spawn(async move {
            let mut pace = tokio::time::interval(SPEAKS);
            while speaker.write_all(b"say").await.is_ok() {
                said.fetch_add(10, Ordering::Relaxed);
                pace.tick().await;
            }
        });
    }
    tokio::time::sleep(scene.span()).await;
    let said = said.load(Ordering::Relaxed);
    trial
        .end(format!("{said} messages said, of 0.2 ms each to hear"))
        .await
}
