//! Descriptors that others made: what they are, and copies of them.

use std::io::{self, IsTerminal};
use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd, RawFd};

use rustix::fs::{FileType, fstat};
use socket2::{Domain, SockRef, Type};

/// What a descriptor stands for, by the names of Node's `ERR_INVALID_FD_TYPE`. The numbers cross to
/// JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum DescriptorKind {
    /// Closed, or nothing that the others name.
    Unknown = 0,
    /// A stream socket over IPv4 or IPv6.
    Tcp = 1,
    /// A Unix-domain stream socket, or a pipe(7).
    Pipe = 2,
    /// A datagram socket over IPv4 or IPv6.
    Udp = 3,
    /// A file, a folder, or a character device that is no terminal.
    File = 4,
    /// A terminal (isatty(3)).
    Tty = 5,
    /// A Unix-domain socket of messages (`SOCK_SEQPACKET`).
    Seqpacket = 6,
}

/// Finds out what `fd` is (fstat(2), getsockname(2), `SO_TYPE` of socket(7)).
pub fn kind(fd: RawFd) -> DescriptorKind {
    with(fd, kind_of).unwrap_or(DescriptorKind::Unknown)
}

fn kind_of(fd: BorrowedFd<'_>) -> io::Result<DescriptorKind> {
    Ok(match FileType::from_raw_mode(fstat(fd)?.st_mode) {
        FileType::RegularFile | FileType::Directory | FileType::BlockDevice => DescriptorKind::File,
        FileType::CharacterDevice if fd.is_terminal() => DescriptorKind::Tty,
        FileType::CharacterDevice => DescriptorKind::File,
        FileType::Fifo => DescriptorKind::Pipe,
        FileType::Socket => socket_kind(fd)?,
        _ => DescriptorKind::Unknown,
    })
}

fn socket_kind(fd: BorrowedFd<'_>) -> io::Result<DescriptorKind> {
    let socket = SockRef::from(&fd);
    let domain = socket.local_addr()?.domain();
    Ok(match (domain, socket.r#type()?) {
        (Domain::UNIX, Type::STREAM) => DescriptorKind::Pipe,
        (Domain::UNIX, Type::SEQPACKET) => DescriptorKind::Seqpacket,
        (Domain::IPV4 | Domain::IPV6, Type::STREAM) => DescriptorKind::Tcp,
        (Domain::IPV4 | Domain::IPV6, Type::DGRAM) => DescriptorKind::Udp,
        _ => DescriptorKind::Unknown,
    })
}

/// A second descriptor for the same open socket, close-on-exec (`F_DUPFD_CLOEXEC` of fcntl(2)).
/// The caller owns it.
///
/// # Errors
/// `EBADF` when `fd` is not open, `EMFILE` when no descriptor is left.
pub fn duplicate(fd: RawFd) -> io::Result<RawFd> {
    Ok(copy(fd)?.into_raw_fd())
}

/// As [`duplicate`], for any open file. The copy closes itself.
///
/// # Errors
/// As for [`duplicate`].
pub fn copy(fd: RawFd) -> io::Result<OwnedFd> {
    with(fd, |fd| fd.try_clone_to_owned())
}

/// Borrows `fd` for the system calls of `make`, which answer `EBADF` if it is not open.
fn with<T>(fd: RawFd, make: impl FnOnce(BorrowedFd<'_>) -> io::Result<T>) -> io::Result<T> {
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: the callers above make system calls only, which take any number as descriptor; their thread closes
    // nothing meanwhile.
    make(unsafe { BorrowedFd::borrow_raw(fd) })
}
