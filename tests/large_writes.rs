//! Large writes, and writes of which another thread has sent a part.
mod support;

use std::io::{IoSlice, Read};
use std::net::TcpStream;
#[cfg(target_os = "linux")]
use std::os::fd::RawFd;
use std::thread::{self, JoinHandle};
#[cfg(target_os = "linux")]
use std::time::Duration;

#[cfg(target_os = "linux")]
use rsnet::engine::coalescer::BUFFER_SIZE;
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
    let mut sent = driven.endpoint.write_large(&[IoSlice::new(&data)], false) as usize;
    assert!(0 < sent && sent < SIZE);
    assert!(driven.endpoint.activity().pending);
    let receiver = receive(peer);
    while sent < SIZE {
        driven.until(|driven| !driven.events.is_empty());
        assert!(matches!(driven.events[..], [Event::Writable(OK)]));
        driven.events.clear();
        sent += driven.endpoint.write_large(&[IoSlice::new(&data[sent..])], true) as usize;
    }
    assert_eq!(driven.endpoint.shutdown(), OK);
    driven.until(|driven| !driven.events.is_empty());
    assert!(receiver.join().unwrap() == data);
}

#[test]
fn the_rest_of_one_is_queued_before_another_write() {
    let (mut driven, peer) = connected();
    let data = vec![7; SIZE];
    let sent = driven.endpoint.write_large(&[IoSlice::new(&data)], false) as usize;
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
    assert!((driven.endpoint.write_large(&[IoSlice::new(&data)], false) as usize) < SIZE);
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

#[cfg(target_os = "linux")]
fn is_pollout(fd: RawFd) -> bool {
    let mut poll = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one valid pollfd.
    unsafe { libc::poll(&raw mut poll, 1, 0) == 1 }
}

/// Small writes may wait for one another whenever the kernel is sure to take them all, which it tells by POLLOUT only
/// while a third of the send buffer is free.
#[cfg(target_os = "linux")]
#[test]
fn small_ones_are_gathered_as_long_as_there_is_room() {
    for size in [None, Some(256 << 10), Some(64 << 10)] {
        let (mut driven, _peer) = connected();
        let fd = driven.endpoint.fd();
        if let Some(size) = size {
            assert_eq!(driven.endpoint.set_option("SO_SNDBUF", &i32::to_ne_bytes(size)), OK);
        }
        let mut without_pollout = 0;
        for _ in 0..100_000 {
            if driven.endpoint.coalescible().is_none() {
                break;
            }
            if !is_pollout(fd) {
                without_pollout += 1;
            }
            // What is gathered is at most this, and small writes that were sent by themselves come between.
            assert_eq!(driven.endpoint.write_behind(&[7; BUFFER_SIZE], 0, OK), OK);
            for _ in 0..16 {
                if driven.endpoint.coalescible().is_some() {
                    assert_eq!(driven.write(&[7; 64]), OK);
                }
            }
        }
        assert!(driven.endpoint.coalescible().is_none());
        assert!(without_pollout > 0 || size == Some(64 << 10), "{size:?}: {without_pollout}");
    }
}

/// With a bound on what was not sent, POLLOUT alone decides.
#[cfg(target_os = "linux")]
#[test]
fn small_ones_are_not_gathered_beyond_a_bound_on_unsent_bytes() {
    let (mut driven, _peer) = connected();
    let fd = driven.endpoint.fd();
    assert_eq!(driven.endpoint.set_option("TCP_NOTSENT_LOWAT", &u32::to_ne_bytes(128 << 10)), OK);
    for _ in 0..100_000 {
        // The peer acknowledges a little later what it has got.
        if !is_pollout(fd) {
            thread::sleep(Duration::from_millis(50));
        }
        if !is_pollout(fd) {
            break;
        }
        driven.write(&[7; 1024]);
    }
    assert!(!is_pollout(fd));
    assert!(driven.endpoint.coalescible().is_none());
}

/// A bound may come while room beyond POLLOUT was found before.
#[cfg(target_os = "linux")]
#[test]
fn a_bound_on_unsent_bytes_counts_from_the_moment_that_it_is_set() {
    let (mut driven, _peer) = connected();
    let fd = driven.endpoint.fd();
    for _ in 0..100_000 {
        if !is_pollout(fd) {
            break;
        }
        driven.write(&[7; 1024]);
    }
    assert!(!is_pollout(fd) && driven.endpoint.coalescible().is_some());
    let bound = u32::to_ne_bytes(1024);
    assert_eq!(driven.endpoint.set_option("TCP_NOTSENT_LOWAT", &bound), OK);
    assert!(driven.endpoint.coalescible().is_none());
}
