//! The thread of all relays of the process. It starts with the first one, and stays.

use std::collections::HashMap;
use std::io;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mio::event::Event as Ready;
use mio::{Events, Poll, Registry, Token, Waker};

use super::{CHUNK, Next, Relay};
use crate::engine::event::Readiness;

/// The token of the waker.
const WAKE: Token = Token(usize::MAX);

/// How many events one look at the kernel brings.
const EVENTS: usize = 256;

/// How long a relay waits for which the kernel has no memory.
const PAUSE: Duration = Duration::from_millis(5);

static THREAD: Mutex<Option<Arc<Thread>>> = Mutex::new(None);

/// What the thread shares with those that make and end relays.
pub struct Thread {
    registry: Registry,
    waker: Waker,
    started: Instant,
    next_key: AtomicUsize,
    relays: Mutex<HashMap<usize, Arc<Relay>>>,
    /// Relays that have something to do, though no socket has become ready.
    due: Mutex<Vec<usize>>,
}

impl Thread {
    /// The thread, started on first use.
    ///
    /// # Errors
    /// Those of epoll_create1(2) and of starting a thread.
    pub fn get() -> io::Result<Arc<Self>> {
        let mut thread = lock(&THREAD);
        if let Some(thread) = &*thread {
            return Ok(Arc::clone(thread));
        }
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let started = Arc::new(Thread {
            waker: Waker::new(&registry, WAKE)?,
            registry,
            started: Instant::now(),
            next_key: AtomicUsize::new(0),
            relays: Mutex::default(),
            due: Mutex::default(),
        });
        let own = Arc::clone(&started);
        std::thread::Builder::new()
            .name("rsnet-relay".into())
            .spawn(move || own.run(poll))
            .map(drop)?;
        *thread = Some(Arc::clone(&started));
        Ok(started)
    }

    /// A name for a relay.
    pub fn new_key(&self) -> usize {
        self.next_key.fetch_add(1, Ordering::Relaxed)
    }

    /// Where sockets are registered.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Milliseconds since the thread started.
    pub fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Adds a relay.
    pub fn add(&self, key: usize, relay: &Arc<Relay>) {
        lock(&self.relays).insert(key, Arc::clone(relay));
    }

    /// Forgets a relay.
    pub fn remove(&self, key: usize) {
        let relay = lock(&self.relays).remove(&key);
        drop(relay);
    }

    /// Has a relay run soon.
    pub fn list(&self, key: usize) {
        lock(&self.due).push(key);
        let _ = self.waker.wake();
    }

    fn relay(&self, key: usize) -> Option<Arc<Relay>> {
        lock(&self.relays).get(&key).cloned()
    }

    fn run(&self, mut poll: Poll) {
        block_signals();
        let mut events = Events::with_capacity(EVENTS);
        let mut buffer = vec![0; CHUNK];
        let mut due: Vec<Arc<Relay>> = Vec::new();
        let mut paused = Paused::default();
        loop {
            let timeout = if due.is_empty() { paused.left() } else { Some(Duration::ZERO) };
            if poll.poll(&mut events, timeout).is_err() {
                // EINTR; nothing is lost.
                continue;
            }
            for event in &events {
                if event.token() == WAKE {
                    let listed = mem::take(&mut *lock(&self.due));
                    listed.into_iter().for_each(|key| enlist(&mut due, self.relay(key)));
                } else if let Some(relay) = self.relay(event.token().0 / 2) {
                    relay.on_ready(event.token().0 % 2, readiness(event));
                    enlist(&mut due, Some(relay));
                }
            }
            paused.take_over().into_iter().for_each(|relay| enlist(&mut due, Some(relay)));
            for relay in mem::take(&mut due) {
                relay.listed.store(false, Ordering::Relaxed);
                match relay.run(&mut buffer) {
                    Next::Wait => {}
                    Next::Again => enlist(&mut due, Some(relay)),
                    Next::Later => paused.add(relay),
                }
            }
        }
    }
}

/// Relays for which the kernel has no memory now.
#[derive(Default)]
struct Paused {
    relays: Vec<Arc<Relay>>,
    /// When they are run again.
    until: Option<Instant>,
}

impl Paused {
    fn add(&mut self, relay: Arc<Relay>) {
        self.until.get_or_insert_with(|| Instant::now() + PAUSE);
        self.relays.push(relay);
    }

    /// How long it lasts.
    fn left(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(Instant::now()))
    }

    /// The relays, once the pause is over.
    fn take_over(&mut self) -> Vec<Arc<Relay>> {
        if self.until.is_none_or(|until| until > Instant::now()) {
            return Vec::new();
        }
        self.until = None;
        mem::take(&mut self.relays)
    }
}

/// Puts a relay on the list of those that are run next, once.
fn enlist(due: &mut Vec<Arc<Relay>>, relay: Option<Arc<Relay>>) {
    if let Some(relay) = relay
        && !relay.listed.swap(true, Ordering::Relaxed)
    {
        due.push(relay);
    }
}

fn readiness(event: &Ready) -> Readiness {
    Readiness {
        readable: event.is_readable() || event.is_read_closed() || event.is_error(),
        writable: event.is_writable() || event.is_write_closed() || event.is_error(),
        ..Readiness::default()
    }
}

/// splice(2) to a socket whose peer is gone raises a `SIGPIPE` on the calling thread, and cannot be asked not to. All
/// other signals are for threads that expect them.
fn block_signals() {
    // SAFETY: the set is a local that sigfillset(3) initialises, and only the mask of this thread changes.
    unsafe {
        let mut all = mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, ptr::null_mut());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
