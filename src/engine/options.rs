//! Socket options, each named after its man page: socket(7), ip(7), ipv6(7), tcp(7).

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use socket2::{SockAddr, Socket, TcpKeepalive};

use super::sys;

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

/// Turns `TCP_NODELAY` on or off.
///
/// # Errors
/// Those of setsockopt(2).
pub fn set_no_delay(socket: &Socket, on: bool) -> io::Result<()> {
    socket.set_tcp_nodelay(on)
}

/// Turns keep-alive probes on, with their times, or off.
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

/// Sets `TCP_USER_TIMEOUT` in milliseconds; 0 means the system's value.
///
/// # Errors
/// Those of setsockopt(2).
pub fn set_user_timeout(socket: &Socket, milliseconds: u32) -> io::Result<()> {
    sys::set_user_timeout(socket, milliseconds)
}

/// Lets a connection within this machine send as fast as its buffers have room, when the system's congestion control
/// is BBR (`TCP_CONGESTION`, tcp(7)). BBR spreads what is sent over time, at the rate that it takes the path to have; on
/// a path without a bottleneck that only costs: bulk transfers come to a third. Where the system does not allow Reno,
/// or has another algorithm, nothing changes. A connection that began with BBR stays paced, at Reno's rate, which is
/// higher: see [`never_pace`].
pub fn stop_pacing(socket: &Socket) {
    if is_local(socket) {
        leave_bbr(socket);
    }
}

/// As [`stop_pacing`], for a socket that is about to connect to, or listens at, `address`: connections that are made
/// then were never paced. (Linux does not end pacing, once a congestion control has asked for it.)
pub fn never_pace(socket: &Socket, address: &SockAddr) {
    if ip_of(address).is_some_and(|ip| ip.is_loopback()) {
        leave_bbr(socket);
    }
}

fn leave_bbr(socket: &Socket) {
    if sys::congestion_control(socket).is_some_and(|name| name.starts_with(b"bbr")) {
        sys::set_congestion_control(socket, b"reno");
    }
}

/// Whether both ends of a TCP connection are on this machine.
fn is_local(socket: &Socket) -> bool {
    let ip = |address: io::Result<SockAddr>| ip_of(&address.ok()?);
    ip(socket.local_addr())
        .is_some_and(|local| local.is_loopback() || ip(socket.peer_addr()) == Some(local))
}

/// The IP address; an IPv4 address also where it is mapped to IPv6.
fn ip_of(address: &SockAddr) -> Option<IpAddr> {
    Some(address.as_socket()?.ip().to_canonical())
}

fn is_v6(socket: &Socket) -> io::Result<bool> {
    Ok(socket.local_addr()?.is_ipv6())
}
