//! Connections that another thread than JavaScript's reads and writes.
mod support;

use std::io::{IoSlice, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use rsnet::engine::errors::OK;
use rsnet::engine::event::{Event, Readiness};
use rsnet::engine::read::{READ_AHEAD, ReadConfig};
use socket2::SockRef;
use support::{Driven, EOF, connected_with};

const OFF_THREAD: ReadConfig =
    ReadConfig { reports_resets: false, off_thread: true, messages: false };

/// The peer resets the connection, by closing it without a linger time (socket(7)).
fn reset(peer: TcpStream) {
    SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
}

/// The other thread finds the descriptor writable, and does what it can.
fn find_room(driven: &mut Driven) {
    driven.endpoint.on_ready(Readiness { writable: true, ..Readiness::default() });
    while driven.endpoint.advance(READ_AHEAD) {}
}

/// A connection that reads, and a write of which the kernel takes a part.
fn writing(config: ReadConfig) -> (Driven, TcpStream) {
    let (mut driven, peer) = connected_with(config);
    assert_eq!(driven.endpoint.read_start(), OK);
    assert_eq!(driven.write(&vec![0; 64 << 20]), 1);
    (driven, peer)
}

/// The peer writes. Once that was read, and is not delivered, it resets the connection.
fn reset_behind_last_words(driven: &mut Driven, mut peer: TcpStream) {
    peer.write_all(b"last words").unwrap();
    while !driven.endpoint.has_event() {
        driven.run_once();
    }
    reset(peer);
}

/// Waits until the kernel has seen the end of both directions.
fn until_hung_up(driven: &Driven) {
    while !driven.endpoint.is_hung_up() {
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_send_off_thread_leaves_the_error_to_the_read() {
    for off_thread in [false, true] {
        let (mut driven, peer) = writing(ReadConfig { off_thread, ..OFF_THREAD });
        reset(peer);
        find_room(&mut driven);
        driven.pull();
        if off_thread {
            let found = [-libc::ECONNRESET, -libc::EPIPE];
            assert!(
                matches!(driven.events[..], [Event::ReadEnd(read), Event::Write(_, write)] if [read, write] == found)
            );
        } else {
            assert!(
                matches!(driven.events[..], [Event::Write(_, status)] if status == -libc::ECONNRESET)
            );
        }
    }
}

#[test]
fn what_comes_between_a_read_off_thread_and_its_delivery_is_not_lost() {
    let (mut driven, mut peer) = connected_with(OFF_THREAD);
    assert_eq!(driven.endpoint.shutdown(), OK);
    driven.until(|driven| matches!(driven.events[..], [Event::Shutdown(OK)]));
    assert_eq!(driven.endpoint.read_start(), OK);
    peer.write_all(b"read ahead, ").unwrap();
    while !driven.endpoint.has_event() {
        driven.run_once();
    }
    peer.write_all(b"not read yet").unwrap();
    drop(peer);
    until_hung_up(&driven);
    assert_eq!(driven.read_to_end(), EOF);
    assert_eq!(driven.bytes, b"read ahead, not read yet");
}

#[test]
fn a_reset_between_a_read_off_thread_and_its_delivery_is_an_end() {
    let (mut driven, peer) = connected_with(OFF_THREAD);
    assert_eq!(driven.endpoint.read_start(), OK);
    reset_behind_last_words(&mut driven, peer);
    until_hung_up(&driven);
    driven.pull();
    assert!(matches!(driven.events[..], [Event::Read(_), Event::ReadEnd(EOF)]));
}

#[test]
fn a_shutdown_comes_before_a_reset_between_a_read_off_thread_and_its_delivery() {
    let config = ReadConfig { reports_resets: true, ..OFF_THREAD };
    let (mut driven, peer) = connected_with(config);
    let port = peer.local_addr().unwrap().port();
    assert_eq!(driven.endpoint.shutdown(), OK);
    // Linux says yes to the second connect(2), which defers the shutdown; `EISCONN` is the answer elsewhere.
    if driven.endpoint.connect("127.0.0.1", port) != OK {
        return;
    }
    driven.until(|driven| !driven.events.is_empty());
    assert_eq!(driven.endpoint.read_start(), OK);
    reset_behind_last_words(&mut driven, peer);
    until_hung_up(&driven);
    driven.pull();
    driven.until(|driven| matches!(driven.events.last(), Some(Event::ReadEnd(_))));
    let reset = -libc::ECONNRESET;
    assert!(
        matches!(driven.events[..], [Event::Connect(OK), Event::Read(_), Event::Shutdown(_), Event::ReadEnd(end)] if end == reset),
        "{:?}",
        driven.events
    );
}

#[test]
fn writes_report_the_error_behind_an_implied_eof_once() {
    let (mut driven, peer) = connected_with(OFF_THREAD);
    assert_eq!(driven.endpoint.read_start(), OK);
    reset_behind_last_words(&mut driven, peer);
    // A read finds the reset, and the kernel does not report it again.
    driven.run_once();
    assert_eq!(driven.write(b"x"), -libc::ECONNRESET);
    driven.pull();
    assert!(matches!(driven.events[..], [Event::Read(_), Event::ReadEnd(EOF)]));
    assert_eq!(driven.write(b"x"), -libc::EPIPE);
}

/// What becomes of the rest of a large write whose peer has sent last words and a reset, while JavaScript was busy:
/// the events. `is_found`: the other thread has read the reset.
fn lose_large_write(reports_resets: bool, is_found: bool, is_late: bool) -> Vec<Event> {
    let (mut driven, peer) = connected_with(ReadConfig { reports_resets, ..OFF_THREAD });
    let data = vec![0; 64 << 20];
    let sent = driven.endpoint.write_large(&[IoSlice::new(&data)], false) as usize;
    assert!(sent < data.len());
    assert_eq!(driven.endpoint.read_start(), OK);
    if !is_late {
        find_room(&mut driven);
    }
    reset_behind_last_words(&mut driven, peer);
    until_hung_up(&driven);
    if is_late {
        find_room(&mut driven);
    }
    if is_found {
        driven.run_once();
    }
    let mut events = Vec::new();
    while !matches!(events.last(), Some(Event::Writable(status)) if *status != OK) {
        let Some(event) = driven.endpoint.next_event() else {
            driven.run_once();
            continue;
        };
        let goes_on = matches!(event, Event::Writable(OK));
        if !goes_on {
            events.push(event);
            continue;
        }
        let status = driven.endpoint.write_large(&[IoSlice::new(&data[sent..])], true);
        if status < 0 {
            events.push(Event::Writable(status));
        }
    }
    events
}

#[test]
fn a_large_write_reports_the_reset_behind_last_words_whenever_its_room_was_found() {
    for (is_found, is_late) in [(false, false), (true, false), (false, true), (true, true)] {
        let reset = -libc::ECONNRESET;
        let events = lose_large_write(true, is_found, is_late);
        assert!(
            matches!(events[..], [Event::Read(_), Event::Writable(status)] if status == reset),
            "{events:?}"
        );
        let events = lose_large_write(false, is_found, is_late);
        assert!(
            matches!(events[..], [Event::Read(_), Event::ReadEnd(EOF), Event::Writable(status)] if status == reset),
            "{is_found} {is_late} {events:?}"
        );
    }
}

#[test]
fn a_queued_write_reports_the_reset_behind_last_words_that_were_not_delivered() {
    for reports_resets in [false, true] {
        let (mut driven, peer) = writing(ReadConfig { reports_resets, ..OFF_THREAD });
        reset_behind_last_words(&mut driven, peer);
        until_hung_up(&driven);
        find_room(&mut driven);
        driven.pull();
        let write = driven.events.pop();
        assert!(matches!(write, Some(Event::Write(_, status)) if status == -libc::ECONNRESET));
        assert!(matches!(driven.events[0], Event::Read(_)));
        let ends = matches!(driven.events[1..], [Event::ReadEnd(EOF)]);
        assert_eq!(ends, !reports_resets, "{:?}", driven.events);
    }
}

#[test]
fn last_words_that_nobody_has_read_yet_come_before_the_error_of_a_send() {
    let (mut driven, mut peer) = writing(ReadConfig { reports_resets: true, ..OFF_THREAD });
    peer.write_all(b"last words").unwrap();
    reset(peer);
    until_hung_up(&driven);
    find_room(&mut driven);
    driven.pull();
    let reset = -libc::ECONNRESET;
    assert!(
        matches!(driven.events[..2], [Event::Read(_), Event::Write(_, status)] if status == reset),
        "{:?}",
        driven.events
    );
}
