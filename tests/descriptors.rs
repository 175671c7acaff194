//! A process without descriptors to spare. Alone in its file: the limit counts for the process.
mod support;

use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, TcpStream};

use rsnet::engine::errors::OK;
use rsnet::engine::listen::ACCEPT_AHEAD;
use support::{Driven, accept, listening};

#[test]
fn turns_connections_away_while_there_is_no_descriptor() {
    let (mut listener, port) = listening();
    let mut clients: Vec<TcpStream> =
        (0..3).map(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap()).collect();
    let limit = libc::rlimit { rlim_cur: 64, rlim_max: 64 };
    // SAFETY: a valid rlimit.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    let mut hoard = Vec::new();
    while let Ok(file) = File::open("/") {
        hoard.push(file);
    }
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.connect("127.0.0.1", port), -libc::EMFILE);

    listener.run_once();
    assert!(!listener.endpoint.has_event());
    assert!(listener.endpoint.waits(ACCEPT_AHEAD).0);
    for client in &mut clients {
        assert!(matches!(client.read(&mut [0; 1]), Ok(0) | Err(_)));
    }

    hoard.clear();
    assert_eq!(driven.endpoint.connect("127.0.0.1", port), OK);
    accept(&mut listener);
}
