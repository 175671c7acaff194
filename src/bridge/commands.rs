//! What JavaScript asks of a socket, by its slot (`id`). The first command makes the socket. Nothing reaches it once it was
//! closed.

use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Backend, Bridge};
use crate::backend::BackendSocket;
use crate::backend::handle::{Handle, RefDelta};
use crate::backend::tokio::socket::TokioSocket;
use crate::backend::uv::UvSocket;
use crate::engine::calls::{self, Call, Counts};
use crate::engine::coalescer::Pool;
use crate::engine::endpoint::Endpoint;
use crate::engine::errors::Status;

/// [`Bridge::begin_buffer`]: each write to the socket has to be sent at once.
pub const SEND_AT_ONCE: i32 = -1;

/// [`Bridge::begin_buffer`]: all buffers are in use.
pub const NONE_FREE: i32 = -2;

/// The slot of every closed socket.
pub const NO_SLOT: u32 = u32::MAX;

impl Bridge {
    /// The socket `id`, made on first use; `None`: it was closed, or the environment ended.
    fn socket(&self, id: u32) -> Option<BackendSocket> {
        let found = self.sockets.get(id);
        if found.is_some() || id == NO_SLOT || self.ended.get() {
            return found;
        }
        let socket = match &self.backend {
            Backend::Tokio { ready_queue, .. } => {
                BackendSocket::Tokio(TokioSocket::new(ready_queue, id, self.reports_resets))
            }
            Backend::Uv { backend, .. } => {
                BackendSocket::Uv(UvSocket::new(backend, id, self.reports_resets))
            }
        };
        self.sockets.insert(id, socket.clone());
        Some(socket)
    }

    /// Runs `command` on the socket `id`; a panic becomes an error of this socket.
    pub fn command(&self, id: u32, command: impl FnOnce(&mut Handle) -> Status) -> Status {
        let guarded = |handle: &mut Handle| {
            catch_unwind(AssertUnwindSafe(|| command(handle))).unwrap_or_else(|_| {
                handle.endpoint.fail(-libc::EIO);
                -libc::EIO
            })
        };
        let Some(socket) = self.socket(id) else { return guarded(&mut Handle::closed()) };
        let (status, delta) = socket.command(guarded);
        self.apply(delta);
        status
    }

    /// Runs `ask`, which changes nothing, on the socket `id`.
    pub fn ask<R>(&self, id: u32, ask: impl FnOnce(&Handle) -> R) -> R {
        match self.socket(id) {
            Some(socket) => socket.ask(ask),
            None => ask(&Handle::closed()),
        }
    }

    /// Watches the descriptor of the socket `id` no longer, until something has to wait for it again.
    pub fn unwatch(&self, id: u32) {
        if let Some(socket) = self.sockets.get(id) {
            socket.unwatch();
        }
    }

    /// See [`Endpoint::accept`].
    pub fn accept(&self, id: u32, listener: u32) -> Status {
        let (Some(socket), Some(listener)) = (self.socket(id), self.socket(listener)) else {
            return -libc::EINVAL;
        };
        let accepted = catch_unwind(AssertUnwindSafe(|| socket.accept(&listener)));
        let (status, delta) = accepted.unwrap_or((-libc::EIO, RefDelta::default()));
        self.apply(delta);
        status
    }

    /// Runs `write` on the socket `id`. `EBADF`: there is none.
    pub fn write_by(&self, id: u32, write: impl FnOnce(&mut Endpoint) -> Status) -> Status {
        let Some(socket) = self.sockets.get(id) else { return -libc::EBADF };
        let (status, delta) = socket.command(|handle| write(&mut handle.endpoint));
        self.apply(delta);
        status
    }

    /// The environment's coalescing buffers, taken on first use; `None`: there are none to be had.
    pub fn coalescer(&self) -> Option<&'static Pool> {
        if self.ended.get() {
            return None;
        }
        *self.coalescer.get_or_init(Pool::take)
    }

    /// The number of a buffer in which small writes to the socket `id` may wait, see [`Endpoint::coalescible`];
    /// [`SEND_AT_ONCE`], or [`NONE_FREE`].
    pub fn begin_buffer(&self, id: u32) -> i32 {
        let fd = self
            .sockets
            .get(id)
            .and_then(|socket| socket.ask(|handle| handle.endpoint.coalescible()));
        let (Some(fd), Some(pool)) = (fd, self.coalescer()) else { return SEND_AT_ONCE };
        pool.begin(fd).map_or(NONE_FREE, |index| index as i32)
    }

    /// Sends what a buffer has for the socket `id`, and frees it.
    pub fn send_buffer(&self, id: u32, buffer: usize) -> Status {
        let Some(pool) = self.coalescer() else { return -libc::EBADF };
        pool.send(buffer, |bytes, sent, error| {
            self.write_by(id, |endpoint| endpoint.write_behind(bytes, sent, error))
        })
    }

    /// The system calls that were made for the environment, but for those of relays and files. For the JavaScript thread.
    pub fn calls(&self) -> Counts {
        let mut counts = calls::here();
        if let Backend::Tokio { ready_queue, .. } = &self.backend {
            for (count, more) in counts.iter_mut().zip(ready_queue.calls.counts()) {
                *count += more;
            }
        }
        if let Some(Some(pool)) = self.coalescer.get() {
            counts[Call::Write as usize] += pool.calls();
        }
        counts
    }

    /// Closes the socket `id` by `close`, which closes its endpoint. Returns the status, and whether
    /// the event CLOSED follows in the closing phase; the callbacks stay alive until then.
    pub fn close(&self, id: u32, close: impl FnOnce(&mut Endpoint) -> Status) -> (Status, bool) {
        let announced =
            !self.ended.get() && self.closer.as_ref().is_some_and(|closer| closer.begin(id));
        if announced {
            self.apply(RefDelta { alive: 0, open: 1, descriptor: -1 });
        }
        let Some(socket) = self.sockets.take(id) else { return (0, announced) };
        if let Some(Some(pool)) = self.coalescer.get() {
            pool.forget(socket.ask(|handle| handle.endpoint.fd()));
        }
        let (status, delta) = socket.close(|handle| close(&mut handle.endpoint));
        self.apply(delta);
        (status, announced)
    }

    /// Whether the descriptor `fd` belongs to one of the sockets.
    pub fn owns(&self, fd: RawFd) -> bool {
        self.sockets.owns(fd)
    }

    /// JavaScript has put memory of the program's own for the socket `id` among the areas. The tokio backend does not
    /// read into it.
    pub fn use_own_memory(&self, id: u32) {
        if let Some(BackendSocket::Uv(socket)) = self.socket(id) {
            socket.use_own_memory();
        }
    }
}
