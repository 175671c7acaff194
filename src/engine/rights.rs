//! Descriptors that go with bytes through a Unix-domain socket (`SCM_RIGHTS`, unix(7)).
//!
//! recvmsg(2) joins the bytes of a message with descriptors to those that were sent before it, and stops behind it. So
//! [`receive`] looks first where the message begins (`MSG_PEEK`), and takes what stands before it by a read of its own.

use std::os::fd::OwnedFd;

/// The most descriptors of one message (`SCM_MAX_FD`, unix(7)).
pub const MAX_DESCRIPTORS: usize = 253;

/// What one read has found. Nothing at all: the end of the stream.
#[derive(Debug, Default)]
pub struct Received {
    /// How many bytes.
    pub count: usize,
    /// The descriptors that came with them, close-on-exec.
    pub descriptors: Vec<OwnedFd>,
    /// The kernel has dropped descriptors, since the process can have no more.
    pub is_truncated: bool,
    /// Whether the read has stopped at the beginning or at the end of a message with descriptors: there may be more to
    /// read.
    pub is_cut: bool,
}

#[cfg(target_os = "linux")]
pub use linux::{receive, receive_message, send};

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{self, IoSlice};
    use std::mem::MaybeUninit;
    use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
    use std::ptr;

    use libc::{c_int, iovec, msghdr};
    use rustix::cmsg_space;
    use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
    use socket2::{MaybeUninitSlice, Socket};

    use super::{MAX_DESCRIPTORS, Received};
    use crate::engine::calls::{Call, count};
    use crate::engine::errors::retry;

    /// A process descriptor, which comes if somebody has asked for it on this socket (`SO_PASSPIDFD`).
    const SCM_PIDFD: c_int = 4;

    /// What goes beside the bytes, aligned as `cmsghdr` has to be. There is room for [`MAX_DESCRIPTORS`] descriptors and for what
    /// somebody else may have switched on for this socket: credentials, a label.
    type Control = [u64; 256];

    /// Most areas that a read fills, and one more.
    const AREAS: usize = 3;

    /// A call's memory: its areas, and how many of them are used.
    type Vectors = ([iovec; AREAS], usize);

    /// Sends `bytes` with `descriptors`, at least one of each, by one sendmsg(2), which raises no `SIGPIPE` and never
    /// waits. If it sends anything, it sends all descriptors with the first byte. A message may have no bytes.
    ///
    /// # Errors
    /// Those of sendmsg(2); `EINTR` is retried. `ETOOMANYREFS`: too many descriptors are under way (unix(7)).
    pub fn send(socket: &Socket, bytes: &[u8], descriptors: &[OwnedFd]) -> io::Result<usize> {
        let descriptors: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        retry(|| {
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            count(Call::Write);
            Ok(sendmsg(socket, &[IoSlice::new(bytes)], &mut control, flags)?)
        })
    }

    /// Reads into `areas`, at most two, one after the other, what stands before the next message with descriptors, or that
    /// message. It never waits.
    ///
    /// # Errors
    /// Those of recvmsg(2); `EINTR` is retried.
    pub fn receive(socket: &Socket, areas: &mut [MaybeUninitSlice<'_>]) -> io::Result<Received> {
        let total = areas.iter().map(|area| area.len()).sum();
        let (found, has_descriptors) = peek(socket, vectors(areas, total))?;
        if found == 0 {
            return Ok(Received::default());
        }
        if !has_descriptors {
            return take(socket, vectors(areas, found), false);
        }
        match start_of_last(socket, areas, found) {
            0 => take(socket, vectors(areas, total), true),
            before => take(socket, vectors(areas, before), true),
        }
    }

    /// Reads one message into `areas`, at most two, with its descriptors. What of it has no room there is lost. It never
    /// waits.
    ///
    /// # Errors
    /// Those of recvmsg(2); `EINTR` is retried.
    pub fn receive_message(
        socket: &Socket,
        areas: &mut [MaybeUninitSlice<'_>],
    ) -> io::Result<Received> {
        take(socket, vectors(areas, usize::MAX), true)
    }

    /// How many bytes a read would find, and whether descriptors are among or behind them. A read stops behind the first
    /// message with descriptors.
    fn peek(socket: &Socket, (mut areas, used): Vectors) -> io::Result<(usize, bool)> {
        let mut message = empty();
        message.msg_iov = areas.as_mut_ptr();
        message.msg_iovlen = used as _;
        let found = call(socket, &mut message, libc::MSG_PEEK)?;
        // There is no room for descriptors, and the kernel says so where it has some.
        Ok((found, message.msg_flags & libc::MSG_CTRUNC != 0))
    }

    /// Where in the first `found` bytes the last piece begins that was sent by one call; 0 as well if that is not to be
    /// found out. The kernel copies piece by piece, and drops the last one, since there is no memory for its last byte.
    fn start_of_last(socket: &Socket, areas: &mut [MaybeUninitSlice<'_>], found: usize) -> usize {
        let (mut vectors, used) = vectors(areas, found - 1);
        vectors[used] = iovec { iov_base: ptr::null_mut(), iov_len: 1 };
        peek(socket, (vectors, used + 1))
            .map_or(0, |(before, _)| if before < found { before } else { 0 })
    }

    /// Reads, and takes the descriptors.
    fn take(socket: &Socket, (mut areas, used): Vectors, is_cut: bool) -> io::Result<Received> {
        let mut control: MaybeUninit<Control> = MaybeUninit::uninit();
        let mut message = empty();
        message.msg_iov = areas.as_mut_ptr();
        message.msg_iovlen = used as _;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = size_of::<Control>() as _;
        let count = call(socket, &mut message, libc::MSG_CMSG_CLOEXEC)?;
        let is_truncated = message.msg_flags & libc::MSG_CTRUNC != 0;
        Ok(Received { count, descriptors: descriptors_of(&message), is_truncated, is_cut })
    }

    /// The descriptors that recvmsg(2) has made; those of processes are closed.
    fn descriptors_of(message: &msghdr) -> Vec<OwnedFd> {
        let mut found = Vec::new();
        // SAFETY: recvmsg(2) has filled `message`: the macros of cmsg(3) stay within the length that it has set there, and
        // what is there belongs to nobody else yet.
        unsafe {
            let mut next = libc::CMSG_FIRSTHDR(message);
            while let Some(header) = next.as_ref() {
                let is_rights = header.cmsg_type == libc::SCM_RIGHTS;
                if header.cmsg_level == libc::SOL_SOCKET
                    && (is_rights || header.cmsg_type == SCM_PIDFD)
                {
                    let length: usize = header.cmsg_len as _;
                    let size = length - libc::CMSG_LEN(0) as usize;
                    let numbers: *const c_int = libc::CMSG_DATA(header).cast();
                    for index in 0..size / size_of::<c_int>() {
                        let number = numbers.add(index).read_unaligned();
                        let own = (number >= 0).then(|| OwnedFd::from_raw_fd(number));
                        found.extend(own.filter(|_| is_rights));
                    }
                }
                next = libc::CMSG_NXTHDR(message, header);
            }
        }
        found
    }

    /// The first `limit` bytes of `areas`.
    fn vectors(areas: &mut [MaybeUninitSlice<'_>], limit: usize) -> Vectors {
        const NONE: iovec = iovec { iov_base: ptr::null_mut(), iov_len: 0 };
        let mut vectors = [NONE; AREAS];
        let used = areas.len().min(AREAS - 1);
        let mut left = limit;
        for (vector, area) in vectors.iter_mut().zip(&mut areas[..used]) {
            let length = area.len().min(left);
            left -= length;
            *vector = iovec { iov_base: area.as_mut_ptr().cast(), iov_len: length };
        }
        (vectors, used)
    }

    fn empty() -> msghdr {
        // SAFETY: a zeroed msghdr is a valid value of that plain C struct.
        unsafe { std::mem::zeroed() }
    }

    /// One recvmsg(2). That of rustix reads into initialised memory only, and does not find [`SCM_PIDFD`].
    fn call(socket: &Socket, message: &mut msghdr, flags: c_int) -> io::Result<usize> {
        retry(|| {
            count(Call::Read);
            // SAFETY: the areas of `message` are borrowed by the callers for as long as this takes, or null, which the kernel
            // refuses to write to; the control memory is a local of theirs.
            let received = unsafe {
                libc::recvmsg(socket.as_raw_fd(), &raw mut *message, flags | libc::MSG_DONTWAIT)
            };
            usize::try_from(received).map_err(|_| io::Error::last_os_error())
        })
    }
}

/// As on Linux. Nothing asks for descriptors elsewhere, see
/// [`Endpoint::set_option`](crate::engine::endpoint::Endpoint::set_option).
///
/// # Errors
/// `ENOPROTOOPT`.
#[cfg(not(target_os = "linux"))]
pub fn receive(
    _socket: &socket2::Socket,
    _areas: &mut [socket2::MaybeUninitSlice<'_>],
) -> std::io::Result<Received> {
    Err(std::io::Error::from_raw_os_error(libc::ENOPROTOOPT))
}

/// As [`receive`].
///
/// # Errors
/// `ENOPROTOOPT`.
#[cfg(not(target_os = "linux"))]
pub fn receive_message(
    socket: &socket2::Socket,
    areas: &mut [socket2::MaybeUninitSlice<'_>],
) -> std::io::Result<Received> {
    receive(socket, areas)
}

/// As on Linux, but there are no descriptors to be sent.
///
/// # Errors
/// `ENOPROTOOPT`.
#[cfg(not(target_os = "linux"))]
pub fn send(
    _socket: &socket2::Socket,
    _bytes: &[u8],
    _descriptors: &[OwnedFd],
) -> std::io::Result<usize> {
    Err(std::io::Error::from_raw_os_error(libc::ENOPROTOOPT))
}
