//! Accepting, also without a descriptor to spare.
mod support;

use std::io::Read;
use std::net::{Ipv4Addr, TcpStream};

use rsnet::engine::errors::OK;
use rsnet::engine::event::Event;
use rsnet::engine::listen::ACCEPT_AHEAD;
use support::{Driven, accept, listening};

#[test]
fn accepts_ahead_up_to_a_bound() {
    let (mut listener, port) = listening();
    let clients: Vec<TcpStream> = (0..ACCEPT_AHEAD + 8)
        .map(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap())
        .collect();
    while listener.endpoint.wants_read(ACCEPT_AHEAD) {
        listener.run_once();
    }
    listener.pull();
    assert_eq!(listener.events.len(), ACCEPT_AHEAD);
    let mut accepted = Vec::new();
    for _ in 0..ACCEPT_AHEAD {
        let mut driven = Driven::default();
        assert_eq!(driven.endpoint.accept(&mut listener.endpoint), OK);
        accepted.push(driven);
    }
    let mut none = Driven::default();
    assert_eq!(none.endpoint.accept(&mut listener.endpoint), -libc::EAGAIN);
    listener.events.clear();
    for _ in 0..8 {
        accepted.push(accept(&mut listener));
    }
    assert_eq!(accepted.len(), clients.len());
}

#[test]
fn a_paused_listener_keeps_what_came() {
    let (mut listener, port) = listening();
    let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    let _clients = [connect(), connect()];
    while !listener.endpoint.has_event() {
        listener.run_once();
    }
    // One was reported, and JavaScript pauses before it takes it.
    assert!(matches!(listener.endpoint.next_event(), Some(Event::Connection(OK))));
    assert_eq!(listener.endpoint.set_accepting(false), OK);
    let mut none = Driven::default();
    assert_eq!(none.endpoint.accept(&mut listener.endpoint), -libc::EAGAIN);
    assert!(!listener.endpoint.has_event());
    assert!(listener.endpoint.next_event().is_none());
    assert!(!listener.endpoint.wants_read(ACCEPT_AHEAD));
    let _third = connect();
    assert_eq!(listener.endpoint.set_accepting(true), OK);
    for _ in 0..3 {
        accept(&mut listener);
    }
    assert_eq!(Driven::default().endpoint.set_accepting(false), -libc::EINVAL);
}

#[test]
fn connections_that_nobody_took_are_reset() {
    let (mut listener, port) = listening();
    let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    listener.run_once();
    listener.endpoint.close();
    let error = client.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::ECONNRESET));
}

#[test]
fn only_listeners_give_connections() {
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.accept(&mut Driven::default().endpoint), -libc::EINVAL);
    assert_eq!(driven.endpoint.listen(5), OK);
    assert_eq!(driven.endpoint.listen(6), OK);
    assert_eq!(driven.endpoint.read_start(), -libc::ENOTCONN);
    assert!(driven.endpoint.activity().active);
    assert!(!driven.events.iter().any(|event| matches!(event, Event::Connection(_))));
}
