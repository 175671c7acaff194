//! Functions on descriptors that belong to no `Socket` yet.

use napi_derive::napi;

use crate::engine::coalescer;
use crate::engine::descriptor::{self, DescriptorKind};
use crate::engine::errors::{Status, status_of};

/// What a descriptor is, by the names of Node's `ERR_INVALID_FD_TYPE`, or `SEQPACKET`, which Node does not know.
#[napi]
pub fn descriptor_kind(fd: i32) -> &'static str {
    match descriptor::kind(fd) {
        DescriptorKind::Unknown => "UNKNOWN",
        DescriptorKind::Tcp => "TCP",
        DescriptorKind::Pipe => "PIPE",
        DescriptorKind::Udp => "UDP",
        DescriptorKind::File => "FILE",
        DescriptorKind::Tty => "TTY",
        DescriptorKind::Seqpacket => "SEQPACKET",
    }
}

/// A second descriptor for the same socket, or a negated errno. See [`descriptor::duplicate`].
#[napi]
pub fn dup_descriptor(fd: i32) -> Status {
    descriptor::duplicate(fd).unwrap_or_else(|error| status_of(&error))
}

/// Sends what small writes of the whole process have left waiting.
#[napi]
pub fn send_waiting() {
    coalescer::send_waiting();
}

/// A signal that ends the process may have got its default action back: see [`coalescer::stand_in_for_signals`].
#[napi]
pub fn stand_in_for_signals() {
    coalescer::stand_in_for_signals();
}
