//! Pacing: BBR (`TCP_CONGESTION`, tcp(7)) spreads what is sent over time, at the rate that it takes the path to have. On
//! a path without a bottleneck, as within one machine, that only costs: bulk transfers come to a third. So connections
//! within this machine have Reno where they would have BBR. Where the system does not allow Reno, or has another
//! algorithm, nothing changes.
//!
//! Linux does not end pacing once a congestion control has asked for it: a connection that has begun with BBR stays
//! paced, at Reno's rate, which is higher. Best is never to begin with it.

use std::net::IpAddr;

use socket2::{Domain, SockAddr, Socket};

use super::sys;

/// Lets a connection within this machine send as fast as its buffers have room.
pub fn stop(socket: &Socket) {
    if is_local(socket) {
        leave_bbr(socket);
    }
}

/// Lets a connection that is about to be made to `address` begin without pacing, if that is a loopback address.
pub fn never_begin(socket: &Socket, address: &SockAddr) {
    if ip_of(address).is_some_and(|ip| ip.is_loopback()) {
        leave_bbr(socket);
    }
}

/// The congestion control that connections of a listener have where they come from elsewhere.
#[derive(Debug)]
pub struct Elsewhere(Vec<u8>);

impl Elsewhere {
    /// Lets connections of `listener` begin without pacing: they inherit what it has. `None`: they begin as they
    /// would have, or they all come from this machine.
    pub fn suspend(listener: &Socket) -> Option<Self> {
        let name = bbr_of(listener)?;
        let is_loopback =
            ip_of(&listener.local_addr().ok()?).is_some_and(|address| address.is_loopback());
        if !is_loopback && !may_return_to(&name) {
            return None;
        }
        (sys::set_congestion_control(listener, b"reno") && !is_loopback).then_some(Self(name))
    }

    /// Gives `accepted` what it would have had, unless both of its ends are on this machine. Nothing was sent yet, so
    /// it begins with that.
    pub fn return_to(&self, accepted: &Socket) {
        if !is_local(accepted) {
            self.resume(accepted);
        }
    }

    /// Gives it back to a listener, from which somebody else may be about to accept.
    pub fn resume(&self, listener: &Socket) {
        sys::set_congestion_control(listener, &self.0);
    }
}

/// Whether this process may set `name`, which its sockets have by default: the system may restrict it.
fn may_return_to(name: &[u8]) -> bool {
    sys::new_socket(Domain::IPV4).is_ok_and(|socket| {
        sys::set_congestion_control(&socket, b"reno") && sys::set_congestion_control(&socket, name)
    })
}

fn leave_bbr(socket: &Socket) {
    if bbr_of(socket).is_some() {
        sys::set_congestion_control(socket, b"reno");
    }
}

/// The name of the socket's congestion control, if that is BBR.
fn bbr_of(socket: &Socket) -> Option<Vec<u8>> {
    let name = sys::congestion_control(socket)?;
    // The kernel fills the name up with zeros.
    let length = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    name.starts_with(b"bbr").then(|| name[..length].to_vec())
}

/// Whether both ends of a TCP connection are on this machine.
fn is_local(socket: &Socket) -> bool {
    let Some(local) = socket.local_addr().ok().as_ref().and_then(ip_of) else { return false };
    local.is_loopback() || socket.peer_addr().ok().as_ref().and_then(ip_of) == Some(local)
}

/// The IP address; an IPv4 address also where it is mapped to IPv6.
fn ip_of(address: &SockAddr) -> Option<IpAddr> {
    Some(address.as_socket()?.ip().to_canonical())
}
