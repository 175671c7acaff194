//! Functions on descriptors that belong to nobody's `Socket` yet.

use napi_derive::napi;

use crate::engine::coalescer;
use crate::engine::descriptor;
use crate::engine::errors::{Status, status_of};

/// What a descriptor is, as a number of [`descriptor::DescriptorKind`].
#[napi]
pub fn descriptor_kind(fd: i32) -> u32 {
    descriptor::kind(fd) as u32
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
