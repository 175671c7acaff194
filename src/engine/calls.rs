//! How many system calls the engine makes that move bytes or make connections, see [`Call`].
//!
//! Each thread counts its own, without atomics. A thread that works for several environments puts what it has counted
//! to an [`Account`] of the one that it has worked for.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is counted. Each attempt counts, also one that fails or that a signal interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// recv(2), recvmsg(2), splice(2) from a socket.
    Read,
    /// send(2), sendmsg(2), sendfile(2), splice(2) to a socket.
    Write,
    /// accept4(2).
    Accept,
    /// connect(2).
    Connect,
}

/// How many kinds of calls there are.
pub const CALL_KINDS: usize = 4;

/// Counts in the order of [`Call`].
pub type Counts = [u64; CALL_KINDS];

thread_local! {
    static MADE: [Cell<u64>; CALL_KINDS] = const { [const { Cell::new(0) }; CALL_KINDS] };
}

/// Counts a call of this thread.
pub fn count(call: Call) {
    MADE.with(|made| {
        let made = &made[call as usize];
        made.set(made.get() + 1);
    });
}

/// What this thread has counted and not put to an account.
pub fn here() -> Counts {
    MADE.with(|made| [0, 1, 2, 3].map(|kind: usize| made[kind].get()))
}

/// Calls that several threads make for one environment.
#[derive(Debug, Default)]
pub struct Account([AtomicU64; CALL_KINDS]);

impl Account {
    /// Runs `work` and puts the calls that it makes on this thread here.
    pub fn charge<R>(&self, work: impl FnOnce() -> R) -> R {
        let before = here();
        let result = work();
        MADE.with(|made| {
            for ((made, before), total) in made.iter().zip(before).zip(&self.0) {
                let calls = made.replace(before) - before;
                if calls > 0 {
                    total.fetch_add(calls, Ordering::Relaxed);
                }
            }
        });
        result
    }

    /// What was put here.
    pub fn counts(&self) -> Counts {
        [0, 1, 2, 3].map(|kind: usize| self.0[kind].load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_charged_is_not_the_threads_own() {
        let account = Account::default();
        let before = here();
        count(Call::Read);
        account.charge(|| {
            count(Call::Write);
            count(Call::Connect);
        });
        assert_eq!(account.counts(), [0, 1, 0, 1]);
        assert_eq!(here(), [before[0] + 1, before[1], before[2], before[3]]);
    }
}
