//! The figures of all services of the process, for whoever asks at any time, whatever the services do meanwhile.

use super::snapshot::{ProcessSnapshot, ServiceSnapshot};
use crate::logging;
use eco_capture::{Capture, ServerCapture};
use eco_net::{Counts, ServerFigures};
use eco_plugin::{EngineFigures, Shares};
use eco_state::SharedState;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// The figures of a process.
pub(crate) struct Figures {
    is_ready: AtomicBool,
    shares: Shares,
    /// Of the connections of all services.
    capture: Capture,
    /// The budget of memory for all services.
    total_memory: AtomicUsize,
    services: Mutex<Vec<(Option<String>, Arc<ServiceFigures>)>>,
}

/// The figures of a service.
pub(crate) struct ServiceFigures {
    server: ServerFigures,
    engine: EngineFigures,
    capture: ServerCapture,
    reloaded: AtomicU64,
    not_reloaded: AtomicU64,
    version: AtomicU64,
    state: Mutex<SharedState>,
}

/// A service among those whose figures are shown. Dropped, it is shown no longer.
pub(crate) struct Registration {
    all: Arc<Figures>,
    service: Arc<ServiceFigures>,
}

impl Figures {
    /// Those of a process that has no service yet. Its services share this.
    pub(crate) fn new(shares: &Shares) -> Arc<Self> {
        Arc::new(Self {
            is_ready: AtomicBool::new(false),
            shares: shares.clone(),
            capture: Capture::default(),
            total_memory: AtomicUsize::new(0),
            services: Mutex::default(),
        })
    }

    /// Whether the process listens, and goes on to.
    pub(super) fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }

    /// Says whether it is ready.
    pub(crate) fn set_ready(&self, is_ready: bool) {
        self.is_ready.store(is_ready, Ordering::Relaxed);
    }

    /// Says what memory all services may have together.
    pub(crate) fn set_total_memory(&self, bytes: usize) {
        self.total_memory.store(bytes, Ordering::Relaxed);
    }

    /// Shows the figures of a service with this name, in place of those of one before.
    pub(crate) fn register(
        self: &Arc<Self>,
        name: Option<&str>,
        service: ServiceFigures,
    ) -> Registration {
        let (name, service) = (name.map(str::to_owned), Arc::new(service));
        let mut services = self.services.lock();
        services.retain(|(other, _)| *other != name);
        services.push((name, service.clone()));
        services.sort_by(|(one, _), (other, _)| one.cmp(other));
        drop(services);
        let all = self.clone();
        Registration { all, service }
    }

    /// What is kept of the connections of all services.
    pub(crate) fn capture(&self) -> &Capture {
        &self.capture
    }

    /// All services, in the order of their names.
    pub(super) fn services(&self) -> Vec<(Option<String>, Arc<ServiceFigures>)> {
        self.services.lock().clone()
    }

    /// The service with this name.
    pub(super) fn service(&self, name: Option<&str>) -> Option<Arc<ServiceFigures>> {
        let services = self.services.lock();
        let found = services.iter().find(|(its, _)| its.as_deref() == name);
        found.map(|(_, service)| service.clone())
    }

    /// What all services have together at this moment.
    pub(super) fn of_process(&self) -> ProcessSnapshot {
        ProcessSnapshot {
            shared: self.shares.counters(),
            total_memory: self.total_memory.load(Ordering::Relaxed),
            lost: logging::lost(),
        }
    }

    /// What each service has at this moment, in the order of their names.
    pub(super) fn of_services(&self) -> Vec<(Option<String>, ServiceSnapshot)> {
        let all = self.services().into_iter();
        all.map(|(name, service)| (name, service.snapshot()))
            .collect()
    }
}

impl ServiceFigures {
    /// Those of a service that starts.
    pub(crate) fn new(
        server: ServerFigures,
        engine: EngineFigures,
        capture: ServerCapture,
        state: SharedState,
    ) -> Self {
        Self {
            server,
            engine,
            capture,
            reloaded: AtomicU64::new(0),
            not_reloaded: AtomicU64::new(0),
            version: AtomicU64::new(0),
            state: Mutex::new(state),
        }
    }

    /// What is kept of its connections.
    pub(super) fn capture(&self) -> &ServerCapture {
        &self.capture
    }

    /// What went through each connection that is open, by its number.
    pub(super) fn open_connections(&self) -> Vec<(u64, Counts)> {
        self.server.open_connections().unwrap_or_default()
    }

    /// The version of the plugin that serves new connections.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    fn snapshot(&self) -> ServiceSnapshot {
        let state = self.state.lock();
        ServiceSnapshot {
            connections: self.server.counts(),
            ended: self.server.ended().collect(),
            refused: self.server.refused().collect(),
            traffic: self.server.traffic().unwrap_or_default(),
            calls: self.engine.calls(),
            failures: self.engine.failures(),
            instances: self.engine.instances(),
            memory: self.engine.memory(),
            memory_limit: self.engine.memory_limit(),
            compiling: self.engine.compiling(),
            reloaded: self.reloaded.load(Ordering::Relaxed),
            not_reloaded: self.not_reloaded.load(Ordering::Relaxed),
            version: self.version(),
            state: state.counters(),
            limits: state.limits().clone(),
        }
    }
}

impl Registration {
    /// This version of the plugin serves new connections.
    pub(crate) fn serves(&self, version: u64) {
        self.service.version.store(version, Ordering::Relaxed);
    }

    /// It was asked to take what is new on disk, and has done so, or not.
    pub(crate) fn reloaded(&self, is_done: bool) {
        let count = match is_done {
            true => &self.service.reloaded,
            false => &self.service.not_reloaded,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Its connections share this state from now on.
    pub(crate) fn shares(&self, state: &SharedState) {
        *self.service.state.lock() = state.clone();
    }
}

/// It holds the state, so it is dropped before the state is closed.
impl Drop for Registration {
    fn drop(&mut self) {
        let mut services = self.all.services.lock();
        services.retain(|(_, service)| !Arc::ptr_eq(service, &self.service));
    }
}
