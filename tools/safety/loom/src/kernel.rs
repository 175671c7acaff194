//! A model of one descriptor, edge-triggered, as epoll(7) and tokio's `AsyncFd` are together.

use std::io;
use std::os::fd::RawFd;
use std::task::{Context, Poll, Waker};

use loom::sync::{Mutex, MutexGuard};

/// What the kernel and the runtime know of the descriptor.
#[derive(Default)]
pub struct Kernel {
    /// Messages that can be read.
    pub messages: usize,
    /// Whether it became readable since that was last cleared.
    ready: bool,
    /// How often it became readable.
    tick: usize,
    waker: Option<Waker>,
    /// Whether a registration lives.
    registered: bool,
    /// Whether the descriptor was closed.
    pub closed: bool,
}

loom::lazy_static! {
    static ref KERNEL: Mutex<Kernel> = Mutex::new(Kernel::default());
}

/// The one kernel of an execution.
pub fn kernel() -> MutexGuard<'static, Kernel> {
    KERNEL.lock().expect("no thread panics with the lock")
}

/// A message arrives.
pub fn arrive() {
    let waker = {
        let mut kernel = kernel();
        kernel.messages += 1;
        kernel.ready = true;
        kernel.tick += 1;
        kernel.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// The registration of a descriptor.
pub struct AsyncFd<T> {
    _fd: T,
}

/// An error of [`AsyncFd::register`] and what could not be registered.
pub struct Refused<T>(T, io::Error);

impl<T> Refused<T> {
    /// Both parts.
    pub fn into_parts(self) -> (T, io::Error) {
        (self.0, self.1)
    }
}

impl AsyncFd<RawFd> {
    /// Registers `fd`.
    ///
    /// # Errors
    /// Never.
    ///
    /// # Safety
    /// As that of tokio's.
    pub unsafe fn register(fd: RawFd) -> Result<Self, Refused<RawFd>> {
        let mut kernel = kernel();
        assert!(!kernel.closed, "a closed descriptor is registered");
        kernel.registered = true;
        // A new registration is ready for what has come before.
        kernel.ready = kernel.messages > 0;
        Ok(AsyncFd { _fd: fd })
    }

    /// Whether there may be something to read.
    pub fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<Guard>> {
        let mut kernel = kernel();
        assert!(!kernel.closed, "a closed descriptor is waited for");
        if kernel.ready {
            return Poll::Ready(Ok(Guard { tick: kernel.tick }));
        }
        kernel.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Never: the model writes nothing.
    pub fn poll_write_ready(&self, _context: &mut Context<'_>) -> Poll<io::Result<Guard>> {
        Poll::Pending
    }
}

impl<T> Drop for AsyncFd<T> {
    fn drop(&mut self) {
        let waker = {
            let mut kernel = kernel();
            assert!(!kernel.closed, "a descriptor was closed before its registration");
            kernel.registered = false;
            kernel.waker.take()
        };
        drop(waker);
    }
}

/// Closes the descriptor.
pub fn close() {
    let mut kernel = kernel();
    assert!(!kernel.registered, "a registered descriptor is closed");
    kernel.closed = true;
}

/// The descriptor is ready.
pub struct Guard {
    tick: usize,
}

impl Guard {
    /// What for.
    pub fn ready(&self) -> Ready {
        Ready
    }

    /// It is not any more, unless it became so again meanwhile.
    pub fn clear_ready(&mut self) {
        let mut kernel = kernel();
        if kernel.tick == self.tick {
            kernel.ready = false;
        }
    }
}

/// What the descriptor is ready for.
pub struct Ready;

impl Ready {
    /// The model's peer never ends.
    pub fn is_read_closed(&self) -> bool {
        false
    }
}
