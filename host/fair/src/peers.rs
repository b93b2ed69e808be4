//! The accounts of peers, each for all connections of one: also of peers that are gone, so that nobody is a newcomer by
//! connecting anew.

use crate::account::{Account, Total};
use crate::recent::HALF_LIFE;
use crate::turns::TurnQueue;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Recent time below which a peer is never above its share: that of one which uses some three percent of a processor
/// all the time. Test: `fairness::processors::a_plugin_above_its_share_is_slow_when_all_are_busy`.
const MUCH: Duration = Duration::from_millis(250);
/// Recent time of a peer without connections below which it is forgotten.
const LITTLE: Duration = Duration::from_millis(1);
/// Peers without connections that are remembered. Of more, those with the least recent time are forgotten, and begin as
/// new ones. Test: `peers::tests::a_peer_is_remembered_when_its_connections_are_gone_and_the_table_is_bounded`.
const REMEMBERED: usize = 16 * 1024;

/// The accounts of all peers.
#[derive(Debug)]
pub struct Accounts {
    peers: Mutex<Peers>,
    /// Peers that have connections.
    connected: AtomicUsize,
    total: Arc<Total>,
}

#[derive(Debug, Default)]
struct Peers {
    /// By the numbers of peers.
    accounts: HashMap<u128, Arc<Account>>,
    /// Entries without connections at which the next sweep begins.
    sweep_at: usize,
}

impl Accounts {
    /// Accounts of a machine that runs at most `places` long calls at a time. The machine counts as busy while half of the
    /// places are always taken.
    pub fn new(places: usize) -> Arc<Self> {
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        // Recent time of one that uses a whole processor all the time: the sum of all halves.
        let always = HALF_LIFE.div_f64(std::f64::consts::LN_2);
        Arc::new(Self {
            peers: Mutex::default(),
            connected: AtomicUsize::new(0),
            total: Total::new(always.saturating_mul(places) / 2),
        })
    }

    /// A connection of a peer. `None`: of one that has no other.
    pub fn join(self: &Arc<Self>, peer: Option<u128>) -> Membership {
        let account = match peer {
            None => Arc::new(Account::counted_in(&self.total)),
            Some(peer) => self.of(peer),
        };
        if account.connect() {
            self.connected.fetch_add(1, Ordering::Relaxed);
        }
        let accounts = self.clone();
        Membership { accounts, account }
    }

    /// For work that is nobody's: it counts as no peer.
    pub fn nobody(self: &Arc<Self>) -> Membership {
        let account = Account::counted_in(&self.total);
        // With a second connection, this one is never the last, so that its end isn't counted either.
        account.connect();
        account.connect();
        let (accounts, account) = (self.clone(), Arc::new(account));
        Membership { accounts, account }
    }

    fn of(&self, peer: u128) -> Arc<Account> {
        let mut peers = self.peers.lock();
        let connected = self.connected.load(Ordering::Relaxed);
        if peers.accounts.len() > peers.sweep_at.max(64) + connected {
            peers.sweep();
        }
        let account = peers.accounts.entry(peer);
        account
            .or_insert_with(|| Arc::new(Account::counted_in(&self.total)))
            .clone()
    }
}

impl Peers {
    /// Forgets peers without connections that have had next to nothing, and half of the others where they are too many.
    fn sweep(&mut self) {
        let now = Instant::now();
        let is_connected = |account: &Arc<Account>| Arc::strong_count(account) > 1;
        self.accounts
            .retain(|_, account| is_connected(account) || account.recent().had(now) > LITTLE);
        let idle = |accounts: &HashMap<u128, Arc<Account>>| {
            let idle = accounts.values().filter(|account| !is_connected(account));
            let mut idle: Vec<i64> = idle.map(|account| account.recent().order()).collect();
            idle.sort_unstable();
            idle
        };
        let mut remembered = idle(&self.accounts);
        if remembered.len() > REMEMBERED {
            let middle = remembered.get(remembered.len() / 2).copied();
            self.accounts.retain(|_, account| {
                is_connected(account) || Some(account.recent().order()) > middle
            });
            remembered = idle(&self.accounts);
        }
        self.sweep_at = (2 * remembered.len()).min(2 * REMEMBERED);
    }
}

