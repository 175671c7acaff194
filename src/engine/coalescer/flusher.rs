//! The thread that sends what JavaScript has left waiting.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use super::{last_moment, registry};

/// Between two looks. A buffer that is seen in use by two of them in a row is sent, so it waits for less than two.
const INTERVAL: Duration = Duration::from_micros(900);

/// After so many looks that found nothing the thread sleeps until it is woken.
const IDLE_LOOKS: u32 = 64;

static THREAD: OnceLock<Option<Thread>> = OnceLock::new();

/// Counts looks.
static LOOKS: AtomicU32 = AtomicU32::new(0);

/// Starts the thread, once. Returns whether it runs.
pub fn start() -> bool {
    THREAD
        .get_or_init(|| {
            let builder = thread::Builder::new().name("rsnet-flusher".into());
            builder.spawn(run).ok().map(|handle| handle.thread().clone())
        })
        .is_some()
}

/// A pool is used that the thread does not watch.
pub fn wake() {
    if let Some(Some(thread)) = THREAD.get() {
        thread.unpark();
    }
}

/// A clock that stands still while nothing waits.
pub fn looks() -> u32 {
    LOOKS.load(Ordering::Relaxed)
}

fn run() {
    let mut idle = 0;
    loop {
        thread::sleep(INTERVAL);
        LOOKS.fetch_add(1, Ordering::Relaxed);
        let used = registry::all().map(super::Pool::tick).filter(|&used| used).count() > 0;
        last_moment::go_on();
        idle = if used { 0 } else { idle + 1 };
        if idle < IDLE_LOOKS {
            continue;
        }
        idle = 0;
        for pool in registry::all() {
            pool.watched.store(false, Ordering::SeqCst);
        }
        // A buffer that is begun from now on wakes the thread; one that was begun before is seen here.
        if !registry::all().any(super::Pool::is_used) {
            thread::park();
        }
        for pool in registry::all() {
            pool.watched.store(true, Ordering::SeqCst);
        }
    }
}
