//! Descriptors that others made: what they are, and copies of them.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};

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
    // SAFETY: a zeroed stat is a valid value of that plain C struct.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: fstat(2) takes any number as descriptor, and `stat` is memory of the right type.
    if fd < 0 || unsafe { libc::fstat(fd, &mut stat) } != 0 {
        return DescriptorKind::Unknown;
    }
    match stat.st_mode & libc::S_IFMT {
        libc::S_IFREG | libc::S_IFDIR | libc::S_IFBLK => DescriptorKind::File,
        // SAFETY: isatty(3) takes any number as descriptor.
        libc::S_IFCHR if unsafe { libc::isatty(fd) } == 1 => DescriptorKind::Tty,
        libc::S_IFCHR => DescriptorKind::File,
        libc::S_IFIFO => DescriptorKind::Pipe,
        libc::S_IFSOCK => socket_kind(fd).unwrap_or(DescriptorKind::Unknown),
        _ => DescriptorKind::Unknown,
    }
}

fn socket_kind(fd: RawFd) -> io::Result<DescriptorKind> {
    // SAFETY: fstat(2) has just shown that `fd` is open; it is borrowed for the calls below only,
    // during which the caller's thread closes nothing.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    let socket = SockRef::from(&borrowed);
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
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: fcntl(2) takes any number as descriptor and answers EBADF for a closed one; `fd` is
    // borrowed for that one call.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    borrowed.try_clone_to_owned()
}

/// Whether calls on `fd` wait (no `O_NONBLOCK`, fcntl(2)).
pub fn blocks(fd: &OwnedFd) -> bool {
    // SAFETY: the descriptor is open; F_GETFL has no argument.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    flags & libc::O_NONBLOCK == 0
}