/// A connection of a peer, until it is dropped.
#[derive(Debug)]
pub struct Membership {
    accounts: Arc<Accounts>,
    account: Arc<Account>,
}

impl Membership {
    /// Its peer's account.
    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// Whether all were busy at the last charge. It costs next to nothing.
    pub fn are_busy(&self) -> bool {
        self.accounts.total.was_busy()
    }

    /// Whether this peer has had more than its share of the total while all are busy: they use half of the processors,
    /// or somebody waits in `turns`. A peer that is alone is never above its share.
    pub fn is_above_its_share(&self, turns: &TurnQueue, now: Instant) -> bool {
        let connected = self.accounts.connected.load(Ordering::Relaxed);
        let own = self.account.recent().had(now);
        if connected < 2 || own < MUCH {
            return false;
        }
        let total = &self.accounts.total;
        let share = total.recent().had(now) / u32::try_from(connected).unwrap_or(u32::MAX);
        // A quarter more: otherwise one of two equals would always be above.
        let are_busy = total.is_busy_at(now) || turns.is_contended();
        are_busy && own > share + share / 4
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        if self.account.disconnect() {
            self.accounts.connected.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recent::RecentTime;

    const SECOND: Duration = Duration::from_secs(1);

    fn charge(membership: &Membership, time: Duration) {
        membership.account().charge(time, Instant::now());
    }

    #[test]
    fn who_has_had_more_than_its_share_is_above_it_only_beside_others_and_when_all_are_busy() {
        let (accounts, turns) = (Accounts::new(1), TurnQueue::with_places(1));
        let busy = accounts.join(Some(1));
        let _nobody = accounts.nobody();
        charge(&busy, 6 * SECOND);
        assert!(
            !busy.is_above_its_share(&turns, Instant::now()),
            "it is alone"
        );
        let other = accounts.join(Some(2));
        assert!(busy.is_above_its_share(&turns, Instant::now()));
        assert!(!other.is_above_its_share(&turns, Instant::now()));
        drop(other);
        assert!(
            !busy.is_above_its_share(&turns, Instant::now()),
            "it is alone again"
        );

        let accounts = Accounts::new(4);
        let (some, other) = (accounts.join(Some(1)), accounts.join(None));
        charge(&some, 6 * SECOND);
        assert!(
            !some.is_above_its_share(&turns, Instant::now()),
            "there is room"
        );
        let nobody = Arc::default();
        let waits = [(); 2].map(|()| turns.enter(&nobody, &nobody, RecentTime::default()));
        assert!(
            some.is_above_its_share(&turns, Instant::now()),
            "somebody waits"
        );
        drop(waits);
        charge(&other, 12 * SECOND);
        assert!(other.is_above_its_share(&turns, Instant::now()));
        assert!(!some.is_above_its_share(&turns, Instant::now()));
    }

    #[test]
    fn a_new_connection_begins_with_what_those_of_its_peer_have_had_on_average() {
        let accounts = Accounts::new(1);
        let first = accounts.join(Some(1));
        charge(&first, 3 * SECOND);
        let others = [2, 3].map(|_| accounts.join(Some(1)));
        let average = first.account().average().had(Instant::now());
        assert!(
            average > SECOND * 9 / 10 && average <= SECOND,
            "{average:?}"
        );
        drop((first, others));
        let again = accounts.join(Some(1));
        assert!(again.account().average().had(Instant::now()) > 2 * SECOND);
    }

    #[test]
    fn a_peer_is_remembered_when_its_connections_are_gone_and_the_table_is_bounded() {
        let accounts = Accounts::new(1);
        charge(&accounts.join(Some(7)), SECOND);
        let again = accounts.join(Some(7));
        assert!(again.account().recent().had(Instant::now()) > SECOND / 2);
        for peer in 100..200_000 {
            let membership = accounts.join(Some(peer));
            if peer % 2 == 0 {
                charge(&membership, 10 * LITTLE);
            }
        }
        assert!(accounts.peers.lock().accounts.len() <= 3 * REMEMBERED);
        assert!(Arc::ptr_eq(
            accounts.join(Some(7)).account(),
            again.account()
        ));
    }
}
