//! Large writes, and writes of which another thread has sent a part.
mod support;

use std::io::{IoSlice, Read};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};

use rsnet::engine::errors::OK;
use rsnet::engine::event::Event;
use support::connected;

/// More than the kernel takes at once.
const SIZE: usize = 16 << 20;

fn receive(mut peer: TcpStream) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

#[test]
fn go_on_whenever_the_kernel_has_room() {
    let (mut driven, peer) = connected();
    let data = vec![7; SIZE];
    let mut sent = driven.endpoint.write_large(&data, false) as usize;
    assert!(0 < sent && sent < SIZE);
    assert!(driven.endpoint.activity().pending);
    let receiver = receive(peer);
    while sent < SIZE {
        driven.until(|driven| !driven.events.is_empty());
        assert!(matches!(driven.events[..], [Event::Writable(OK)]));
        driven.events.clear();
        sent += driven.endpoint.write_large(&data[sent..], true) as usize;
    }
    assert_eq!(driven.endpoint.shutdown(), OK);
    driven.until(|driven| !driven.events.is_empty());
    assert!(receiver.join().unwrap() == data);
}

#[test]
fn the_rest_of_one_is_queued_before_another_write() {
    let (mut driven, peer) = connected();
    let data = vec![7; SIZE];
    let sent = driven.endpoint.write_large(&data, false) as usize;
    assert_eq!(driven.endpoint.write_rest(&[IoSlice::new(&data[sent..])]), 1);
    assert_eq!(driven.write(b"behind"), 2);
    assert_eq!(driven.endpoint.shutdown(), OK);
    let receiver = receive(peer);
    driven.until(|driven| matches!(driven.events.last(), Some(Event::Shutdown(_))));
    let kinds: Vec<_> = driven.events.iter().map(|event| format!("{event:?}")).collect();
    assert_eq!(kinds, ["Write(1, 0)", "Write(2, 0)", "Shutdown(0)"]);
    let received = receiver.join().unwrap();
    assert!(received[..SIZE] == data[..] && &received[SIZE..] == b"behind");
}

#[test]
fn a_lost_connection_ends_one() {
    let (mut driven, peer) = connected();
    let data = vec![7; SIZE];
    assert!((driven.endpoint.write_large(&data, false) as usize) < SIZE);
    drop(peer);
    driven.until(|driven| !driven.events.is_empty());
    assert!(matches!(driven.events[..], [Event::Writable(status)] if status < 0 || status == OK));
}

#[test]
fn what_another_thread_has_sent_is_not_sent_again() {
    let (mut driven, mut peer) = connected();
    assert!(driven.endpoint.coalescible().is_some());
    assert_eq!(driven.endpoint.write_behind(b"sent, left", 6, OK), 0);
    assert_eq!(driven.endpoint.write_behind(b"sent", 4, OK), 0);
    let mut bytes = [0; 4];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"left");
    assert_eq!(driven.endpoint.write_behind(b"lost", 0, -libc::EPIPE), -libc::EPIPE);
    drop(peer);
    driven.until(|driven| driven.endpoint.coalescible().is_none());
}
