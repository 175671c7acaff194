//! The congestion control of connections within this machine.
#![cfg(target_os = "linux")]

mod support;

use rsnet::engine::errors::OK;
use support::{Driven, connected};

fn is_bbr(driven: &Driven) -> bool {
    let mut name = Vec::new();
    let status = driven.endpoint.with_socket(|socket| {
        name = socket.tcp_congestion()?;
        Ok(())
    });
    assert_eq!(status, OK);
    name.starts_with(b"bbr")
}

#[test]
fn large_writes_within_this_machine_are_not_paced() {
    let (mut driven, _peer) = connected();
    if driven.endpoint.with_socket(|socket| socket.set_tcp_congestion(b"bbr")) != OK {
        eprintln!("left out: this system has no BBR, or does not allow it");
        return;
    }
    assert_eq!(driven.write(&[7; 16 * 1024]), 0);
    assert!(is_bbr(&driven));
    assert_eq!(driven.write(&[7; 16 * 1024 + 1]), 0);
    assert!(!is_bbr(&driven));
}
