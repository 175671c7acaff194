//! Connections: reading, writing, half-close, reset.
mod support;

use std::io::{IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::thread;
use std::time::Duration;

use rsnet::engine::errors::OK;
use rsnet::engine::event::{Activity, Event};
use rsnet::engine::memory::MAX_READ;
use rsnet::engine::read::READ_AHEAD;
use socket2::SockRef;
use support::{EOF, connected};

#[test]
fn reads_until_the_end() {
    let (mut driven, mut peer) = connected();
    peer.write_all(b"hello").unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(driven.read_to_end(), EOF);
    assert_eq!(driven.bytes, b"hello");
    assert_eq!(driven.endpoint.bytes_read(), 5);
    assert_eq!(driven.endpoint.activity(), Activity::default());
}

#[test]
fn a_reader_that_stops_holds_back_what_was_read_ahead() {
    let (mut driven, mut peer) = connected();
    let sent = 8 * READ_AHEAD;
    let sender = thread::spawn(move || {
        peer.write_all(&vec![7; sent]).unwrap();
        peer
    });
    assert_eq!(driven.endpoint.read_start(), OK);
    while driven.endpoint.wants_read(READ_AHEAD) {
        driven.run_once();
    }
    assert_eq!(driven.endpoint.read_stop(), OK);
    assert!(driven.endpoint.next_event().is_none());
    assert!(!driven.endpoint.has_event());
    assert!(!driven.endpoint.advance(READ_AHEAD));
    assert_eq!(driven.endpoint.bytes_read(), 0);

    assert_eq!(driven.endpoint.read_start(), OK);
    driven.pull();
    let ahead = driven.bytes.len();
    assert!((READ_AHEAD..=READ_AHEAD + MAX_READ).contains(&ahead), "{ahead}");
    driven.until(|driven| driven.bytes.len() == sent);
    let mut peer = sender.join().unwrap();
    assert_eq!(driven.write(b"bye"), 0);
    let mut bytes = [0; 3];
    peer.read_exact(&mut bytes).unwrap();
    assert!(driven.bytes.iter().all(|byte| *byte == 7));
}

#[test]
fn what_was_read_ahead_can_be_taken_and_the_rest_stays_with_the_kernel() {
    let (mut driven, mut peer) = connected();
    let sent = 8 * READ_AHEAD;
    let sender = thread::spawn(move || peer.write_all(&vec![7; sent]).unwrap());
    assert_eq!(driven.endpoint.read_start(), OK);
    while driven.endpoint.wants_read(READ_AHEAD) {
        driven.run_once();
    }
    assert_eq!(driven.endpoint.read_stop(), OK);
    let ahead = driven.endpoint.take_undelivered();
    assert!((READ_AHEAD..=READ_AHEAD + MAX_READ).contains(&ahead.len()), "{}", ahead.len());
    assert_eq!(driven.endpoint.bytes_read(), ahead.len() as u64);
    assert!(driven.endpoint.take_undelivered().is_empty());

    assert_eq!(driven.endpoint.read_start(), OK);
    assert_eq!(driven.read_to_end(), EOF);
    sender.join().unwrap();
    assert_eq!(ahead.len() + driven.bytes.len(), sent);
}

#[test]
fn caps_the_size_of_one_event() {
    let (mut driven, mut peer) = connected();
    assert_eq!(driven.endpoint.read_start(), OK);
    peer.write_all(b"0123456789").unwrap();
    driven.until(|driven| driven.bytes.len() == 10);
    driven.events.clear();
    peer.write_all(b"0123456789").unwrap();
    driven.run_once();
    driven.endpoint.set_read_cap(4);
    driven.until(|driven| driven.bytes.len() == 20);
    let sizes: Vec<usize> = driven
        .events
        .iter()
        .map(|event| match event {
            Event::Read(chunk) => chunk.len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sizes, [4, 4, 2]);
    assert_eq!(driven.bytes, b"01234567890123456789");
}

#[test]
fn queues_what_the_kernel_does_not_take() {
    let (mut driven, mut peer) = connected();
    let big: Vec<u8> = (0..8_000_000u32).map(|number| (number % 251) as u8).collect();
    assert_eq!(driven.write(&big), 1);
    assert_eq!(driven.write(b"second"), 2);
    let slices = [IoSlice::new(b"th"), IoSlice::new(b""), IoSlice::new(b"ird")];
    assert_eq!(driven.endpoint.write(&slices), 3);
    assert_eq!(driven.endpoint.write_owned(b"fourth".to_vec()), 4);
    assert_eq!(driven.endpoint.shutdown(), OK);
    assert_eq!(driven.write(b"late"), -libc::EPIPE);
    assert_eq!(driven.endpoint.write_owned(b"later".to_vec()), -libc::EPIPE);
    assert!(driven.endpoint.queued_bytes() > 0);
    assert!(driven.endpoint.activity().pending);

    let receiver = thread::spawn(move || {
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).unwrap();
        bytes
    });
    driven.until(|driven| matches!(driven.events.last(), Some(Event::Shutdown(_))));
    let kinds: Vec<_> = driven.events.iter().map(|event| format!("{event:?}")).collect();
    assert_eq!(kinds, ["Write(1, 0)", "Write(2, 0)", "Write(3, 0)", "Write(4, 0)", "Shutdown(0)"]);
    let received = receiver.join().unwrap();
    assert_eq!(received.len(), 8_000_017);
    assert!(received[..8_000_000] == big[..]);
    assert_eq!(&received[8_000_000..], b"secondthirdfourth");
    assert_eq!(driven.endpoint.activity(), Activity::default());
    assert_eq!(driven.endpoint.queued_bytes(), 0);
}

#[test]
fn one_write_of_more_slices_than_the_kernel_takes_at_once() {
    let (mut driven, mut peer) = connected();
    let parts: Vec<[u8; 2]> = (0..3000u16).map(u16::to_be_bytes).collect();
    let slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    assert_eq!(driven.endpoint.write(&slices), 1);
    let mut bytes = vec![0; 6000];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(bytes, parts.concat());
    assert_eq!(driven.endpoint.queued_bytes(), 0);
    let slices = [IoSlice::new(b"in many pieces before")];
    assert_eq!(driven.endpoint.write_with_completion(&slices), 2);
    assert_eq!(driven.write(b"one"), 0);
    driven.until(|driven| driven.events.len() == 2);
    let ids: Vec<_> = driven.events.iter().map(|event| event.id().unwrap().get()).collect();
    assert_eq!(ids, [1, 2]);
    assert_eq!(driven.endpoint.activity(), Activity::default());
}

#[test]
fn half_close_leaves_the_other_direction_open() {
    let (mut driven, mut peer) = connected();
    assert_eq!(driven.endpoint.shutdown(), OK);
    assert_eq!(driven.endpoint.shutdown(), -libc::ENOTCONN);
    driven.until(|driven| matches!(driven.events.last(), Some(Event::Shutdown(OK))));
    let mut rest = Vec::new();
    peer.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
    peer.write_all(b"still here").unwrap();
    drop(peer);
    assert_eq!(driven.read_to_end(), EOF);
    assert_eq!(driven.bytes, b"still here");
}

#[test]
fn memory_given_away_is_sent_from_where_the_kernel_stopped() {
    let (mut driven, mut peer) = connected();
    let big: Vec<u8> = (0..8_000_000u32).map(|number| (number % 251) as u8).collect();
    assert_eq!(driven.endpoint.write_owned(b"small".to_vec()), 0);
    assert_eq!(driven.endpoint.write_owned(big.clone()), 1);
    let queued = driven.endpoint.queued_bytes();
    assert!(0 < queued && queued < big.len());
    let receiver = thread::spawn(move || {
        let mut bytes = vec![0; 8_000_005];
        peer.read_exact(&mut bytes).unwrap();
        bytes
    });
    driven.until(|driven| !driven.events.is_empty());
    assert!(matches!(driven.events[..], [Event::Write(_, OK)]));
    let received = receiver.join().unwrap();
    assert!(received[5..] == big[..]);
    assert_eq!(driven.endpoint.queued_bytes(), 0);
}

#[test]
fn a_reset_ends_reading_and_fails_queued_writes() {
    let (mut driven, peer) = connected();
    assert_eq!(driven.write(&vec![1; 8_000_000]), 1);
    assert_eq!(driven.write(b"more"), 2);
    SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    assert_eq!(driven.endpoint.read_start(), OK);
    driven.until(|driven| driven.events.len() == 3);
    let kinds: Vec<_> = driven.events.iter().map(|event| format!("{event:?}")).collect();
    let expected = [
        format!("ReadEnd({})", -libc::ECONNRESET),
        format!("Write(1, {})", -libc::EPIPE),
        format!("Write(2, {})", -libc::ECANCELED),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(driven.endpoint.activity(), Activity::default());
}

#[test]
fn reset_sends_a_reset() {
    let (mut driven, mut peer) = connected();
    assert_eq!(driven.endpoint.reset(), OK);
    let error = peer.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::ECONNRESET));
    assert_eq!((driven.endpoint.fd(), driven.endpoint.is_closed()), (-1, true));
    assert_eq!(driven.endpoint.reset(), OK);
}

