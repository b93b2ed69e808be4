//! The exercises that eco brings, over real sockets: `eco serve` answers the same bytes as `eco check` expects in memory.

use crate::harness::Eco;
use crate::support::{Peer, project_file, serve};
use eco_exercise::{Action, Cases, Exercise, Pattern, SHIPPED, Script, Step};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// The exercise whose plugin waits for timers. In memory its seconds pass at once.
const ABOUT_TIME: &str = "heartbeat";

/// Plays the steps of a case as its clients. Pauses are left out: a split may join the bytes around them.
fn play(steps: &[Step], address: SocketAddr) {
    let mut peers = BTreeMap::new();
    for step in steps {
        let peer = peers.entry(step.connection);
        let peer = peer.or_insert_with(|| Peer::connect(address));
        match &step.action {
            Action::Open | Action::Pause(_) => {}
            Action::Send(bytes) => drop(peer.send(bytes)),
            Action::Expect(Pattern::Bytes(bytes)) => drop(peer.expect(bytes)),
            Action::Expect(Pattern::Regex(_)) => panic!("these exercises have no patterns"),
            Action::ExpectClose => peer.expect_end(),
            Action::HalfClose => drop(peer.finish()),
        }
    }
}

#[test]
fn a_solution_answers_over_sockets_with_the_bytes_that_it_answers_in_memory() {
    for shipped in SHIPPED.iter().filter(|it| it.slug != ABOUT_TIME) {
        let slug = shipped.slug;
        let solution = project_file(&format!("plugins/exercises/{slug}/solution/solution.js"));
        let checked = Eco::new(&["check", slug, &solution]).run(b"");
        assert_eq!(checked.code, 0, "{slug}: {}", checked.text());
        let exercise = Exercise::read(&shipped.files(), Cases::Public).expect("it is right");
        for case in &exercise.cases {
            let Script::Steps(steps) = &case.script else {
                panic!("these exercises have no judges");
            };
            // Connections share nothing at the beginning of a case.
            let server = serve(&["-p", &solution]);
            play(steps, server.address);
        }
    }
}
