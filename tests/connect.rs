//! Connecting, binding and adopting descriptors.
mod support;

use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use rsnet::engine::address::{Address, NameRules};
use rsnet::engine::bind::V6_ONLY;
use rsnet::engine::endpoint::ModeRule;
use rsnet::engine::errors::OK;
use rsnet::engine::event::{Event, Readiness};
use rsnet::engine::options::{self, KeepAlive};
use support::{Driven, connected, listening, port_of, socket_path};

/// The status of the connect that `driven` waits for.
fn connect_status(driven: &mut Driven) -> i32 {
    driven.until(|driven| !driven.events.is_empty());
    match driven.events.pop() {
        Some(Event::Connect(status)) => status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refused_connection_is_an_event() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.connect("127.0.0.1", port), OK);
    assert!(driven.endpoint.activity().pending);
    assert_eq!(connect_status(&mut driven), -libc::ECONNREFUSED);
    assert!(!driven.endpoint.activity().pending);
}

#[test]
fn bad_addresses_are_refused_at_once() {
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.connect("localhost", 1), -libc::EINVAL);
    assert_eq!(driven.endpoint.bind("nowhere", 1, 0), -libc::EINVAL);
    assert_eq!(driven.endpoint.fd(), -1);
    assert_eq!(driven.endpoint.bind("192.0.2.1", 0, 0), -libc::EADDRNOTAVAIL);
}

#[test]
fn writes_and_reads_wait_for_the_connection() {
    let (mut listener, port) = listening();
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.connect("127.0.0.1", port), OK);
    assert_eq!(driven.endpoint.read_start(), OK);
    assert_eq!(driven.write(b"early"), 1);
    assert_eq!(driven.endpoint.shutdown(), -libc::ENOTCONN);
    driven.until(|driven| driven.events.len() == 2);
    assert!(matches!(driven.events[..], [Event::Connect(OK), Event::Write(_, OK)]));
    let mut accepted = support::accept(&mut listener);
    assert_eq!(accepted.endpoint.read_start(), OK);
    accepted.until(|accepted| accepted.bytes == b"early");
}

#[test]
fn a_failed_connection_cancels_its_writes() {
    let mut driven = Driven::default();
    let path = socket_path("missing");
    let path = path.as_os_str().as_encoded_bytes();
    assert_eq!(driven.endpoint.connect_path(path, NameRules::default()), OK);
    driven.pull();
    assert!(matches!(driven.events[..], [Event::Connect(status)] if status == -libc::ENOENT));
    let too_long = [b'x'; 200];
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.connect_path(&too_long, NameRules::default()), -libc::EINVAL);
}

#[test]
fn an_address_in_use_is_reported_by_what_follows() {
    let (_listener, port) = listening();
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.bind("127.0.0.1", port, 0), OK);
    assert_eq!(driven.endpoint.listen(1), -libc::EADDRINUSE);
    assert_eq!(driven.endpoint.connect("127.0.0.1", port), -libc::EADDRINUSE);
}

#[test]
fn connects_from_a_bound_port() {
    let (mut listener, port) = listening();
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.bind("127.0.0.1", 0, 0), OK);
    let own = port_of(&driven.endpoint);
    assert_eq!(driven.endpoint.connect("127.0.0.1", port), OK);
    assert_eq!(connect_status(&mut driven), OK);
    let accepted = support::accept(&mut listener);
    let Ok(Address::Ip { ip, v6: false, port }) = accepted.endpoint.peer_address() else {
        panic!()
    };
    assert_eq!((ip.as_str(), port), ("127.0.0.1", own));
    assert_eq!(driven.endpoint.connect("127.0.0.1", port), OK);
}

#[test]
fn connecting_again_is_refused_only_while_the_event_of_the_last_time_is_due() {
    let (mut listener, port) = listening();
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.connect("127.0.0.1", port), OK);
    assert_eq!(driven.endpoint.connect("127.0.0.1", port), -libc::EALREADY);
    let mut accepted = support::accept(&mut listener);
    // The connection stands by now, but its event was not delivered.
    driven.endpoint.on_ready(Readiness { writable: true, ..Readiness::default() });
    while driven.endpoint.advance(1) {}
    assert_eq!(driven.endpoint.connect("127.0.0.1", port), -libc::EALREADY);
    assert_eq!(connect_status(&mut driven), OK);
    assert_eq!(accepted.endpoint.connect("127.0.0.1", port), -libc::EISCONN);
    assert_eq!(accepted.write(b"x"), 0);
    driven.endpoint.read_start();
    driven.until(|driven| driven.bytes == b"x");
}

#[test]
fn a_path_is_always_tried_and_the_last_answer_counts() {
    let path = socket_path("again");
    let listener = UnixListener::bind(&path).unwrap();
    let name = path.as_os_str().as_encoded_bytes();
    let rules = NameRules::default();
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.connect_path(name, rules), OK);
    assert_eq!(driven.endpoint.connect_path(name, rules), OK);
    assert_eq!(connect_status(&mut driven), -libc::EISCONN);
    assert_eq!(driven.endpoint.connect_path(b"/nowhere/at/all", rules), OK);
    assert_eq!(connect_status(&mut driven), -libc::ENOENT);
    assert!(!driven.endpoint.activity().pending);
    let (_peer, _) = listener.accept().unwrap();
    assert_eq!(driven.write(b"still there"), 0);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn ipv6_only_leaves_the_port_to_ipv4() {
    let mut six = Driven::default();
    if six.endpoint.bind("::", 0, V6_ONLY) != OK {
        return;
    }
    assert_eq!(six.endpoint.listen(1), OK);
    let mut four = Driven::default();
    assert_eq!(four.endpoint.bind("0.0.0.0", port_of(&six.endpoint), 0), OK);
    assert_eq!(four.endpoint.listen(1), OK);
}

