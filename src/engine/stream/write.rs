//! The write side of a connection: what goes to the kernel at once, what waits, and the shutdown
//! behind it.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::AsRawFd;

use super::{FIRST, Stream, WriteSide};
use crate::engine::errors::{OK, Status, is_out_of_buffers, is_would_block, status, status_of};
use crate::engine::event::Event;
use crate::engine::pacing;
use crate::engine::sys;

/// Most slices of one sendmsg(2) (`IOV_MAX`, 1024 on Linux and macOS).
const MAX_SLICES: usize = 1024;

/// A write of more bytes than this is a large one.
const LARGE: usize = 16 * 1024;

/// How a write went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The kernel took all of it.
    Now,
    /// The rest is queued; an [`Event::Write`] follows.
    Queued,
}

impl Stream {
    /// Whether a shutdown was called whose event was not delivered.
    pub fn is_shutdown_due(&self) -> bool {
        self.shutdown_due
    }

    /// Bytes given to [`Stream::write`]: queued, sent or refused.
    pub fn bytes_written(&self) -> u64 {
        self.given
    }

    /// Bytes queued.
    pub fn queued_bytes(&self) -> usize {
        self.queue.bytes()
    }

    /// Sends `slices` as one write; queues a copy of what the kernel does not take. More of them than one system
    /// call takes count as queued, as for libuv. An empty write goes
    /// to the kernel too: it tells of a connection that is lost. Several empty slices do not, since writev(2)
    /// comes back before it asks the socket.
    ///
    /// # Errors
    /// `EPIPE` after [`Stream::shutdown`], and those of sendmsg(2). Nothing is queued then.
    pub fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<Written> {
        match self.begin_write(slices)? {
            None if slices.len() > MAX_SLICES => self.tell_sent(),
            None => return Ok(Written::Now),
            Some(sent) => self.queue.push(slices, sent),
        }
        Ok(Written::Queued)
    }

    /// As [`Stream::write`], of memory that is nobody else's: what waits of it is not copied. It is made in the tick
    /// `tick`, see [`burst`](super::burst).
    ///
    /// # Errors
    /// As for [`Stream::write`].
    pub fn write_owned(&mut self, bytes: Vec<u8>, tick: u32) -> io::Result<Written> {
        let room = self.burst.room(Some(tick));
        let Some(sent) = self.begin_write_of(&[IoSlice::new(&bytes)], Some(room))? else {
            return Ok(Written::Now);
        };
        self.queue.push_owned(bytes, sent);
        Ok(Written::Queued)
    }

    /// As [`Stream::write`], of what the program gave in more pieces than one system call takes: an
    /// [`Event::Write`] follows also when the kernel took all of it.
    ///
    /// # Errors
    /// As for [`Stream::write`].
    pub fn write_told(&mut self, bytes: &[u8]) -> io::Result<Written> {
        if self.write(&[IoSlice::new(bytes)])? == Written::Now {
            self.tell_sent();
        }
        Ok(Written::Queued)
    }

    /// Adds the event of a write that the kernel took at once.
    fn tell_sent(&mut self) {
        self.requests += 1;
        self.push_write(OK);
    }

    /// Sends of a new write what the kernel takes: how many bytes, if the rest has to be queued.
    fn begin_write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<Option<usize>> {
        self.begin_write_of(slices, None)
    }

