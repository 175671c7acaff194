//! The end of the process: exit(3), or a signal whose default action ends it. What waits is sent before.
//!
//! A handler stands in for the default action of such a signal. It sends, puts back what it has replaced, and raises the
//! signal again; so the process ends as it would have. Signals that the program handles or ignores are left alone, as
//! are those that tell of a crash. Node's own handlers for the end by `SIGINT` and `SIGTERM`, which put the terminal
//! back, are known by `SA_RESETHAND`; they run afterwards.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering};

use errno::{errno, set_errno};

use super::{flusher, registry};

/// Signals that end the process by default, and do not tell of a fault of its own (signal(7)). By `SIGTRAP` or `SIGILL`
/// V8 ends it under `--abort-on-uncaught-exception`.
const SIGNALS: &[i32] = &[
    libc::SIGILL,
    libc::SIGTRAP,
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGABRT,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGVTALRM,
    libc::SIGPROF,
    libc::SIGXCPU,
    libc::SIGXFSZ,
    libc::SIGIO,
    #[cfg(target_os = "linux")]
    libc::SIGPWR,
    #[cfg(target_os = "linux")]
    libc::SIGSTKFLT,
];

/// Looks of the flusher after which the handlers are looked for again: a program that stops listening to a signal
/// leaves it with its default action.
const LOOKS_BETWEEN: u32 = 8;

/// More than any signal's number.
const NUMBERS: usize = 65;

/// What a handler has replaced, by the signal's number.
struct Replaced([UnsafeCell<MaybeUninit<libc::sigaction>>; NUMBERS]);

// SAFETY: an element is written before the handler of its signal is set, by the thread that holds `PREPARING`, and
// read by that handler.
unsafe impl Sync for Replaced {}

static REPLACED: Replaced = Replaced([const { UnsafeCell::new(MaybeUninit::uninit()) }; NUMBERS]);

/// The signal that is to be raised again once a lock is free, or 0.
static DEFERRED: AtomicI32 = AtomicI32::new(0);

static AT_EXIT: Once = Once::new();
static PREPARING: AtomicBool = AtomicBool::new(false);
static PREPARED_AT: AtomicU32 = AtomicU32::new(0);

/// Sees to it that the end of the process is noticed. Called whenever something begins to wait; does its work when
/// `must`, and now and then.
pub fn prepare(must: bool) {
    let now = flusher::looks();
    if !must && now.wrapping_sub(PREPARED_AT.load(Ordering::Relaxed)) < LOOKS_BETWEEN {
        return;
    }
    PREPARED_AT.store(now, Ordering::Relaxed);
    AT_EXIT.call_once(|| {
        // SAFETY: the function stays in memory, since the library is linked by `-z nodelete`.
        unsafe { libc::atexit(at_exit) };
    });
    while PREPARING.swap(true, Ordering::SeqCst) {
        if !must {
            return;
        }
        std::thread::yield_now();
    }
    SIGNALS.iter().copied().chain(real_time_signals()).for_each(stand_in);
    PREPARING.store(false, Ordering::SeqCst);
}

/// The signals of real-time programs (signal(7)), which end the process, too.
fn real_time_signals() -> impl Iterator<Item = i32> {
    #[cfg(target_os = "linux")]
    {
        libc::SIGRTMIN()..=libc::SIGRTMAX()
    }
    #[cfg(not(target_os = "linux"))]
    {
        std::iter::empty()
    }
}

/// Sets the handler of `signal`, if it has its default action.
fn stand_in(signal: i32) {
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: sigaction(2) writes to a local; with no new action nothing is changed.
    let known = unsafe { libc::sigaction(signal, std::ptr::null(), before.as_mut_ptr()) } == 0;
    // SAFETY: zeroes are a valid sigaction, also where the call has failed.
    let before = unsafe { before.assume_init() };
    let ends = before.sa_sigaction == libc::SIG_DFL || before.sa_flags & libc::SA_RESETHAND != 0;
    if !known || !ends || before.sa_sigaction == on_signal as *const () as usize {
        return;
    }
    // SAFETY: only this thread is here (`PREPARING`), and no handler of this signal is set that would read it.
    unsafe { (*REPLACED.0[signal as usize].get()).write(before) };
    let mut own: libc::sigaction = before;
    own.sa_sigaction = on_signal as *const () as usize;
    own.sa_flags = libc::SA_ONSTACK;
    let mut replaced = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: the handler is async-signal-safe; sigaction(2) reads and writes locals.
    unsafe {
        libc::sigaction(signal, &raw const own, replaced.as_mut_ptr());
        let replaced = replaced.assume_init();
        // Another thread has set a handler meanwhile: it stays.
        if replaced.sa_sigaction != before.sa_sigaction {
            libc::sigaction(signal, &raw const replaced, std::ptr::null_mut());
        }
    }
}

/// The handler. Async-signal-safe: it uses atomics and system calls only.
extern "C" fn on_signal(signal: i32) {
    let errno = errno();
    DEFERRED.store(signal, Ordering::SeqCst);
    // Whoever holds a lock, perhaps the thread that was interrupted, goes on with the signal when it lets go of it.
    if send_all() {
        end();
    }
    set_errno(errno);
}

/// Raises a signal again that came while a lock was held. To be called after each use of one.
pub fn go_on() {
    if DEFERRED.load(Ordering::SeqCst) != 0 && send_all() {
        end();
    }
}

/// Lets the deferred signal do what it would have done.
fn end() {
    let signal = DEFERRED.swap(0, Ordering::SeqCst);
    if signal == 0 {
        return;
    }
    // SAFETY: written before the handler was set that has deferred the signal. Inside the handler the signal is blocked,
    // and comes when that returns.
    unsafe {
        let replaced = (*REPLACED.0[signal as usize].get()).as_ptr();
        libc::sigaction(signal, replaced, std::ptr::null_mut());
        libc::raise(signal);
    }
}

/// Sends what waits in all pools. Returns whether every lock was free.
fn send_all() -> bool {
    registry::all().map(super::Pool::send_all).filter(|&free| !free).count() == 0
}

extern "C" fn at_exit() {
    at_end();
}

/// Sends what waits, with some patience.
pub fn at_end() {
    // A lock is held for one system call, unless its thread has gone.
    for _ in 0..1000 {
        if send_all() {
            break;
        }
        std::thread::yield_now();
    }
}