#[test]
fn adopts_stream_sockets_only() {
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.open(-1), -libc::EBADF);
    assert_eq!(driven.endpoint.open(1 << 20), -libc::EBADF);
    let file = std::fs::File::open("/").unwrap();
    assert_eq!(driven.endpoint.open(file.as_raw_fd()), -libc::ENOTSOCK);
    let datagram = UnixDatagram::unbound().unwrap();
    assert_eq!(driven.endpoint.open(datagram.as_raw_fd()), -libc::EINVAL);
    assert!(file.metadata().is_ok());

    let (ours, theirs) = UnixStream::pair().unwrap();
    assert_eq!(driven.endpoint.open(ours.into_raw_fd()), OK);
    assert_eq!(driven.endpoint.open(theirs.as_raw_fd()), -libc::EINVAL);
    assert_eq!(driven.write(b"x"), 0);
    drop(theirs);
    driven.read_to_end();
}

#[test]
fn adopts_a_listening_socket() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.open(listener.into_raw_fd()), OK);
    assert_eq!(driven.endpoint.listen(5), OK);
    let mut client = Driven::default();
    assert_eq!(client.endpoint.connect("127.0.0.1", port), OK);
    support::accept(&mut driven);
    assert_eq!(connect_status(&mut client), OK);
}

#[test]
fn a_bound_path_goes_away_with_the_socket() {
    let path = socket_path("bound");
    let name = path.as_os_str().as_encoded_bytes();
    let rules = NameRules::default();
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.bind_path(name, rules), OK);
    assert_eq!(driven.endpoint.listen(5), OK);
    assert_eq!(driven.endpoint.bind_path(name, rules), -libc::EINVAL);
    assert_eq!(driven.endpoint.local_address(), Ok(Address::Unix(name.to_vec())));
    let mut second = Driven::default();
    assert_eq!(second.endpoint.bind_path(name, rules), -libc::EADDRINUSE);
    let client = UnixStream::connect(&path).unwrap();
    let accepted = support::accept(&mut driven);
    drop((client, accepted));
    assert!(path.exists());
    driven.endpoint.close();
    assert!(!path.exists());

    let mut lost = Driven::default();
    assert_eq!(lost.endpoint.bind_path(b"/nowhere/at/all", rules), -libc::EACCES);
}

#[test]
fn opens_a_path_to_everybody() {
    use std::os::unix::fs::PermissionsExt;
    let path = socket_path("mode");
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.chmod(3, ModeRule::Add), -libc::EBADF);
    let name = path.as_os_str().as_encoded_bytes();
    assert_eq!(driven.endpoint.bind_path(name, NameRules::default()), OK);
    assert_eq!(driven.endpoint.chmod(0, ModeRule::Add), -libc::EINVAL);
    let mode = || path.metadata().unwrap().permissions().mode() & 0o777;
    let before = mode();
    assert_eq!(driven.endpoint.chmod(3, ModeRule::Add), OK);
    assert_eq!(mode(), before | 0o666);
    for (wanted, bits) in [(1, 0o444), (2, 0o222), (3, 0o666)] {
        assert_eq!(driven.endpoint.chmod(wanted, ModeRule::Replace), OK);
        assert_eq!(mode(), bits);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn abstract_names_need_no_file() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;
    let text = format!("rsnet-{}", std::process::id());
    let listener =
        UnixListener::bind_addr(&SocketAddr::from_abstract_name(&text).unwrap()).unwrap();
    let mut driven = Driven::default();
    let name = [b"\0", text.as_bytes()].concat();
    assert_eq!(driven.endpoint.connect_path(&name, NameRules::default()), OK);
    assert_eq!(connect_status(&mut driven), OK);
    listener.accept().unwrap();
}

#[test]
fn options_are_set_on_the_descriptor() {
    let (mut driven, _peer) = connected();
    let keep_alive = KeepAlive { on: true, delay: 7, interval: 2, count: 3 };
    assert_eq!(driven.endpoint.set_no_delay(true), OK);
    assert_eq!(driven.endpoint.set_keep_alive(keep_alive), OK);
    assert_eq!(driven.endpoint.set_keep_alive(KeepAlive { delay: 0, ..keep_alive }), -libc::EINVAL);
    assert_eq!(driven.endpoint.with_socket(|s| options::set_type_of_service(s, 0x10)), OK);
    assert_eq!(driven.endpoint.type_of_service(), 0x10);
    let duplicate = driven.endpoint.duplicate();
    assert!(duplicate > 0);
    let mut second = Driven::default();
    assert_eq!(second.endpoint.open(duplicate), OK);
    let Ok(mine) = driven.endpoint.local_address() else { panic!() };
    assert_eq!(second.endpoint.local_address(), Ok(mine));
    assert_eq!(Driven::default().endpoint.with_socket(|_| Ok(())), -libc::EBADF);
}

#[test]
fn options_set_before_there_is_a_descriptor_are_applied_to_it() {
    let (_listener, port) = listening();
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.set_no_delay(true), OK);
    let keep_alive = KeepAlive { on: true, delay: 7, interval: 0, count: 0 };
    assert_eq!(driven.endpoint.set_keep_alive(keep_alive), OK);
    assert_eq!(driven.endpoint.connect("127.0.0.1", port), OK);
    let status = driven.endpoint.with_socket(|socket| {
        assert!(socket.tcp_nodelay()? && socket.keepalive()?);
        assert_eq!(socket.tcp_keepalive_time()?.as_secs(), 7);
        Ok(())
    });
    assert_eq!(status, OK);
}
