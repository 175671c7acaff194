//! Large writes in later ticks than the first: how much is sent before the event loop goes on.
mod support;

use std::io::Read;
use std::net::TcpStream;
use std::thread::{self, JoinHandle};

use rsnet::engine::errors::OK;
use rsnet::engine::event::Event;
use socket2::SockRef;
use support::{Driven, connected};

/// Bytes of one write, and of a burst (`engine/stream/burst.rs`).
const WRITE: usize = 100 * 1024;
const BURST: usize = 384 * 1024;

/// A connection whose bursts are bounded, and which takes more than one at once.
fn bounded() -> (Driven, TcpStream) {
    let (mut driven, peer) = connected();
    SockRef::from(&peer).set_recv_buffer_size(4 << 20).unwrap();
    let set = |socket: &socket2::Socket| socket.set_send_buffer_size(4 << 20);
    assert_eq!(driven.endpoint.with_socket(set), OK);
    driven.endpoint.set_bounded(true);
    (driven, peer)
}

/// Writes from the second tick on until something is held back; bytes of these writes, and how many of them were
/// sent. A new burst begins when the clock has gone on.
fn write_until_held_back(driven: &mut Driven) -> (usize, usize) {
    let data = vec![7; WRITE];
    let (mut given, mut sent) = (0, 0);
    for tick in 0..200 {
        let count = driven.endpoint.feed(&data, tick, false);
        assert!(count >= 0, "{count}");
        given += WRITE;
        sent += count as usize;
        if (count as usize) < WRITE {
            return (given, sent);
        }
    }
    panic!("nothing was held back");
}

/// Reads all that comes.
fn receive(mut peer: TcpStream) -> JoinHandle<usize> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).unwrap();
        bytes.len()
    })
}

#[test]
fn what_is_held_back_goes_on_when_the_descriptor_is_reported() {
    let (mut driven, peer) = bounded();
    let (given, sent) = write_until_held_back(&mut driven);
    assert!(sent >= BURST, "{sent}");
    assert!(driven.endpoint.take_held_back());
    assert!(!driven.endpoint.take_held_back());
    assert!(driven.endpoint.wants_write() && !driven.endpoint.can_advance(1));
    driven.until(|driven| !driven.events.is_empty());
    assert!(matches!(driven.events[..], [Event::Write(OK)]));
    let rest = vec![7; given - sent];
    assert_eq!(driven.endpoint.feed(&rest, 999, true), rest.len() as i32);
    let receiver = receive(peer);
    driven.endpoint.close();
    assert_eq!(receiver.join().unwrap(), given);
}

#[test]
fn a_write_larger_than_a_burst_is_sent_burst_by_burst() {
    let (mut driven, peer) = bounded();
    let (given, sent) = write_until_held_back(&mut driven);
    assert_eq!(driven.endpoint.send_held_back(&vec![7; given - sent]), (given - sent) as i32);
    // Behind what is held back, the write waits as a whole.
    assert_eq!(driven.endpoint.write_owned(vec![8; 5 * BURST / 2], 0), 1);
    assert_eq!(driven.endpoint.queued_bytes(), 5 * BURST / 2);
    let receiver = receive(peer);
    for left in [3 * BURST / 2, BURST / 2] {
        driven.turn();
        assert_eq!(driven.endpoint.queued_bytes(), left);
        assert!(driven.endpoint.take_held_back());
    }
    driven.until(|driven| driven.events.len() == 2);
    assert!(!driven.endpoint.take_held_back());
    driven.endpoint.close();
    assert_eq!(receiver.join().unwrap(), given + 5 * BURST / 2);
}

#[test]
fn close_sends_what_was_held_back_first() {
    // Where the clock goes on between the writes, they may fill the kernel's buffers first.
    for _ in 0..50 {
        let (mut driven, peer) = bounded();
        let write = |driven: &mut Driven, tick| driven.endpoint.write_owned(vec![7; WRITE], tick);
        let writes = 1 + (0..200).take_while(|tick| write(&mut driven, *tick) == 0).count();
        assert!(driven.endpoint.queued_bytes() > 0);
        if driven.endpoint.take_held_back() {
            let receiver = receive(peer);
            driven.endpoint.close();
            return assert_eq!(receiver.join().unwrap(), writes * WRITE);
        }
    }
    panic!("nothing was held back");
}

#[test]
fn the_kernel_being_full_is_not_holding_back() {
    let (mut driven, _peer) = connected();
    driven.endpoint.set_bounded(true);
    let data = vec![7; 64 << 20];
    let sent = driven.endpoint.feed(&data, 0, false);
    assert!(0 < sent && (sent as usize) < data.len());
    assert!(!driven.endpoint.take_held_back());
    assert_eq!(driven.endpoint.send_held_back(&data), 0);
}
