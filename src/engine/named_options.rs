//! Socket options as bytes, by the names that they have in socket(7), tcp(7) and unix(7).

use std::io;
use std::os::fd::AsRawFd;

use libc::{c_int, socklen_t};
use socket2::Socket;

use super::sys;

/// The most bytes that an option has here. Linux tells of a connection (`TCP_INFO`) in about 250.
const OPTION_ROOM: usize = 512;

/// Level and number of an option; `None` where the platform has none of that name.
fn find(name: &str) -> Option<(c_int, c_int)> {
    match name {
        "SO_LINGER" => Some((libc::SOL_SOCKET, libc::SO_LINGER)),
        "SO_RCVBUF" => Some((libc::SOL_SOCKET, libc::SO_RCVBUF)),
        "SO_SNDBUF" => Some((libc::SOL_SOCKET, libc::SO_SNDBUF)),
        #[cfg(target_os = "linux")]
        _ => find_on_linux(name),
        #[cfg(not(target_os = "linux"))]
        _ => None,
    }
}

/// Those that only Linux has.
#[cfg(target_os = "linux")]
fn find_on_linux(name: &str) -> Option<(c_int, c_int)> {
    /// `MPTCP_INFO` and its level, `SOL_MPTCP` (linux/mptcp.h).
    const MPTCP_INFO: (c_int, c_int) = (284, 1);
    Some(match name {
        "IP6T_SO_ORIGINAL_DST" => (libc::SOL_IPV6, libc::IP6T_SO_ORIGINAL_DST),
        "IP_FREEBIND" => (libc::SOL_IP, libc::IP_FREEBIND),
        "IP_TRANSPARENT" => (libc::SOL_IP, libc::IP_TRANSPARENT),
        "MPTCP_INFO" => MPTCP_INFO,
        "SO_BINDTODEVICE" => (libc::SOL_SOCKET, libc::SO_BINDTODEVICE),
        "SO_BUSY_POLL" => (libc::SOL_SOCKET, libc::SO_BUSY_POLL),
        "SO_MARK" => (libc::SOL_SOCKET, libc::SO_MARK),
        "SO_ORIGINAL_DST" => (libc::SOL_IP, libc::SO_ORIGINAL_DST),
        "SO_PEERCRED" => (libc::SOL_SOCKET, libc::SO_PEERCRED),
        "SO_TIMESTAMP" => (libc::SOL_SOCKET, libc::SO_TIMESTAMP),
        "TCP_CONGESTION" => (libc::IPPROTO_TCP, libc::TCP_CONGESTION),
        "TCP_DEFER_ACCEPT" => (libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT),
        "TCP_FASTOPEN" => (libc::IPPROTO_TCP, libc::TCP_FASTOPEN),
        "TCP_FASTOPEN_CONNECT" => (libc::IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT),
        "TCP_INFO" => (libc::IPPROTO_TCP, libc::TCP_INFO),
        "TCP_MAXSEG" => (libc::IPPROTO_TCP, libc::TCP_MAXSEG),
        "TCP_NOTSENT_LOWAT" => (libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT),
        "TCP_QUICKACK" => (libc::IPPROTO_TCP, libc::TCP_QUICKACK),
        "TCP_USER_TIMEOUT" => (libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT),
        _ => return None,
    })
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
    let mut value = vec![0_u8; OPTION_ROOM];
    let length = sys::get_option(socket, level, number, &mut value)?;
    value.truncate(length);
    Ok(value)
}

/// Sets an option to `value`, as its man page lays it out.
///
/// # Errors
/// Those of setsockopt(2); `ENOPROTOOPT` where the platform has no such option. A name that the kernel would cut, or take
/// for none, is one that it does not have: `ENOENT` of a congestion control, `ENODEV` of an interface.
pub fn set(socket: &Socket, name: &str, value: &[u8]) -> io::Result<()> {
    /// The longest name of an interface (netdevice(7)): `IFNAMSIZ` with its NUL is 16.
    const LONGEST_INTERFACE: usize = 15;
    let (level, number) = require(name)?;
    let is_no_name = value.is_empty() || value.contains(&0);
    if name == "TCP_CONGESTION" && is_no_name {
        return Err(io::Error::from_raw_os_error(libc::ENOENT));
    }
    if name == "SO_BINDTODEVICE" && (is_no_name || value.len() > LONGEST_INTERFACE) {
        return Err(io::Error::from_raw_os_error(libc::ENODEV));
    }
    // SAFETY: the kernel reads the bytes of `value`, which lives as long as the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            number,
            value.as_ptr().cast(),
            value.len() as socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
