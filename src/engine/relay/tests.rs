use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::*;

/// A bound on waiting that no passing test reaches.
const LIMIT: Duration = Duration::from_secs(60);

/// A relay between two sockets, both directions open, and its reports.
fn relay(a: impl Into<OwnedFd>, b: impl Into<OwnedFd>) -> (Arc<Relay>, Receiver<Report>) {
    let (sender, reports) = channel();
    let sender = Mutex::new(sender);
    let reporter: Reporter = Arc::new(move |report| {
        let _ = sender.lock().unwrap().send(report);
    });
    let relay = Relay::new(7, [a.into(), b.into()], false, reporter, Arc::default()).unwrap();
    relay.open(0);
    relay.open(1);
    (relay, reports)
}

fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (own, listener.accept().unwrap().0)
}

fn text(length: usize) -> Vec<u8> {
    (0..length as u32).map(|number| (number % 251) as u8).collect()
}

#[test]
fn bulk_goes_both_ways_between_sockets_of_both_kinds() {
    let (a, mut client) = UnixStream::pair().unwrap();
    let (b, mut server) = tcp_pair();
    let (relay, reports) = relay(a, b);
    let sent = text(5_000_000);
    let copy = sent.clone();
    let peer = thread::spawn(move || {
        let mut got = vec![0; copy.len()];
        server.read_exact(&mut got).unwrap();
        assert!(got == copy);
        server.write_all(&got).unwrap();
        server
    });
    let mut sender = client.try_clone().unwrap();
    let whole = sent.clone();
    let sending = thread::spawn(move || sender.write_all(&whole).unwrap());
    let mut got = vec![0; sent.len()];
    client.read_exact(&mut got).unwrap();
    assert!(got == sent);
    sending.join().unwrap();
    let server = peer.join().unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(
        reports.recv_timeout(LIMIT).unwrap(),
        Report { id: 7, direction: 0, status: OK, is_write: false }
    );
    server.shutdown(Shutdown::Write).unwrap();
    assert_eq!(
        reports.recv_timeout(LIMIT).unwrap(),
        Report { id: 7, direction: 1, status: OK, is_write: false }
    );
    assert_eq!(relay.counts(), [sent.len() as u64; 2]);
}

#[test]
fn a_failed_write_ends_the_relay() {
    let (a, mut client) = UnixStream::pair().unwrap();
    let (b, server) = UnixStream::pair().unwrap();
    let (_relay, reports) = relay(a, b);
    server.shutdown(Shutdown::Both).unwrap();
    drop(server);
    let _ = client.write_all(&text(100_000));
    let all: Vec<Report> = std::iter::from_fn(|| reports.recv_timeout(LIMIT).ok())
        .take_while(|report| report.status == OK)
        .collect();
    assert!(all.iter().all(|report| report.direction == 1));
}

/// A relay that is lent, and its reports.
fn lent(a: impl Into<OwnedFd>, b: impl Into<OwnedFd>) -> (Arc<Relay>, Receiver<Report>) {
    let (sender, reports) = channel();
    let sender = Mutex::new(sender);
    let reporter: Reporter = Arc::new(move |report| {
        let _ = sender.lock().unwrap().send(report);
    });
    (Relay::new(7, [a.into(), b.into()], true, reporter, Arc::default()).unwrap(), reports)
}

#[test]
fn what_was_read_and_not_sent_is_taken_back() {
    let (a, mut client) = UnixStream::pair().unwrap();
    let (b, mut server) = tcp_pair();
    let (own, other) = (a.try_clone().unwrap(), b.try_clone().unwrap());
    let (relay, _reports) = lent(a, b);
    relay.open_behind(0, b"head ".to_vec());
    let sent = text(50_000_000);
    let whole = sent.clone();
    let sending = thread::spawn(move || client.write_all(&whole).map(|()| client));
    // Nobody reads: the relay comes to a stand with bytes in its pipe.
    let mut before = 0;
    while relay.counts()[0] == 0 || relay.counts()[0] > before {
        before = relay.counts()[0];
        thread::sleep(Duration::from_millis(50));
    }
    let ([there, back], failure) = relay.take_back();
    assert!(back.is_empty() && failure.is_none());
    let mut got = vec![0; usize::try_from(relay.counts()[0]).unwrap()];
    server.read_exact(&mut got).unwrap();
    got.extend_from_slice(&there);
    let all: Vec<u8> = b"head ".iter().chain(&sent).copied().collect();
    assert!(got == all[..got.len()]);
    // The rest is still in the source, which has become non-blocking.
    own.set_nonblocking(false).unwrap();
    let mut rest = vec![0; all.len() - got.len()];
    (&own).read_exact(&mut rest).unwrap();
    assert!(rest == all[got.len()..]);
    drop((sending.join().unwrap().unwrap(), other));
}

