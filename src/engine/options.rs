//! Socket options, each named after its man page: socket(7), ip(7), ipv6(7), tcp(7).

use std::io;
use std::time::Duration;

use socket2::{Socket, TcpKeepalive};

/// The arguments of [`set_keep_alive`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// `SO_KEEPALIVE`.
    pub on: bool,
    /// `TCP_KEEPIDLE` in seconds.
    pub delay: u32,
    /// `TCP_KEEPINTVL` in seconds; 0 leaves the system's value.
    pub interval: u32,
    /// `TCP_KEEPCNT`; 0 leaves the system's value.
    pub count: u32,
}

/// Switches `TCP_NODELAY` on or off.
///
/// # Errors
/// Those of setsockopt(2).
pub fn set_no_delay(socket: &Socket, on: bool) -> io::Result<()> {
    socket.set_tcp_nodelay(on)
}

/// Switches keep-alive probes on, with their times, or off.
///
/// # Errors
/// Those of setsockopt(2). `EINVAL` for a delay of 0, after `SO_KEEPALIVE` was set, as
/// `uv_tcp_keepalive` does.
pub fn set_keep_alive(socket: &Socket, options: KeepAlive) -> io::Result<()> {
    socket.set_keepalive(options.on)?;
    if !options.on {
        return Ok(());
    }
    if options.delay == 0 {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    let seconds = |value: u32| Duration::from_secs(value.into());
    let mut times = TcpKeepalive::new().with_time(seconds(options.delay));
    if options.interval > 0 {
        times = times.with_interval(seconds(options.interval));
    }
    if options.count > 0 {
        times = times.with_retries(options.count);
    }
    socket.set_tcp_keepalive(&times)
}

/// Sets `IP_TOS`, or `IPV6_TCLASS` on an IPv6 socket, to a value of 0 to 255.
///
/// # Errors
/// Those of setsockopt(2).
pub fn set_type_of_service(socket: &Socket, tos: u32) -> io::Result<()> {
    if is_v6(socket)? { socket.set_tclass_v6(tos) } else { socket.set_tos_v4(tos) }
}

/// The value of `IP_TOS`, or of `IPV6_TCLASS` on an IPv6 socket.
///
/// # Errors
/// Those of getsockopt(2).
pub fn type_of_service(socket: &Socket) -> io::Result<u32> {
    if is_v6(socket)? { socket.tclass_v6() } else { socket.tos_v4() }
}

fn is_v6(socket: &Socket) -> io::Result<bool> {
    Ok(socket.local_addr()?.is_ipv6())
}
