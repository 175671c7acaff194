//! All pools of the process. They are looked at without a lock, so that a signal handler can do it.

use std::sync::atomic::{AtomicPtr, Ordering};

use super::Pool;

/// Most environments that have a pool at the same time.
const MAX_POOLS: usize = 256;

static POOLS: [AtomicPtr<Pool>; MAX_POOLS] =
    [const { AtomicPtr::new(std::ptr::null_mut()) }; MAX_POOLS];

/// A pool that no environment has: one that was given back, or a new one.
pub fn take() -> Option<&'static Pool> {
    let free = all().find(|pool| {
        pool.taken.compare_exchange(false, true, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    });
    if free.is_some() {
        return free;
    }
    if POOLS.iter().all(|place| !place.load(Ordering::SeqCst).is_null()) {
        return None;
    }
    let pool: &'static Pool = Box::leak(Box::new(Pool::new()?));
    let place = POOLS.iter().find(|place| {
        let new = std::ptr::from_ref(pool).cast_mut();
        let empty = std::ptr::null_mut();
        place.compare_exchange(empty, new, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    });
    place.map(|_| pool)
}

/// The pools that were ever made, in the order in which they were.
pub fn all() -> impl Iterator<Item = &'static Pool> {
    POOLS.iter().map_while(|place| {
        // SAFETY: what stands here was leaked, and is shared only.
        unsafe { place.load(Ordering::SeqCst).as_ref() }
    })
}
