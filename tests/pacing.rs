//! The congestion control of connections within this machine, and of others.
#![cfg(target_os = "linux")]

mod support;

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::os::fd::IntoRawFd;
use std::process::Command;

use rsnet::engine::errors::OK;
use socket2::{Domain, Socket, Type};
use support::{Driven, accept, connected, port_of};

fn is_bbr(driven: &Driven) -> bool {
    let mut name = Vec::new();
    let status = driven.endpoint.with_socket(|socket| {
        name = socket.tcp_congestion()?;
        Ok(())
    });
    assert_eq!(status, OK);
    name.starts_with(b"bbr")
}

/// Gives the endpoint BBR, as it has by default on some systems; false where that cannot be done.
fn take_bbr(driven: &Driven) -> bool {
    let taken = driven.endpoint.with_socket(|socket| socket.set_tcp_congestion(b"bbr")) == OK;
    if !taken {
        eprintln!("left out: this system has no BBR, or does not allow it");
    }
    taken
}

/// A listener at all addresses that would give its connections BBR.
fn paced_listener() -> Option<(Driven, u16)> {
    let mut listener = Driven::default();
    assert_eq!(listener.endpoint.bind("0.0.0.0", 0, 0), OK);
    if !take_bbr(&listener) {
        return None;
    }
    assert_eq!(listener.endpoint.listen(16), OK);
    let port = port_of(&listener.endpoint);
    Some((listener, port))
}

#[test]
fn large_writes_within_this_machine_are_not_paced() {
    let (mut driven, _peer) = connected();
    if !take_bbr(&driven) {
        return;
    }
    assert_eq!(driven.write(&[7; 16 * 1024]), 0);
    assert!(is_bbr(&driven));
    assert_eq!(driven.write(&[7; 16 * 1024 + 1]), 0);
    assert!(!is_bbr(&driven));
}

#[test]
fn connections_from_this_machine_begin_without_pacing() {
    let Some((mut listener, port)) = paced_listener() else { return };
    let _client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    assert!(!is_bbr(&accept(&mut listener)));
}

#[test]
fn a_listener_that_others_may_have_keeps_its_congestion_control() {
    let Some((mut listener, port)) = paced_listener() else { return };
    assert!(!is_bbr(&listener));
    assert!(listener.endpoint.show_descriptor() >= 0);
    assert!(is_bbr(&listener));
    let _client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    assert!(is_bbr(&accept(&mut listener)));
}

#[test]
fn a_listener_that_others_have_already_is_left_alone() {
    let mut listener = Driven::default();
    let socket = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    assert_eq!(listener.endpoint.open(socket.try_clone().unwrap().into_raw_fd()), OK);
    if take_bbr(&listener) {
        assert_eq!(listener.endpoint.listen(16), OK);
        assert!(is_bbr(&listener));
    }
}

/// Addresses of a network namespace that only this thread is in.
const HERE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// Moves this thread to a network namespace of its own with the two addresses; false where that is not allowed.
fn enter_namespace() -> bool {
    // SAFETY: takes no pointers, and concerns this thread alone, which opens its sockets afterwards.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
        eprintln!("left out: no network namespaces without root");
        return false;
    }
    let script = format!(
        "ip link set lo up; for at in {HERE} {ELSEWHERE}; do ip address add $at/24 dev lo; done"
    );
    Command::new("sh").args(["-ec", &script]).status().is_ok_and(|status| status.success())
}

#[test]
fn connections_from_elsewhere_have_what_the_system_wants() {
    if !enter_namespace() {
        return;
    }
    let Some((mut listener, port)) = paced_listener() else { return };
    let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    client.bind(&SocketAddrV4::new(ELSEWHERE, 0).into()).unwrap();
    client.connect(&SocketAddrV4::new(HERE, port).into()).unwrap();
    assert!(is_bbr(&accept(&mut listener)));
    let _client = TcpStream::connect((HERE, port)).unwrap();
    assert!(!is_bbr(&accept(&mut listener)));
}
