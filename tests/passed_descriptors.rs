//! Descriptors that come with bytes.
#![cfg(target_os = "linux")]
mod support;

use std::fs::File;
use std::io::{IoSlice, Read, Write};
use std::os::fd::{AsFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rsnet::engine::endpoint::Endpoint;
use rsnet::engine::errors::OK;
use rsnet::engine::event::Event;
use rsnet::engine::read::READ_AHEAD;
use rsnet::engine::sys::poll;
use support::{Driven, PATIENCE};

/// An endpoint that takes up to `most` descriptors with bytes, and one at the other end.
fn pair(most: u32) -> (Driven, Endpoint) {
    let (own, peer) = UnixStream::pair().unwrap();
    let mut driven = Driven::default();
    let mut other = Endpoint::default();
    assert_eq!(driven.endpoint.set_option("SCM_RIGHTS", &most.to_ne_bytes()), OK);
    assert_eq!(driven.endpoint.open(OwnedFd::from(own).into_raw_fd()), OK);
    assert_eq!(other.open(OwnedFd::from(peer).into_raw_fd()), OK);
    (driven, other)
}

fn copies_of(file: &impl AsFd, count: usize) -> Vec<OwnedFd> {
    (0..count).map(|_| file.as_fd().try_clone_to_owned().unwrap()).collect()
}

fn copies(count: usize) -> Vec<OwnedFd> {
    copies_of(&File::open("/").unwrap(), count)
}

fn send(endpoint: &mut Endpoint, bytes: &[u8], count: usize) {
    let status = match count {
        0 => endpoint.write(&[IoSlice::new(bytes)]),
        _ => endpoint.write_descriptors(bytes, copies(count)),
    };
    assert_eq!(status, OK);
}

/// Lets everything be read that waits.
fn read_on(driven: &mut Driven) {
    while driven.endpoint.advance(READ_AHEAD) {}
    driven.pull();
}

#[test]
fn a_message_is_cut_out_of_the_bytes_around_it() {
    let (mut driven, mut other) = pair(253);
    send(&mut other, b"one", 0);
    send(&mut other, b"two", 0);
    send(&mut other, b"three", 2);
    send(&mut other, b"four", 1);
    send(&mut other, b"five", 0);
    assert_eq!(driven.endpoint.read_start(), OK);
    driven.until(|driven| !driven.events.is_empty());
    read_on(&mut driven);
    assert_eq!(driven.bytes, b"onetwo");
    assert!(matches!(driven.events[..], [Event::Read(_), Event::Descriptors(2)]));
    // Nothing is read behind it before it was taken.
    assert!(!driven.endpoint.wants_read(READ_AHEAD));
    let (descriptors, bytes) = driven.endpoint.take_passed().unwrap();
    assert_eq!((descriptors.len(), &bytes[..]), (2, &b"three"[..]));
    assert!(driven.endpoint.take_passed().is_none());
    read_on(&mut driven);
    assert!(matches!(driven.events[2..], [Event::Descriptors(1)]));
    assert_eq!(driven.endpoint.decline_passed(), OK);
    read_on(&mut driven);
    assert_eq!(driven.bytes, b"onetwofourfive");
    assert_eq!(driven.endpoint.bytes_read(), 19);
}

#[test]
fn it_is_announced_again_when_reading_starts_again() {
    let (mut driven, mut other) = pair(253);
    send(&mut other, b"one", 1);
    assert_eq!(driven.endpoint.read_start(), OK);
    driven.until(|driven| !driven.events.is_empty());
    assert_eq!(driven.endpoint.read_stop(), OK);
    assert!(!driven.endpoint.has_event());
    assert_eq!(driven.endpoint.read_start(), OK);
    assert!(matches!(driven.endpoint.next_event(), Some(Event::Descriptors(1))));
    assert!(driven.endpoint.next_event().is_none());
}

#[test]
fn more_than_may_come_end_the_connection() {
    let (mut driven, mut other) = pair(2);
    let (mut open_until, writer) = std::io::pipe().unwrap();
    assert_eq!(other.write_descriptors(b"one", copies_of(&writer, 2)), OK);
    assert_eq!(other.write_descriptors(b"two", copies_of(&writer, 3)), OK);
    drop(writer);
    assert_eq!(driven.endpoint.read_start(), OK);
    driven.until(|driven| !driven.events.is_empty());
    let (descriptors, _) = driven.endpoint.take_passed().unwrap();
    read_on(&mut driven);
    assert!(matches!(driven.events[1..], [Event::ReadEnd(status)] if status == -libc::EMSGSIZE));
    assert_eq!(poll(&open_until, libc::POLLIN, 0), Some(0));
    drop(descriptors);
    // A pipe ends once its last writing end is closed (pipe(7)), whatever the other tests of this process open.
    assert_eq!(poll(&open_until, libc::POLLIN, PATIENCE), Some(libc::POLLHUP));
    assert_eq!(open_until.read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn those_that_wait_are_sent_with_their_bytes_alone() {
    let (mut driven, mut other) = pair(253);
    let large = vec![b'x'; 1_000_000];
    assert!(other.write(&[IoSlice::new(&large)]) > 0);
    assert!(other.write_descriptors(b"one", copies(1)) > 0);
    assert!(other.write_descriptors(b"two", copies(2)) > 0);
    assert!(other.write(&[IoSlice::new(b"end")]) > 0);
    let mut sender = Driven { endpoint: other, ..Driven::default() };
    assert_eq!(driven.endpoint.read_start(), OK);
    let mut messages = Vec::new();
    while driven.bytes.len() < large.len() + 3 {
        sender
            .endpoint
            .on_ready(rsnet::engine::event::Readiness { writable: true, ..Default::default() });
        while sender.endpoint.advance(READ_AHEAD) {}
        driven.run_once();
        driven.pull();
        while let Some((descriptors, bytes)) = driven.endpoint.take_passed() {
            messages.push((driven.bytes.len(), descriptors.len(), bytes));
            read_on(&mut driven);
        }
    }
    let at = large.len();
    assert_eq!(messages, [(at, 1, b"one".to_vec()), (at, 2, b"two".to_vec())]);
    assert!(driven.bytes.ends_with(b"end"));
}

#[test]
fn without_being_asked_for_none_come() {
    let (own, mut peer) = UnixStream::pair().unwrap();
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.open(OwnedFd::from(own).into_raw_fd()), OK);
    peer.write_all(b"plain").unwrap();
    assert_eq!(driven.endpoint.read_start(), OK);
    driven.until(|driven| !driven.events.is_empty());
    assert!(matches!(driven.events[..], [Event::Read(_)]));
}
