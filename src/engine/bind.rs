//! bind(2) for both families of sockets.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, SockAddr, Socket, Type};

use super::sys;

/// Flag of [`bind_ip`]: `IPV6_V6ONLY` (ipv6(7)).
pub const V6_ONLY: u32 = 1;
/// Flag of [`bind_ip`]: `SO_REUSEPORT` (socket(7)).
pub const REUSE_PORT: u32 = 2;

/// The domain of an Internet address.
pub fn domain_of(address: &SocketAddr) -> Domain {
    if address.is_ipv6() { Domain::IPV6 } else { Domain::IPV4 }
}

/// Binds `socket` to `address`, with `SO_REUSEADDR` and what `flags` says.
///
/// # Errors
/// Those of setsockopt(2) and bind(2).
pub fn bind_ip(socket: &Socket, address: &SocketAddr, flags: u32) -> io::Result<()> {
    socket.set_reuse_address(true)?;
    if flags & REUSE_PORT != 0 {
        socket.set_reuse_port(true)?;
    }
    if address.is_ipv6() {
        socket.set_only_v6(flags & V6_ONLY != 0)?;
    }
    socket.bind(&SockAddr::from(*address))
}

/// Binds a new Unix-domain socket of a type to `address`.
///
/// # Errors
/// Those of socket(2) and bind(2), but `EACCES` for `ENOENT`, as `uv_pipe_bind2` answers.
pub fn bind_unix(address: &SockAddr, r#type: Type) -> io::Result<Socket> {
    let socket = sys::new_socket_of(Domain::UNIX, r#type)?;
    match socket.bind(address) {
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {
            Err(io::Error::from_raw_os_error(libc::EACCES))
        }
        Err(error) => Err(error),
        Ok(()) => Ok(socket),
    }
}
