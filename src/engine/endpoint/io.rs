//! What goes through a connection: reading, writing and the end of writing.

use std::io::{self, IoSlice};
use std::os::fd::{OwnedFd, RawFd};

use super::{Endpoint, Role};
use crate::engine::errors::{OK, Status, status, status_of};
use crate::engine::stream::{Stream, Written};

impl Endpoint {
    /// Delivers what arrives from now on. `ENOTCONN`: this is no connection.
    pub fn read_start(&mut self) -> Status {
        match &mut self.role {
            Role::Stream(stream) => {
                stream.reading_mut().set_on(true);
                OK
            }
            Role::Closed => -libc::EINVAL,
            _ => -libc::ENOTCONN,
        }
    }

    /// Holds back what arrives from now on.
    pub fn read_stop(&mut self) -> Status {
        if let Role::Stream(stream) = &mut self.role {
            stream.reading_mut().set_on(false);
        }
        OK
    }

    /// See [`ReadSide::take_undelivered`](crate::engine::read::ReadSide::take_undelivered).
    pub fn take_undelivered(&mut self) -> Vec<u8> {
        match &mut self.role {
            Role::Stream(stream) => stream.reading_mut().take_undelivered(),
            _ => Vec::new(),
        }
    }

    /// See [`ReadSide::take_passed`](crate::engine::read::ReadSide::take_passed).
    pub fn take_passed(&mut self) -> Option<(Vec<OwnedFd>, Vec<u8>)> {
        match &mut self.role {
            Role::Stream(stream) => stream.reading_mut().take_passed(),
            _ => None,
        }
    }

    /// See [`ReadSide::decline_passed`](crate::engine::read::ReadSide::decline_passed).
    pub fn decline_passed(&mut self) -> Status {
        if let Role::Stream(stream) = &mut self.role {
            stream.reading_mut().decline_passed();
        }
        OK
    }

    /// Caps one [`Event::Read`](crate::engine::event::Event::Read) at `bytes`; 0 takes the cap away.
    pub fn set_read_cap(&mut self, bytes: usize) {
        if let Role::Stream(stream) = &mut self.role {
            stream.reading_mut().set_cap(bytes);
        }
    }

    /// Lets one event have up to `bytes` where [`Endpoint::set_read_cap`] has no cap.
    pub fn set_read_most(&mut self, bytes: usize) {
        if let Role::Stream(stream) = &mut self.role {
            stream.reading_mut().set_most(bytes);
        }
    }

    /// Writes: 0 (sent), the id of a queued write, whose `Event::Write` follows, or an error. `EBADF`: this is
    /// no connection.
    pub fn write(&mut self, slices: &[IoSlice<'_>]) -> Status {
        self.write_by(|stream| stream.write(slices))
    }

    /// As [`Endpoint::write`], of memory that the endpoint takes over.
    pub fn write_owned(&mut self, bytes: Vec<u8>) -> Status {
        self.write_by(|stream| stream.write_owned(bytes))
    }

    /// See [`Stream::write_with_completion`]: an id or an error.
    pub fn write_with_completion(&mut self, slices: &[IoSlice<'_>]) -> Status {
        self.write_by(|stream| stream.write_with_completion(slices))
    }

    /// See [`Stream::write_rest`]: an id or an error.
    pub fn write_rest(&mut self, slices: &[IoSlice<'_>]) -> Status {
        self.write_by(|stream| stream.write_rest(slices))
    }

    /// See [`Stream::write_behind`].
    pub fn write_behind(&mut self, bytes: &[u8], sent: usize, error: Status) -> Status {
        self.write_by(|stream| stream.write_behind(bytes, sent, error))
    }

    /// See [`Stream::write_descriptors`].
    pub fn write_descriptors(&mut self, bytes: &[u8], descriptors: Vec<OwnedFd>) -> Status {
        self.write_by(|stream| stream.write_descriptors(bytes, descriptors))
    }

    fn write_by(&mut self, write: impl FnOnce(&mut Stream) -> io::Result<Written>) -> Status {
        let Role::Stream(stream) = &mut self.role else { return -libc::EBADF };
        match write(stream) {
            Ok(Written::Now) => OK,
            Ok(Written::Queued(id)) => id.get() as Status,
            Err(error) => status_of(&error),
        }
    }

    /// See [`Stream::write_large`]: how many bytes were sent, or an error. `EBADF`: this is no connection.
    pub fn write_large(&mut self, slices: &[IoSlice<'_>], continues: bool) -> Status {
        let Role::Stream(stream) = &mut self.role else { return -libc::EBADF };
        // The kernel takes fewer than 2^31 bytes by one call (send(2)), and its buffers have room for fewer.
        stream
            .write_large(slices, continues)
            .map_or_else(|error| status_of(&error), |sent| sent as Status)
    }

    /// The descriptor, if writes to it may be coalesced now: nothing waits to be sent, the kernel takes a buffer,
    /// and no other process or descriptor has the socket. Otherwise the kernel's answer to each write matters.
    pub fn coalescible(&self) -> Option<RawFd> {
        let stream = self.stream()?;
        (self.is_private() && stream.takes_buffer()).then(|| self.fd())
    }

    /// See [`Stream::shutdown`].
    pub fn shutdown(&mut self) -> Status {
        match &mut self.role {
            Role::Stream(stream) => status(stream.shutdown()),
            _ => -libc::ENOTCONN,
        }
    }

    /// Bytes queued.
    pub fn queued_bytes(&self) -> usize {
        self.stream().map_or(0, Stream::queued_bytes)
    }
}
