//! The write side of a connection: what goes to the kernel at once, what waits, and the shutdown
//! behind it.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::num::NonZeroU32;
use std::os::fd::OwnedFd;

use socket2::Socket;

use super::{FIRST, Stream, WriteSide};
use crate::engine::errors::{OK, Status, is_out_of_buffers, is_would_block, status, status_of};
use crate::engine::event::Event;
use crate::engine::{rights, sys};

/// The highest id of a write; the next one has 1 again.
const MAX_ID: u32 = i32::MAX as u32;

/// Most slices of one sendmsg(2) (`IOV_MAX`, 1024 on Linux and macOS).
pub const MAX_SLICES: usize = 1024;

/// How a write went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The kernel took all of it.
    Now,
    /// The rest is queued; the [`Event::Write`] with this id follows.
    Queued(NonZeroU32),
}

/// Sends `slices`, or the only one of them with `descriptors`, by one system call.
fn send_with(
    socket: &Socket,
    slices: &[IoSlice<'_>],
    descriptors: &[OwnedFd],
) -> io::Result<usize> {
    match slices {
        [slice] if !descriptors.is_empty() => rights::send(socket, slice, descriptors),
        _ => sys::send(socket, slices),
    }
}

impl Stream {
    /// Whether a shutdown was called whose event was not delivered.
    pub fn is_shutdown_due(&self) -> bool {
        self.shutdown_due
    }

    /// Bytes queued.
    pub fn queued_bytes(&self) -> usize {
        self.queue.bytes()
    }

    /// Whether a write goes to the kernel at once.
    pub fn sends_at_once(&self) -> bool {
        self.queue.is_empty() && !self.connecting && !self.refuses_writes
    }

    /// Whether the kernel takes a buffer of small writes as a whole now, see [`Room::takes_buffer`].
    ///
    /// [`Room::takes_buffer`]: crate::engine::room::Room::takes_buffer
    pub fn takes_buffer(&self) -> bool {
        self.sends_at_once() && self.room.takes_buffer(&self.socket)
    }

    /// Sends `slices` as one write; queues a copy of what the kernel does not take. More of them than one system
    /// call takes count as queued, as for libuv. An empty write goes to the kernel too, which reports a lost
    /// connection. Several empty slices do not: writev(2) returns before it asks the socket. Where messages are sent,
    /// this is one, which the kernel takes or refuses as a whole.
    ///
    /// # Errors
    /// `EPIPE` after [`Stream::shutdown`], and those of sendmsg(2). Nothing is queued then.
    pub fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<Written> {
        if self.has_messages() {
            return match slices {
                [message] => self.write_descriptors(message, Vec::new()),
                parts => {
                    let message = parts.iter().map(|part| &**part).collect::<Vec<_>>().concat();
                    self.write_descriptors(&message, Vec::new())
                }
            };
        }
        match self.begin_write(slices)? {
            None if slices.len() > MAX_SLICES => Ok(self.complete_later()),
            None => Ok(Written::Now),
            Some(sent) => {
                let id = self.begin_request();
                self.queue.push(id, slices, sent);
                Ok(Written::Queued(id))
            }
        }
    }

    /// As [`Stream::write`], of memory that the stream takes over: what waits of it is not copied.
    ///
    /// # Errors
    /// As for [`Stream::write`].
    pub fn write_owned(&mut self, bytes: Vec<u8>) -> io::Result<Written> {
        let Some(sent) = self.begin_write(&[IoSlice::new(&bytes)])? else {
            return Ok(Written::Now);
        };
        let id = self.begin_request();
        self.queue.push_owned(id, bytes, sent);
        Ok(Written::Queued(id))
    }

    /// As [`Stream::write`], of bytes with which `descriptors` go (unix(7)), at least one of each, or of a message.
    ///
    /// # Errors
    /// As for [`Stream::write`]. `ETOOMANYREFS`: too many descriptors are under way.
    pub fn write_descriptors(
        &mut self,
        bytes: &[u8],
        descriptors: Vec<OwnedFd>,
    ) -> io::Result<Written> {
        if self.refuses_writes {
            return Err(io::Error::from_raw_os_error(libc::EPIPE));
        }
        let mut sent = None;
        if self.queue.is_empty() && !self.connecting {
            sent = match send_with(&self.socket, &[IoSlice::new(bytes)], &descriptors) {
                Ok(sent) => Some(sent),
                Err(error) if is_out_of_buffers(&error) => None,
                Err(error) if is_would_block(&error) => {
                    self.writable = false;
                    None
                }
                Err(error) => return Err(self.write_error(error)),
            };
        }
        if sent == Some(bytes.len()) {
            return Ok(Written::Now);
        }
        let id = self.begin_request();
        if let Some(sent) = sent {
            self.writable = false;
            self.queue.push(id, &[IoSlice::new(bytes)], sent);
        } else {
            self.queue.push_descriptors(id, bytes.to_vec(), descriptors);
        }
        Ok(Written::Queued(id))
    }

    /// Whether each write is a message of its own.
    fn has_messages(&self) -> bool {
        self.read.config().messages
    }

    /// As [`Stream::write`], but an [`Event::Write`] follows also when the kernel took all of it.
    ///
    /// # Errors
    /// As for [`Stream::write`].
    pub fn write_with_completion(&mut self, slices: &[IoSlice<'_>]) -> io::Result<Written> {
        match self.write(slices)? {
            Written::Now => Ok(self.complete_later()),
            queued => Ok(queued),
        }
    }

    /// As [`Stream::write_with_completion`], of what is left of a large write: see [`Stream::write_large`], which
    /// does not go on with it.
    ///
    /// # Errors
    /// As for [`Stream::write`].
    pub fn write_rest(&mut self, slices: &[IoSlice<'_>]) -> io::Result<Written> {
        if self.queue.remove_large() {
            self.requests -= 1;
        }
        self.write_with_completion(slices)
    }

    /// As [`Stream::write`], of bytes of which another thread has sent the first `sent`, and then got `error`.
    ///
    /// # Errors
    /// `error`, and as for [`Stream::write`].
    pub fn write_behind(
        &mut self,
        bytes: &[u8],
        sent: usize,
        error: Status,
    ) -> io::Result<Written> {
        if error != OK {
            return Err(self.write_error(io::Error::from_raw_os_error(-error)));
        }
        match &bytes[sent..] {
            [] => Ok(Written::Now),
            rest => self.write(&[IoSlice::new(rest)]),
        }
    }

    /// Sends of `slices` what the kernel takes now and returns how many bytes that was. If it is not all of
    /// them, an [`Event::Writable`] follows when it may take more; nothing is copied. `continues`: it has
    /// waited for that event, and a read may come before an error.
    ///
    /// # Errors
    /// As for [`Stream::write`].
    pub fn write_large(&mut self, slices: &[IoSlice<'_>], continues: bool) -> io::Result<usize> {
        let mut sent = 0;
        if self.refuses_writes {
            return Err(io::Error::from_raw_os_error(libc::EPIPE));
        }
        if self.queue.is_empty() && !self.connecting {
            sent = match self.send_now(slices) {
                Ok(sent) => sent,
                Err(error) if continues => {
                    self.lose_large(error)?;
                    return Ok(0);
                }
                Err(error) => return Err(self.write_error(error)),
            };
            if sent == slices.iter().map(|slice| slice.len()).sum() {
                return Ok(sent);
            }
        }
        self.requests += 1;
        self.queue.push_large();
        Ok(sent)
    }

    /// Sends of a new write what the kernel takes: how many bytes, if the rest has to be queued.
    fn begin_write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<Option<usize>> {
        if self.refuses_writes {
            return Err(io::Error::from_raw_os_error(libc::EPIPE));
        }
        if !self.queue.is_empty() || self.connecting {
            return Ok(Some(0));
        }
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        if total == 0 && slices.len() > 1 {
            return Ok(None);
        }
        match self.send_now(slices) {
            Ok(sent) => Ok((sent < total).then_some(sent)),
            Err(error) => Err(self.write_error(error)),
        }
    }

    /// The id of a write that has to wait.
    fn begin_request(&mut self) -> NonZeroU32 {
        self.requests += 1;
        // JavaScript gets it as a positive status.
        self.last_id = self.last_id % MAX_ID + 1;
        NonZeroU32::new(self.last_id).unwrap_or(NonZeroU32::MIN)
    }

    /// Adds the event of a write that the kernel took at once.
    fn complete_later(&mut self) -> Written {
        let id = self.begin_request();
        self.push_write(Some(id), OK);
        Written::Queued(id)
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

    /// Adds the event of the write `id`, or of a large one; its request was counted when it began.
    pub(super) fn push_write(&mut self, id: Option<NonZeroU32>, status: Status) {
        let order = self.next_order();
        let event = id.map_or(Event::Writable(status), |id| Event::Write(id, status));
        self.events.push_back((order, event));
    }

    /// Bytes that the kernel took at once; 0 if it takes none for now.
    ///
    /// # Errors
    /// Those of sendmsg(2), if nothing was sent; else the next call reports them.
    fn send_now(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if slices.is_empty() {
            return sys::send(&self.socket, &[IoSlice::new(&[])]);
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
        let mut completed = Vec::new();
        let send = |slices: &[IoSlice<'_>], descriptors: &[OwnedFd]| {
            send_with(socket, slices, descriptors)
        };
        let result = if self.has_messages() {
            self.queue.send_message(send, |id| completed.push(id))
        } else {
            self.queue.send(send, |id| completed.push(id))
        };
        match result {
            Ok((offered, sent)) => {
                self.writable = sent == offered;
                for id in completed {
                    self.push_write(id, OK);
                }
            }
            Err(error) if is_out_of_buffers(&error) => return false,
            Err(error) if is_would_block(&error) => self.writable = false,
            Err(error) if self.read_first(status_of(&error)) => return true,
            Err(error) => self.fail_writes(status_of(&error)),
        }
        let order = self.next_order();
        self.shut_if_sent(order);
        true
    }

    /// Adds the event of a shutdown if nothing is left to send; it gets the number `order`.
    pub(super) fn shut_if_sent(&mut self, order: u64) {
        if self.write_side == WriteSide::Closing && self.queue.is_empty() {
            self.write_side = WriteSide::Due;
            self.events.push_back((order, Event::Shutdown(OK)));
        }
    }

    /// A shutdown that was due waits for bytes to be sent first: libuv looks at the connect instead. It shuts down
    /// only after the next write that has to wait, or when the connection is over.
    pub(super) fn defer_shutdown(&mut self) {
        if self.write_side == WriteSide::Due {
            self.write_side = WriteSide::Closing;
            self.events.retain(|(_, event)| !matches!(event, Event::Shutdown(_)));
        }
    }

    /// An end was delivered: a shutdown that was deferred follows if both directions are over (`POLLHUP`).
    pub(super) fn resume_shutdown(&mut self) {
        if self.write_side == WriteSide::Closing && sys::is_hung_up(&self.socket) {
            let order = self.next_order();
            self.shut_if_sent(order);
        }
    }

    /// Calls shutdown(2); its event.
    pub(super) fn shut(&mut self) -> Event {
        self.shutdown_due = false;
        self.write_side = WriteSide::Shut;
        Event::Shutdown(status(self.socket.shutdown(Shutdown::Write)))
    }
}
