//! What each peer has had lately, all its connections together: also those that are gone, so that nobody is a newcomer by
//! connecting anew.

use crate::recent::RecentTime;
use crate::turns::TurnQueue;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What a peer may have had lately before anybody asks for its share: as much as one has that uses some three percent of
/// a processor all the time. Test: `sharing::who_is_above_its_share_is_slow_when_all_are_busy`.
const MUCH: Duration = Duration::from_millis(250);
/// What is remembered of a peer without connections. Less is nothing.
const LITTLE: Duration = Duration::from_millis(1);
/// Peers without connections that are remembered. Of more, those that have had least are forgotten: then they are as good
/// as new. Test: `account::tests::a_peer_is_remembered_when_its_connections_are_gone_and_the_table_is_bounded`.
const REMEMBERED: usize = 16 * 1024;

/// What somebody has had lately.
#[derive(Debug)]
pub struct Account {
    recent: AtomicU64,
    connections: AtomicUsize,
    /// Bytes that it has others hold.
    held: AtomicUsize,
    /// That of all peers, to which it adds.
    all: Option<Arc<All>>,
}

/// What all peers have had.
#[derive(Debug)]
struct All {
    account: Account,
    /// So much they have had lately where they are busy.
    much: Duration,
    /// Whether they were when somebody was last charged.
    are_busy: AtomicBool,
}

/// Nothing.
impl Default for Account {
    fn default() -> Self {
        Self {
            recent: AtomicU64::new(RecentTime::default().to_bits()),
            connections: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            all: None,
        }
    }
}

impl Account {
    /// What it has had.
    pub fn recent(&self) -> RecentTime {
        RecentTime::from_bits(self.recent.load(Ordering::Relaxed))
    }

    /// What each of its connections has had on average: so much a new one begins with, so that to connect anew is no
    /// advantage, and no burden either.
    pub fn average(&self) -> RecentTime {
        let connections = self.connections.load(Ordering::Relaxed).max(1);
        self.recent().divided_by(connections)
    }

    /// It has had so much just now, or is to pay for what others had.
    pub fn charge(&self, time: Duration, now: Instant) {
        // It fails for nobody: the closure always has a value.
        let _ = self
            .recent
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| {
                let mut recent = RecentTime::from_bits(bits);
                recent.add(time, now);
                Some(recent.to_bits())
            });
        if let Some(all) = &self.all {
            all.account.charge(time, now);
            let are_busy = all.account.recent().had(now) > all.much;
            all.are_busy.store(are_busy, Ordering::Relaxed);
        }
    }

    /// Bytes that others hold for it.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Others hold so many bytes more for it.
    pub fn hold(&self, bytes: usize) {
        self.held.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Others hold so many bytes less for it.
    pub fn release(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The accounts of all peers.
#[derive(Debug)]
pub struct Accounts {
    peers: Mutex<Peers>,
    /// Peers that have connections.
    connected: AtomicUsize,
    all: Arc<All>,
}

#[derive(Debug, Default)]
struct Peers {
    /// By who they are.
    accounts: HashMap<u128, Arc<Account>>,
    /// Entries without connections that there may be before anybody looks which of them are to be forgotten.
    sweep_at: usize,
}

impl Accounts {
    /// For a machine on which so many long calls may run at a time. It is busy where half of them do, all the time.
    pub fn new(places: usize) -> Arc<Self> {
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        // Who uses a whole processor all the time has so much: the sum of all halves.
        let always = crate::recent::HALF_LIFE.div_f64(std::f64::consts::LN_2);
        Arc::new(Self {
            peers: Mutex::default(),
            connected: AtomicUsize::new(0),
            all: Arc::new(All {
                account: Account::default(),
                much: always.saturating_mul(places) / 2,
                are_busy: AtomicBool::new(false),
            }),
        })
    }

    /// A connection of a peer. `None`: of one that has no other.
    pub fn join(self: &Arc<Self>, peer: Option<u128>) -> Membership {
        let account = match peer {
            None => Arc::new(self.new_account()),
            Some(peer) => self.of(peer),
        };
        if account.connections.fetch_add(1, Ordering::Relaxed) == 0 {
            self.connected.fetch_add(1, Ordering::Relaxed);
        }
        let accounts = self.clone();
        Membership { accounts, account }
    }

    /// For what is nobody's: it counts as no peer.
    pub fn nobody(self: &Arc<Self>) -> Membership {
        let account = self.new_account();
        // Never the first one, and never the last.
        account.connections.store(2, Ordering::Relaxed);
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
            .or_insert_with(|| Arc::new(self.new_account()))
            .clone()
    }

    fn new_account(&self) -> Account {
        Account {
            all: Some(self.all.clone()),
            ..Account::default()
        }
    }
}

impl Peers {
    /// Forgets those without connections that have had next to nothing, and of the others half where they are too many.
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
    /// What its peer has had.
    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// Whether all were busy when somebody was last charged. It costs next to nothing.
    pub fn are_busy(&self) -> bool {
        self.accounts.all.are_busy.load(Ordering::Relaxed)
    }

    /// Whether this peer has had more than its share of what all had, while these are busy: they use half of what there is,
    /// or somebody waits in `turns`. One that is alone has no more than its share.
    pub fn is_above_its_share(&self, turns: &TurnQueue, now: Instant) -> bool {
        let connected = self.accounts.connected.load(Ordering::Relaxed);
        let own = self.account.recent().had(now);
        if connected < 2 || own < MUCH {
            return false;
        }
        let all = self.accounts.all.account.recent().had(now);
        let share = all / u32::try_from(connected).unwrap_or(u32::MAX);
        // A quarter more, or else of two that are alike one would always be above.
        let are_busy = all > self.accounts.all.much || turns.is_contended();
        are_busy && own > share + share / 4
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        if self.account.connections.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.accounts.connected.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
