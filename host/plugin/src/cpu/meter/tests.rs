//! When calls wait, and what they are charged.

use super::*;
use eco_fair::Accounts;

fn meter() -> CpuMeter {
    let membership = Arc::new(Accounts::new(1).join(None));
    let turns = TurnQueue::with_places(1);
    let deadline = Budgets::server(0).deadline;
    CpuMeter::new(
        SlowFlag::default(),
        Arc::default(),
        membership,
        turns,
        1,
        deadline,
    )
}

fn budgets(cpu: Duration) -> Budgets {
    Budgets::default().cpu(cpu)
}

/// The first tick of a call may come the moment that it starts.
#[tokio::test]
async fn a_call_has_its_whole_budget_whenever_it_starts() {
    let (mut meter, budgets) = (meter(), budgets(TICK));
    assert!(meter.on_tick(&budgets).is_ok());
    assert!(meter.on_tick(&budgets).is_err());
    meter.start();
    assert!(meter.on_tick(&budgets).is_ok());
}

/// The clock ticks on while the system runs other programs.
#[cfg(unix)]
#[tokio::test]
async fn only_time_that_the_guest_had_counts() {
    let (mut meter, budgets) = (meter(), budgets(2 * TICK));
    for _ in 0..100 {
        let tick = meter.on_tick(&budgets);
        assert!(tick.is_ok(), "it had none, and was cut");
        if let Ok(UpdateDeadline::YieldCustom(_, wait)) = tick {
            wait.await;
        }
        // `bounded` does the same.
        meter.call_state.stops(meter.runs_since);
        meter.call_state.goes_on();
    }
}

#[tokio::test]
async fn a_call_for_an_event_is_paid_by_who_caused_it() {
    let (mut meter, speaker) = (meter(), Arc::new(Account::default()));
    let had = |account: &Account| account.recent().had(Instant::now());
    meter.start();
    meter.is_paid_by(Some(speaker.clone()));
    meter.end(Some(10 * TICK));
    assert!(had(&speaker) > 9 * TICK);
    assert_eq!(had(meter.membership.account()), Duration::ZERO);
    meter.start();
    meter.end(Some(10 * TICK));
    assert!(had(&speaker) < 11 * TICK);
    assert!(had(meter.membership.account()) > 9 * TICK);
    assert!(had(meter.of_plugin.account()) > 19 * TICK);
}
