//! Socket options as bytes, by the names that they have in socket(7), tcp(7) and unix(7).

use std::io;
use std::os::fd::AsRawFd;

use libc::{c_int, socklen_t};
use socket2::Socket;

/// The most bytes that an option has here. Linux tells of a connection (`TCP_INFO`) in about 250.
const MOST: usize = 512;

/// Level and number of an option; `None` where the platform has none of that name.
fn find(name: &str) -> Option<(c_int, c_int)> {
    match name {
        "SO_RCVBUF" => Some((libc::SOL_SOCKET, libc::SO_RCVBUF)),
        "SO_SNDBUF" => Some((libc::SOL_SOCKET, libc::SO_SNDBUF)),
        #[cfg(target_os = "linux")]
        "SO_PEERCRED" => Some((libc::SOL_SOCKET, libc::SO_PEERCRED)),
        #[cfg(target_os = "linux")]
        "TCP_INFO" => Some((libc::IPPROTO_TCP, libc::TCP_INFO)),
        #[cfg(target_os = "linux")]
        "TCP_NOTSENT_LOWAT" => Some((libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT)),
        #[cfg(target_os = "linux")]
        "TCP_USER_TIMEOUT" => Some((libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT)),
        _ => None,
    }
}

/// As [`find`], or the error of a kernel without the option.
fn require(name: &str) -> io::Result<(c_int, c_int)> {
    find(name).ok_or_else(|| io::Error::from_raw_os_error(libc::ENOPROTOOPT))
}

/// The value of an option, as long as the kernel gives it.
///
/// # Errors
/// Those of getsockopt(2); `ENOPROTOOPT` where the platform has no such option.
pub fn get(socket: &Socket, name: &str) -> io::Result<Vec<u8>> {
    let (level, number) = require(name)?;
    let mut value = vec![0_u8; MOST];
    let mut length = MOST as socklen_t;
    // SAFETY: `value` has the `length` bytes that the kernel may write, and both live as long as the call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            level,
            number,
            value.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    value.truncate(length as usize);
    Ok(value)
}

/// Sets an option that is an `int`.
///
/// # Errors
/// Those of setsockopt(2); `ENOPROTOOPT` where the platform has no such option.
pub fn set(socket: &Socket, name: &str, value: c_int) -> io::Result<()> {
    let (level, number) = require(name)?;
    // SAFETY: the kernel reads the bytes of `value`, which lives as long as the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            number,
            (&raw const value).cast(),
            size_of::<c_int>() as socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
