//! What differs between the platforms, and the few system calls that socket2 does not wrap.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::path::Path;

#[cfg(target_os = "linux")]
use rustix::net::{self, RecvFlags, SocketFlags};
#[cfg(target_os = "linux")]
use socket2::Protocol;
use socket2::{Domain, MaybeUninitSlice, Socket, Type};

use super::calls::{Call, count};
use super::errors::{is_would_block, retry};

/// A non-blocking, close-on-exec stream socket (socket(2)).
///
/// # Errors
/// Those of socket(2): `EMFILE`, `ENFILE`, `EAFNOSUPPORT`, ...
pub fn new_socket(domain: Domain) -> io::Result<Socket> {
    new_socket_of(domain, Type::STREAM)
}

/// As [`new_socket`], of another type.
///
/// # Errors
/// Those of socket(2).
pub fn new_socket_of(domain: Domain, r#type: Type) -> io::Result<Socket> {
    #[cfg(target_os = "linux")]
    {
        Socket::new_raw(domain, r#type.nonblocking().cloexec(), None)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let socket = Socket::new(domain, r#type, None)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

/// As [`new_socket`], of Multipath TCP (`IPPROTO_MPTCP`, RFC 8684).
///
/// # Errors
/// Those of socket(2); `EPROTONOSUPPORT` or `ENOPROTOOPT`: the kernel does not have it, or has it switched off.
#[cfg(target_os = "linux")]
pub fn new_multipath_socket(domain: Domain) -> io::Result<Socket> {
    Socket::new_raw(domain, Type::STREAM.nonblocking().cloexec(), Some(Protocol::MPTCP))
}

/// Takes the next connection of a listening socket (accept(2)), non-blocking and close-on-exec.
///
/// # Errors
/// Those of accept(2); `EINTR` is retried.
pub fn accept(listener: &Socket) -> io::Result<Socket> {
    #[cfg(target_os = "linux")]
    {
        retry(|| {
            count(Call::Accept);
            Ok(net::accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)?.into())
        })
    }
    #[cfg(not(target_os = "linux"))]
    {
        let (socket, _) = retry(|| {
            count(Call::Accept);
            listener.accept()
        })?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

/// Reads into `areas`, one after the other (recv(2), recvmsg(2)); returns how many bytes were filled,
/// 0 at the end. It never waits: the descriptor may block, since a child process has a copy as its stdio.
///
/// # Errors
/// Those of recvmsg(2); `EINTR` is retried.
pub fn receive(socket: &Socket, areas: &mut [MaybeUninitSlice<'_>]) -> io::Result<usize> {
    const FLAGS: i32 = libc::MSG_DONTWAIT;
    if let [area] = areas {
        return retry(|| {
            count(Call::Read);
            socket.recv_with_flags(area, FLAGS)
        });
    }
    retry(|| {
        count(Call::Read);
        Ok(socket.recv_vectored_with_flags(areas, FLAGS)?.0)
    })
}

/// As [`receive`], into initialised memory.
///
/// # Errors
/// Those of recv(2); `EINTR` is retried.
#[cfg(target_os = "linux")]
pub fn receive_bytes(socket: &Socket, bytes: &mut [u8]) -> io::Result<usize> {
    retry(|| {
        count(Call::Read);
        Ok(net::recv(socket, &mut *bytes, RecvFlags::DONTWAIT)?.0)
    })
}

/// Sends `slices` in one call (sendmsg(2)) that raises no `SIGPIPE`, and never waits, see [`receive`].
///
/// # Errors
/// Those of sendmsg(2); `EINTR` is retried.
pub fn send(socket: &Socket, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    #[cfg(target_os = "linux")]
    const FLAGS: i32 = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
    // There `SO_NOSIGPIPE` stands on the socket: socket2 sets it on each one it makes or accepts.
    #[cfg(not(target_os = "linux"))]
    const FLAGS: i32 = libc::MSG_DONTWAIT;
    if let [slice] = slices {
        return retry(|| {
            count(Call::Write);
            socket.send_with_flags(slice, FLAGS)
        });
    }
    retry(|| {
        count(Call::Write);
        socket.send_vectored_with_flags(slices, FLAGS)
    })
}

/// Sends `bytes` to the descriptor `fd` as far as the kernel has room (send(2)), without a `SIGPIPE`.
/// Async-signal-safe, and so not counted.
///
/// # Errors
/// The errno of send(2).
pub fn send_raw(fd: RawFd, bytes: &[u8]) -> Result<usize, i32> {
    #[cfg(target_os = "linux")]
    const FLAGS: i32 = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
    // There `SO_NOSIGPIPE` stands on the socket, see [`send`].
    #[cfg(not(target_os = "linux"))]
    const FLAGS: i32 = libc::MSG_DONTWAIT;
    // SAFETY: the memory is borrowed for the call; any number is allowed as descriptor.
    let sent = unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), FLAGS) };
    usize::try_from(sent)
        .map_err(|_| io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
}

/// Takes over the descriptor `fd` as a socket of a type, and makes it non-blocking and close-on-exec.
///
/// # Errors
/// `EBADF`: not open. `ENOTSOCK`: not a socket. `EINVAL`: one of another type. The descriptor is
/// not closed then.
pub fn adopt(fd: RawFd, r#type: Type) -> io::Result<Socket> {
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: the caller of `open` hands the descriptor over; until it has passed the checks, below,
    // it is given back by `into_raw`, so that it stays open.
    let socket = unsafe { Socket::from_raw_fd(fd) };
    let checked = socket.r#type().and_then(|kind| {
        if kind != r#type {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        #[cfg(not(target_os = "linux"))]
        socket.set_nosigpipe(true)?;
        socket.set_cloexec(true)?;
        socket.set_nonblocking(true)
    });
    match checked {
        Ok(()) => Ok(socket),
        Err(error) => {
            let _ = socket.into_raw_fd();
            Err(error)
        }
    }
}

/// Whether this is a descriptor of the standard streams.
pub fn is_standard(socket: &Socket) -> bool {
    socket.as_raw_fd() <= libc::STDERR_FILENO
}

/// Closes a socket. A descriptor of the standard streams stays open, as `uv_close` leaves it: the next file or socket
/// would take its place, and get what is written to stdout, or what children have as stdin.
pub fn close(socket: Socket) {
    if is_standard(&socket) {
        let _ = socket.into_raw_fd();
    }
}

/// A second descriptor of the same socket, close-on-exec (`F_DUPFD_CLOEXEC`, fcntl(2)).
///
/// # Errors
/// `EMFILE`: too many descriptors.
pub fn duplicate(socket: &Socket) -> io::Result<OwnedFd> {
    Ok(socket.try_clone()?.into())
}

/// What of `events`, of the end and of an error a descriptor has within `milliseconds` (poll(2)); `None`: the call has
/// failed. That of rustix is ppoll(2) on Linux, which takes longer.
pub fn poll(descriptor: &impl AsFd, events: i16, milliseconds: i32) -> Option<i16> {
    let fd = descriptor.as_fd().as_raw_fd();
    let mut poll = libc::pollfd { fd, events, revents: 0 };
    // SAFETY: one valid pollfd, whose descriptor is open while it is borrowed.
    let ready = unsafe { libc::poll(&raw mut poll, 1, milliseconds) };
    (ready >= 0).then_some(poll.revents)
}

/// Whether a connection is over in both directions (`POLLHUP`); false where the event loop of the platform does not
/// report it.
pub fn is_hung_up(socket: &Socket) -> bool {
    cfg!(target_os = "linux") && poll(socket, 0, 0).is_some_and(|ready| ready & libc::POLLHUP != 0)
}

/// Whether a connection takes more bytes (`POLLOUT`): `Some(false)` once either side has ended or reset it
/// (`POLLRDHUP`, `POLLHUP`, `POLLERR`), `None` while its send buffer is full, or too full for `POLLOUT`.
pub fn poll_writable(socket: &Socket) -> Option<bool> {
    #[cfg(target_os = "linux")]
    const ENDED: i16 = libc::POLLRDHUP;
    // There POLLHUP reports the end of either direction.
    #[cfg(not(target_os = "linux"))]
    const ENDED: i16 = libc::POLLHUP;
    match poll(socket, libc::POLLOUT | ENDED, 0) {
        Some(0) => None,
        ready => Some(ready == Some(libc::POLLOUT)),
    }
}

/// Fills `value` with that of an option (getsockopt(2)); returns how long it is.
///
/// # Errors
/// Those of getsockopt(2).
pub fn get_option(socket: &Socket, level: i32, name: i32, value: &mut [u8]) -> io::Result<usize> {
    let mut length = value.len() as libc::socklen_t;
    let into = value.as_mut_ptr().cast();
    // SAFETY: `value` has the `length` bytes that the kernel may write, and both live as long as the call.
    let result =
        unsafe { libc::getsockopt(socket.as_raw_fd(), level, name, into, &raw mut length) };
    if result == 0 { Ok(length as usize) } else { Err(io::Error::last_os_error()) }
}

/// The first `N` numbers of an option's value; `None` where there is no such option, or it is shorter.
#[cfg(target_os = "linux")]
pub fn get_u32s<const N: usize>(socket: &Socket, level: i32, name: i32) -> Option<[u32; N]> {
    let mut values = [[0; 4]; N];
    let length = get_option(socket, level, name, values.as_flattened_mut()).ok()?;
    (length == size_of_val(&values)).then(|| values.map(u32::from_ne_bytes))
}

/// Whether something is to be read or accepted (`POLLIN`).
pub fn is_readable(socket: &Socket) -> bool {
    poll(socket, libc::POLLIN, 0).is_some_and(|ready| ready != 0)
}

/// Whether a connection is over in both directions, and nothing of it is left to read (`FIONREAD`,
/// ioctl_list(2)); false where the event loop of the platform does not report it.
pub fn is_drained(socket: &Socket) -> bool {
    is_hung_up(socket) && unread_bytes(socket) == Some(0)
}

/// How many bytes are to be read (`FIONREAD`, ioctl_list(2)).
pub fn unread_bytes(socket: &Socket) -> Option<u64> {
    rustix::io::ioctl_fionread(socket).ok()
}

/// The state of a TCP connection: `tcpi_state`, the first byte of `TCP_INFO` (linux/tcp.h).
#[cfg(target_os = "linux")]
pub fn tcp_state(socket: &Socket) -> Option<u8> {
    get_u32s::<1>(socket, libc::IPPROTO_TCP, libc::TCP_INFO).map(|[start]| start.to_ne_bytes()[0])
}

/// Whether a read would find something: bytes, an end or an error, which this look then takes (`MSG_PEEK`, recv(2)).
pub fn has_unread(socket: &Socket) -> bool {
    let mut byte = [MaybeUninit::uninit()];
    count(Call::Read);
    !socket.peek(&mut byte).is_err_and(|error| is_would_block(&error))
}

/// Whether the platform has abstract Unix names, which begin with a NUL (unix(7)).
pub const HAS_ABSTRACT_NAMES: bool = cfg!(target_os = "linux");

/// The descriptor that stands by for the moment when there is none left.
///
/// # Errors
/// `EMFILE` and what else open(2) reports.
pub fn spare_descriptor() -> io::Result<File> {
    File::open("/")
}

/// The index of the network interface `name` (if_nametoindex(3)).
pub fn interface_index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: `name` is a NUL-terminated string that lives through the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => None,
        index => Some(index),
    }
}

/// The name of the network interface `index` (if_indextoname(3)).
pub fn interface_name(index: u32) -> Option<String> {
    let mut name = [0u8; libc::IF_NAMESIZE];
    // SAFETY: `name` has the `IF_NAMESIZE` bytes that if_indextoname(3) asks for.
    let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) };
    if found.is_null() {
        return None;
    }
    let end = name.iter().position(|byte| *byte == 0)?;
    String::from_utf8(name[..end].to_vec()).ok()
}

/// Gives the file at `path` the permission bits `mode` (chmod(2)), with `add` beside those it has.
///
/// # Errors
/// Those of stat(2) and chmod(2).
pub fn set_mode(path: &Path, mode: u32, add: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = std::fs::metadata(path)?.permissions();
    let before = permissions.mode() & 0o7777;
    let wanted = if add { before | mode } else { mode };
    if wanted == before {
        return Ok(());
    }
    permissions.set_mode(wanted);
    std::fs::set_permissions(path, permissions)
}