    /// As [`Stream::begin_write`], of at most `room` bytes, if it is part of a burst.
    fn begin_write_of(
        &mut self,
        slices: &[IoSlice<'_>],
        room: Option<usize>,
    ) -> io::Result<Option<usize>> {
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        self.given += total as u64;
        if self.refuses_writes {
            return Err(io::Error::from_raw_os_error(libc::EPIPE));
        }
        let mut sent = 0;
        if self.queue.is_empty() && !self.connecting {
            if total == 0 && slices.len() > 1 {
                return Ok(None);
            }
            let result = match (slices, room) {
                ([slice], Some(room)) => self.send_some(slice, room),
                _ => self.send_now(slices),
            };
            sent = match result {
                Ok(sent) => sent,
                Err(error) => return Err(self.write_error(error)),
            };
            if sent == total {
                return Ok(None);
            }
        }
        self.requests += 1;
        Ok(Some(sent))
    }

    /// Sends of `bytes` what the kernel takes now and returns how much that was. If it is not all of
    /// them, an [`Event::Write`] tells when it may take more; nothing is copied. `continues`: a part was
    /// sent before, and what a read has found meanwhile is told first. It is made in the tick `tick`, see
    /// [`burst`](super::burst).
    ///
    /// # Errors
    /// As for [`Stream::write`].
    pub fn feed(&mut self, bytes: &[u8], tick: u32, continues: bool) -> io::Result<usize> {
        let mut sent = 0;
        if self.refuses_writes {
            self.given += bytes.len() as u64;
            return Err(io::Error::from_raw_os_error(libc::EPIPE));
        }
        if self.queue.is_empty() && !self.connecting {
            let room = self.burst.room((!continues).then_some(tick));
            sent = match self.send_some(bytes, room) {
                Ok(sent) => sent,
                Err(error) if continues && self.read.has_error() => {
                    self.requests += 1;
                    self.push_write(status_of(&error));
                    return Ok(0);
                }
                Err(error) if continues && self.read.overhears(status_of(&error)) => 0,
                Err(error) => {
                    self.given += bytes.len() as u64;
                    return Err(self.write_error(error));
                }
            };
            self.given += sent as u64;
            if sent == bytes.len() {
                return Ok(sent);
            }
        }
        self.requests += 1;
        self.queue.push(&[], 0);
        Ok(sent)
    }

    /// Sends of `bytes`, which come behind what is queued, what the kernel takes, if something was held back: the socket
    /// is about to be closed. Returns how many bytes that was.
    pub fn send_held_back(&mut self, bytes: &[u8]) -> usize {
        self.flush_held_back();
        if !self.burst.holds_back() || self.connecting || self.queue.bytes() > 0 {
            return 0;
        }
        self.send_now(&[IoSlice::new(bytes)]).unwrap_or(0)
    }

    /// As [`Stream::send_held_back`], for what is queued.
    pub fn flush_held_back(&mut self) {
        if !self.burst.holds_back() || self.connecting {
            return;
        }
        let socket = &self.socket;
        // An error ends the sending, and nobody is left to be told: the socket is about to be closed.
        while self.queue.bytes() > 0 {
            let result = self.queue.send(usize::MAX, |slices| sys::send(socket, slices));
            if !result.is_ok_and(|(offered, sent, _)| sent == offered) {
                break;
            }
        }
    }

    /// Shuts the write side down once everything queued was sent; an [`Event::Shutdown`] follows.
    ///
    /// # Errors
    /// `ENOTCONN`: not connected yet, or shut down before.
    pub fn shutdown(&mut self) -> io::Result<()> {
        if self.connecting || self.write_side != WriteSide::Open {
            return Err(io::Error::from_raw_os_error(libc::ENOTCONN));
        }
        self.write_side = WriteSide::Closing;
        self.refuses_writes = true;
        self.shutdown_due = true;
        self.requests += 1;
        self.shut_if_sent(FIRST);
        Ok(())
    }

    /// Whether bytes, or the end of a connection attempt, wait for the descriptor.
    pub fn wants_write(&self) -> bool {
        self.connecting || !self.queue.is_empty()
    }

    /// Whether the kernel may take bytes.
    pub fn is_writable(&self) -> bool {
        self.writable
    }

    /// Adds the event of a write; its request was counted when it began.
    pub(super) fn push_write(&mut self, status: Status) {
        let order = self.next_order();
        self.events.push_back((order, Event::Write(status)));
    }

    /// As [`Stream::send_now`], of the first `room` bytes; what is left then waits for the descriptor.
    fn send_some(&mut self, bytes: &[u8], room: usize) -> io::Result<usize> {
        let offered = bytes.len().min(room);
        let sent =
            if offered == 0 { 0 } else { self.send_now(&[IoSlice::new(&bytes[..offered])])? };
        self.burst.note(sent);
        if sent == offered && sent < bytes.len() {
            self.hold_back();
        }
        Ok(sent)
    }

    /// The kernel may have room for what is left; it waits until the event loop has gone on.
    fn hold_back(&mut self) {
        self.burst.hold_back();
        self.writable = false;
    }

    /// Bytes that the kernel took at once; 0 if it takes none for now.
    ///
    /// # Errors
    /// Those of sendmsg(2), if nothing was sent; else the next call reports them.
    fn send_now(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if slices.is_empty() {
            return sys::send(&self.socket, &[IoSlice::new(&[])]);
        }
        if !self.unpaced && slices.iter().any(|slice| slice.len() > LARGE) {
            self.unpaced = true;
            pacing::stop(&self.socket);
        }
        let mut total = 0;
        for group in slices.chunks(MAX_SLICES) {
            let offered: usize = group.iter().map(|slice| slice.len()).sum();
            let sent = match sys::send(&self.socket, group) {
                Ok(sent) => sent,
                Err(error) if is_out_of_buffers(&error) => return Ok(total),
                Err(error) if total == 0 && !is_would_block(&error) => return Err(error),
                Err(_) => 0,
            };
            total += sent;
            if sent < offered {
                self.writable = false;
                break;
            }
        }
        Ok(total)
    }

    /// Sends what is queued; returns whether that got anywhere.
    pub(super) fn flush(&mut self) -> bool {
        let socket = &self.socket;
        let room = self.burst.room(None);
        match self.queue.send(room, |slices| sys::send(socket, slices)) {
            Ok((offered, sent, completed)) => {
                self.burst.note(sent);
                self.writable = sent == offered;
                if self.writable && sent >= room && !self.queue.is_empty() {
                    self.hold_back();
                }
                for _ in 0..completed {
                    self.push_write(OK);
                }
            }
            Err(error) if is_out_of_buffers(&error) => return false,
            Err(error) if is_would_block(&error) => self.writable = false,
            Err(error) if self.read.overhears(status_of(&error)) => return true,
            Err(error) => self.fail_writes(status_of(&error)),
        }
        let order = self.next_order();
        self.shut_if_sent(order);
        true
    }

    /// The first queued write ends with `status`, those behind it are cancelled.
    pub(super) fn fail_writes(&mut self, status: Status) {
        for index in 0..self.queue.clear() {
            self.push_write(if index == 0 { status } else { -libc::ECANCELED });
        }
        let order = self.next_order();
        self.shut_if_sent(order);
    }

    /// Adds the event of a shutdown if nothing is left to send; it gets the number `order`.
    pub(super) fn shut_if_sent(&mut self, order: u64) {
        if self.write_side == WriteSide::Closing && self.queue.is_empty() {
            self.write_side = WriteSide::Due;
            self.events.push_back((order, Event::Shutdown(OK)));
        }
    }

    /// A shutdown that was due waits for bytes to be sent first: libuv looks at the connect instead, and
    /// comes to the shutdown only after the next write that has to wait, or when the connection is over.
    pub(super) fn defer_shutdown(&mut self) {
        if self.write_side == WriteSide::Due {
            self.write_side = WriteSide::Closing;
            self.events.retain(|(_, event)| !matches!(event, Event::Shutdown(_)));
        }
    }

    /// An end was delivered: a shutdown that was deferred follows if both directions are over (`POLLHUP`).
    pub(super) fn resume_shutdown(&mut self) {
        if self.write_side == WriteSide::Closing && sys::is_hung_up(self.socket.as_raw_fd()) {
            let order = self.next_order();
            self.shut_if_sent(order);
        }
    }

    /// The error of a write that the kernel has refused. What a read has taken from the socket, and nobody
    /// was told of, it would have told here: it tells each error once, then `EPIPE`. (Unix-domain sockets
    /// answer `EPIPE` anyway.)
    fn write_error(&mut self, error: io::Error) -> io::Error {
        if error.raw_os_error() != Some(libc::EPIPE)
            || self.socket.local_addr().is_ok_and(|address| address.is_unix())
        {
            return error;
        }
        self.read.take_error().map_or(error, |status| io::Error::from_raw_os_error(-status))
    }

    /// Calls shutdown(2); its event.
    pub(super) fn shut(&mut self) -> Event {
        self.shutdown_due = false;
        self.write_side = WriteSide::Shut;
        Event::Shutdown(status(self.socket.shutdown(Shutdown::Write)))
    }
}