#[test]
fn nothing_happens_after_close() {
    let (mut driven, mut peer) = connected();
    assert_eq!(driven.endpoint.read_start(), OK);
    peer.write_all(b"unseen").unwrap();
    driven.run_once();
    assert!(driven.endpoint.has_event());
    driven.endpoint.close();
    driven.endpoint.close();
    assert!(driven.endpoint.next_event().is_none());
    assert_eq!(driven.endpoint.read_start(), -libc::EINVAL);
    assert_eq!(driven.write(b"x"), -libc::EBADF);
    assert_eq!(driven.endpoint.shutdown(), -libc::ENOTCONN);
    assert_eq!(driven.endpoint.local_address(), Err(-libc::EBADF));
}

#[test]
fn a_backend_that_fails_ends_everything() {
    let (mut driven, _peer) = connected();
    assert_eq!(driven.endpoint.read_start(), OK);
    assert_eq!(driven.write(&vec![1; 8_000_000]), 1);
    driven.endpoint.fail(-libc::EIO);
    driven.pull();
    let kinds: Vec<_> = driven.events.iter().map(|event| format!("{event:?}")).collect();
    assert_eq!(kinds, ["Write(1, -5)", "ReadEnd(-5)"]);
}

/// libuv looks at the connect and not at the shutdown; fuzzing shows it.
#[test]
fn a_connect_defers_a_shutdown_of_the_same_iteration() {
    let (mut driven, mut peer) = connected();
    let SocketAddr::V4(address) = peer.local_addr().unwrap() else { panic!() };
    assert_eq!(driven.endpoint.shutdown(), OK);
    // Linux says yes to the second connect(2), and `EISCONN` is the answer elsewhere.
    if driven.endpoint.connect("127.0.0.1", address.port()) != OK {
        return;
    }
    driven.until(|driven| !driven.events.is_empty());
    assert!(matches!(driven.events[..], [Event::Connect(OK)]));
    peer.set_nonblocking(true).unwrap();
    let error = peer.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_reset_has_to_wait_for_a_shutdown() {
    let (mut driven, _peer) = connected();
    assert_eq!(driven.endpoint.check_reset(), OK);
    assert_eq!(driven.endpoint.shutdown(), OK);
    assert_eq!(driven.endpoint.check_reset(), -libc::EINVAL);
    driven.until(|driven| !driven.events.is_empty());
    assert_eq!(driven.endpoint.check_reset(), OK);
}

#[test]
fn an_empty_write_tells_of_a_lost_connection() {
    let (mut driven, peer) = connected();
    assert_eq!(driven.write(b""), 0);
    assert_eq!(driven.endpoint.write(&[]), 0);
    driven.write(b"unread");
    drop(peer);
    assert_eq!(driven.write(b"abc"), -libc::ECONNRESET);
    assert_eq!(driven.write(b""), -libc::EPIPE);
}

#[test]
fn a_shutdown_is_reported_before_what_was_read_ahead() {
    let (mut driven, mut peer) = connected();
    assert_eq!(driven.endpoint.read_start(), OK);
    peer.write_all(b"x").unwrap();
    while driven.endpoint.bytes_read() == 0 && !driven.endpoint.has_event() {
        driven.run_once();
    }
    assert_eq!(driven.endpoint.shutdown(), OK);
    driven.pull();
    assert!(matches!(driven.events[..], [Event::Shutdown(OK), Event::Read(_)]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_short_read_of_a_connection_that_is_over_is_the_last() {
    let (mut driven, mut peer) = connected();
    peer.write_all(b"last").unwrap();
    SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    assert_eq!(driven.read_to_end(), EOF);
    assert_eq!(driven.bytes, b"last");
}

#[cfg(target_os = "linux")]
#[test]
fn a_stop_before_the_implied_eof_retracts_it_unless_reading_starts_at_once() {
    for at_once in [false, true] {
        let (mut driven, mut peer) = connected();
        peer.write_all(b"last").unwrap();
        SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
        drop(peer);
        assert_eq!(driven.endpoint.read_start(), OK);
        while !driven.endpoint.has_event() {
            driven.run_once();
        }
        assert!(matches!(driven.endpoint.next_event(), Some(Event::Read(_))));
        assert_eq!(driven.endpoint.read_stop(), OK);
        if !at_once {
            driven.pull();
        }
        assert_eq!(driven.read_to_end(), if at_once { EOF } else { -libc::ECONNRESET });
    }
}

#[test]
fn with_a_cap_only_one_event_is_read_ahead() {
    let (mut driven, mut peer) = connected();
    assert_eq!(driven.endpoint.read_start(), OK);
    driven.endpoint.set_read_cap(4);
    peer.write_all(b"0123456789").unwrap();
    driven.run_once();
    assert!(!driven.endpoint.wants_read(READ_AHEAD));
    driven.endpoint.close();
    // The kernel had bytes that nobody read.
    let error = peer.read(&mut [0]).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(libc::ECONNRESET));
}

#[test]
fn closing_with_bytes_that_were_read_ahead_is_a_reset() {
    for shared in [false, true] {
        let (mut driven, mut peer) = connected();
        assert_eq!(driven.endpoint.read_start(), OK);
        peer.write_all(b"0123456789").unwrap();
        while !driven.endpoint.has_event() {
            driven.run_once();
        }
        let copy = shared.then(|| driven.endpoint.duplicate());
        driven.endpoint.close();
        if let Some(fd) = copy {
            let mut other = support::Driven::default();
            assert_eq!(other.endpoint.open(fd), OK);
            other.endpoint.close();
        }
        match peer.read(&mut [0]) {
            Ok(0) => assert!(shared),
            Err(error) => assert!(!shared && error.raw_os_error() == Some(libc::ECONNRESET)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_peer_sees_a_shutdown_when_its_event_is_delivered() {
    let (mut driven, mut peer) = connected();
    peer.set_nonblocking(true).unwrap();
    assert_eq!(driven.endpoint.shutdown(), OK);
    assert_eq!(peer.read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    driven.pull();
    assert!(matches!(driven.events[..], [Event::Shutdown(OK)]));
    peer.set_nonblocking(false).unwrap();
    assert_eq!(peer.read(&mut [0]).unwrap(), 0);
}

#[test]
fn a_reset_behind_bytes_that_were_not_delivered_is_an_end() {
    for stops in [false, true] {
        let (mut driven, mut peer) = connected();
        assert_eq!(driven.endpoint.read_start(), OK);
        peer.write_all(b"last").unwrap();
        while !driven.endpoint.has_event() {
            driven.run_once();
        }
        SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
        drop(peer);
        driven.run_once();
        if stops {
            assert!(matches!(driven.endpoint.next_event(), Some(Event::Read(_))));
            assert_eq!(driven.endpoint.read_stop(), OK);
            driven.pull();
        }
        assert_eq!(driven.read_to_end(), if stops { -libc::ECONNRESET } else { EOF });
    }
}
