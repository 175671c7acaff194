//! Small writes that wait to be sent together, in memory that JavaScript fills.
//!
//! JavaScript copies a write behind the ones before it, publishes the new length, and takes the write for sent. So the
//! bytes have to reach the kernel whatever JavaScript does next:
//!
//! * JavaScript sends a buffer itself when its callback ends, and before it does anything else to the descriptor.
//! * A thread sends what has waited for a millisecond ([`flusher`]): JavaScript may be blocked.
//! * The end of the process sends the rest: exit(3), or a signal that ends it ([`last_moment`]). So does the end of
//!   the environment, see [`Pool::send_all`].
//!
//! JavaScript writes behind the published length only, and shortens it only by [`Pool::begin`], when no descriptor is
//! set. The others read in front of it, under the buffer's lock.

mod flusher;
mod last_moment;
mod registry;

use std::alloc::{Layout, alloc_zeroed};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};

use super::errors::{OK, Status};
use super::sys;

/// Buffers of one environment.
pub const BUFFERS: usize = 16;

/// Bytes of one buffer. A connection that can be written to (`POLLOUT`) has room for as many, whatever MTU its path has,
/// and so may one that cannot, see [`takes_buffer`](super::room::Room::takes_buffer):
/// Linux says so when a third of a TCP send buffer is free, or three quarters of that of a Unix-domain socket, and gives
/// a fresh TCP connection over Ethernet 85 KiB (tcp(7), `tcp_wmem`).
pub const BUFFER_SIZE: usize = 16 * 1024;

/// The descriptor of a buffer that is not in use.
const NO_DESCRIPTOR: i32 = -1;

/// The buffers of one environment. Pools are used again, and never freed: the threads that look at them need no
/// count of references.
#[derive(Debug)]
pub struct Pool {
    /// `BUFFERS * BUFFER_SIZE` bytes; the kernel gives pages only to what is touched.
    memory: NonNull<u8>,
    /// Bytes of each buffer that JavaScript has written. At most [`BUFFER_SIZE`] are believed.
    published: [AtomicU32; BUFFERS],
    buffers: [Buffer; BUFFERS],
    /// Whether the flusher looks at this pool.
    watched: AtomicBool,
    /// Whether an environment has it.
    taken: AtomicBool,
    /// Calls of send(2) for the environment that has it.
    calls: AtomicU64,
}

// SAFETY: the memory is written by one thread, and read by others only where that has published it, see above.
unsafe impl Send for Pool {}
// SAFETY: as above.
unsafe impl Sync for Pool {}

/// What is known of one buffer.
#[derive(Debug)]
struct Buffer {
    /// Where its bytes go, or [`NO_DESCRIPTOR`]. It stays open while it stands here.
    fd: AtomicI32,
    /// Bytes that another thread than JavaScript's has sent.
    sent: AtomicU32,
    /// The error that it got instead, a negated errno.
    error: AtomicI32,
    /// Whether the flusher has seen it in use.
    seen: AtomicBool,
    locked: AtomicBool,
}

impl Default for Buffer {
    fn default() -> Self {
        Buffer {
            fd: AtomicI32::new(NO_DESCRIPTOR),
            sent: AtomicU32::new(0),
            error: AtomicI32::new(OK),
            seen: AtomicBool::new(false),
            locked: AtomicBool::new(false),
        }
    }
}

/// The lock of a buffer, held.
struct Locked<'a>(&'a Buffer);

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.0.locked.store(false, Ordering::SeqCst);
    }
}

/// The lock of a buffer whose use ends with it, also by a panic: the bytes would be sent again otherwise.
struct Ending<'a>(Locked<'a>);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.0.fd.store(NO_DESCRIPTOR, Ordering::SeqCst);
    }
}

impl Buffer {
    /// Takes the lock if it is free.
    fn try_lock(&self) -> Option<Locked<'_>> {
        let free = self.locked.compare_exchange(false, true, Ordering::SeqCst, Ordering::SeqCst);
        free.is_ok().then(|| Locked(self))
    }

    /// Takes the lock. It is held for one send(2) that does not wait.
    fn lock(&self) -> Locked<'_> {
        loop {
            if let Some(locked) = self.try_lock() {
                return locked;
            }
            std::thread::yield_now();
        }
    }
}

/// Sends what waits in the whole process.
pub fn send_waiting() {
    last_moment::at_end();
}

/// Stands in for the default action of signals that have got it back.
pub fn stand_in_for_signals() {
    last_moment::prepare(true);
}