#[test]
fn an_end_halts_both_directions_of_a_lent_relay() {
    let (a, client) = UnixStream::pair().unwrap();
    let (b, mut server) = UnixStream::pair().unwrap();
    let (relay, reports) = lent(a, b);
    client.shutdown(Shutdown::Write).unwrap();
    relay.open(0);
    let report = reports.recv_timeout(LIMIT).unwrap();
    assert_eq!(report, Report { id: 7, direction: 0, status: OK, is_write: false });
    server.write_all(b"more").unwrap();
    relay.open_behind(1, b"head".to_vec());
    let ([there, back], failure) = relay.take_back();
    assert_eq!((there.as_slice(), back.as_slice(), failure), (&b""[..], &b"head"[..], None));
    assert_eq!(relay.counts(), [0, 0]);
}

#[test]
fn a_failure_is_taken_back_with_what_was_not_sent() {
    let (a, mut client) = UnixStream::pair().unwrap();
    let (b, server) = UnixStream::pair().unwrap();
    drop(server);
    let (relay, reports) = lent(a, b);
    client.write_all(b"lost").unwrap();
    relay.open_behind(0, b"head".to_vec());
    let report = reports.recv_timeout(LIMIT).unwrap();
    assert_eq!((report.status, report.is_write), (-libc::EPIPE, true));
    let ([there, _], failure) = relay.take_back();
    assert_eq!((there.as_slice(), failure), (&b"head"[..], Some(report)));
}

#[test]
fn nothing_is_moved_after_stop() {
    let (a, mut client) = UnixStream::pair().unwrap();
    let (b, mut server) = UnixStream::pair().unwrap();
    let (relay, _reports) = relay(a, b);
    client.write_all(b"one").unwrap();
    let mut got = [0; 3];
    server.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"one");
    relay.stop();
    // Its descriptors were the last ones of these sockets.
    assert_eq!(server.read(&mut got).unwrap(), 0);
    assert!(client.write_all(b"two").is_err());
}

#[test]
fn a_socket_that_somebody_has_made_blocking_does_not_hold_up_the_others() {
    let (a, mut client) = UnixStream::pair().unwrap();
    let (b, mut server) = tcp_pair();
    let (shared, client_shared) = (b.try_clone().unwrap(), a.try_clone().unwrap());
    let (_slow, _reports) = relay(a, b);
    // By the pipe that the relay has now.
    let first = text(1_000_000);
    let copy = first.clone();
    let mut sender = client.try_clone().unwrap();
    let sending = thread::spawn(move || sender.write_all(&copy).unwrap());
    let mut got = vec![0; first.len()];
    server.read_exact(&mut got).unwrap();
    sending.join().unwrap();
    shared.set_nonblocking(false).unwrap();
    client_shared.set_nonblocking(false).unwrap();
    client.set_nonblocking(true).unwrap();
    let piece = text(100_000);
    let (mut sent, mut rounds) = (0, 0);
    // Until nothing more is taken for a while, as `server` does not read.
    while rounds < 20 {
        match client.write(&piece[sent % piece.len()..]) {
            Ok(count) => {
                sent += count;
                rounds = 0;
            }
            Err(_) => {
                rounds += 1;
                let (c, mut left) = UnixStream::pair().unwrap();
                let (d, mut right) = tcp_pair();
                let (_other, _reports) = relay(c, d);
                right.set_read_timeout(Some(LIMIT)).unwrap();
                left.write_all(b"one").unwrap();
                let mut got = [0; 3];
                right.read_exact(&mut got).unwrap();
                assert_eq!(&got, b"one");
            }
        }
    }
    let mut got = vec![0; sent];
    server.read_exact(&mut got).unwrap();
    assert!(got.iter().enumerate().all(|(at, byte)| *byte == piece[at % piece.len()]));
}
