//! Functions on descriptors that no socket of rsnet has.

use napi_derive::napi;

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