impl Pool {
    /// A pool for one environment; `None`: there are too many, or no thread can be started.
    pub fn take() -> Option<&'static Pool> {
        if !flusher::start() {
            return None;
        }
        registry::take()
    }

    fn new() -> Option<Self> {
        let layout = Layout::array::<u8>(BUFFERS * BUFFER_SIZE).ok()?;
        // SAFETY: the layout is not empty.
        let memory = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        Some(Pool {
            memory,
            published: Default::default(),
            buffers: Default::default(),
            watched: AtomicBool::new(false),
            taken: AtomicBool::new(true),
            calls: AtomicU64::new(0),
        })
    }

    /// The environment ends: the pool is free for another one.
    pub fn give_back(&self) {
        self.finish(|_| true);
        self.calls.store(0, Ordering::Relaxed);
        self.taken.store(false, Ordering::SeqCst);
    }

    /// Calls of send(2) that were made for its environment, but for those of [`Pool::send`].
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// The memory of all buffers, one behind the other, for JavaScript.
    pub fn memory(&self) -> (NonNull<u8>, usize) {
        (self.memory, BUFFERS * BUFFER_SIZE)
    }

    /// The published lengths, 32 bits each, for JavaScript: it stores there by `Atomics`.
    pub fn published(&self) -> (NonNull<u8>, usize) {
        (NonNull::from(&self.published).cast(), size_of_val(&self.published))
    }

    /// Gives the descriptor `fd` an empty buffer: its number, or `None` if each is in use. For JavaScript's thread, as
    /// [`Pool::send`] is.
    pub fn begin(&self, fd: i32) -> Option<usize> {
        let index = self
            .buffers
            .iter()
            .position(|buffer| buffer.fd.load(Ordering::Relaxed) == NO_DESCRIPTOR)?;
        let buffer = &self.buffers[index];
        self.published[index].store(0, Ordering::Relaxed);
        buffer.sent.store(0, Ordering::Relaxed);
        buffer.error.store(OK, Ordering::Relaxed);
        buffer.seen.store(false, Ordering::Relaxed);
        // The flusher stops watching, then looks for descriptors once more.
        buffer.fd.store(fd, Ordering::SeqCst);
        let sleeps = !self.watched.swap(true, Ordering::SeqCst);
        if sleeps {
            flusher::wake();
        }
        last_moment::prepare(sleeps);
        Some(index)
    }

    /// Ends the use of a buffer: `send` gets its bytes, how many of them were sent, and the error that came instead.
    pub fn send(&self, index: usize, send: impl FnOnce(&[u8], usize, Status) -> Status) -> Status {
        let Some(buffer) = self.buffers.get(index) else { return -libc::EINVAL };
        let ending = Ending(buffer.lock());
        let sent = buffer.sent.load(Ordering::SeqCst) as usize;
        let status = send(self.bytes(index), sent, buffer.error.load(Ordering::SeqCst));
        drop(ending);
        last_moment::go_on();
        status
    }

    /// Sends what waits now; what the kernel has no room for stays. Async-signal-safe. Returns whether every lock was
    /// free.
    pub fn send_all(&self) -> bool {
        (0..BUFFERS).map(|index| self.send_more(index)).filter(|&free| !free).count() == 0
    }

    /// Sends what has waited since the last call. Returns whether any buffer is in use.
    fn tick(&self) -> bool {
        let mut used = false;
        for (index, buffer) in self.buffers.iter().enumerate() {
            if buffer.fd.load(Ordering::SeqCst) == NO_DESCRIPTOR {
                continue;
            }
            used = true;
            if buffer.seen.swap(true, Ordering::SeqCst) {
                self.send_more(index);
            }
        }
        used
    }

    /// Whether any buffer is in use.
    fn is_used(&self) -> bool {
        self.buffers.iter().any(|buffer| buffer.fd.load(Ordering::SeqCst) != NO_DESCRIPTOR)
    }

    /// Sends what a buffer has for its descriptor. Async-signal-safe. Returns whether its lock was free.
    fn send_more(&self, index: usize) -> bool {
        let Some(locked) = self.buffers[index].try_lock() else { return false };
        self.send_locked(index, &locked);
        true
    }

    /// As [`Pool::send_more`], with the buffer's lock held.
    fn send_locked(&self, index: usize, Locked(buffer): &Locked<'_>) {
        let fd = buffer.fd.load(Ordering::SeqCst);
        let sent = buffer.sent.load(Ordering::SeqCst) as usize;
        let bytes = self.bytes(index);
        if fd == NO_DESCRIPTOR || buffer.error.load(Ordering::SeqCst) != OK || sent >= bytes.len() {
            return;
        }
        self.calls.fetch_add(1, Ordering::Relaxed);
        match sys::send_raw(fd, &bytes[sent..]) {
            Ok(count) => buffer.sent.store((sent + count) as u32, Ordering::SeqCst),
            Err(libc::EAGAIN | libc::EINTR | libc::ENOBUFS) => {}
            Err(errno) => buffer.error.store(-errno, Ordering::SeqCst),
        }
    }

    /// Ends the use of all buffers of the descriptor `fd`, which is about to be closed, and might then be another's.
    pub fn forget(&self, fd: i32) {
        self.finish(|of| of == fd);
    }

    /// Sends what waits for descriptors of which `ends` is true, and ends the use of their buffers.
    fn finish(&self, ends: impl Fn(i32) -> bool) {
        for (index, buffer) in self.buffers.iter().enumerate() {
            if ends(buffer.fd.load(Ordering::SeqCst)) {
                let Ending(locked) = &Ending(buffer.lock());
                self.send_locked(index, locked);
            }
        }
        last_moment::go_on();
    }

    /// What JavaScript has published.
    fn bytes(&self, index: usize) -> &[u8] {
        let length = self.published[index].load(Ordering::SeqCst) as usize;
        // SAFETY: the buffer lies in the memory, and JavaScript writes behind what it has published only.
        unsafe {
            let start = self.memory.as_ptr().add(index * BUFFER_SIZE);
            std::slice::from_raw_parts(start, length.min(BUFFER_SIZE))
        }
    }
}

#[cfg(test)]
mod tests;
