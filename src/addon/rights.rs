//! Descriptors that go with bytes, see [`crate::engine::rights`].

use std::cell::Cell;
use std::os::fd::{IntoRawFd, OwnedFd};

use napi::Result;
use napi::bindgen_prelude::Unknown;
use napi_derive::napi;

use super::bridge::Bridge;
use super::convert::{self, OwnBytes};
use crate::engine::descriptor;
use crate::engine::errors::{OK, Status, status_of};

/// Copies of descriptors that wait to be sent. Those that are not sent are closed, by `close` or with this.
#[napi]
#[derive(Default)]
pub struct HeldDescriptors {
    held: Cell<Vec<OwnedFd>>,
}

#[napi]
impl HeldDescriptors {
    /// None.
    #[napi(constructor)]
    pub fn new() -> Self {
        HeldDescriptors::default()
    }

    /// Adds a copy of `fd`. See [`descriptor::copy`].
    #[napi]
    pub fn add(&self, fd: i32) -> Status {
        match descriptor::copy(fd) {
            Ok(copy) => {
                let mut held = self.held.take();
                held.push(copy);
                self.held.set(held);
                OK
            }
            Err(error) => status_of(&error),
        }
    }

    /// Closes those that were not sent.
    #[napi]
    pub fn close(&self) {
        self.held.take();
    }
}

/// Descriptors that have arrived.
#[napi(object, object_from_js = false)]
pub struct PassedToJs {
    /// The caller owns them.
    pub descriptors: Vec<i32>,
    /// The bytes that came with them.
    pub data: OwnBytes,
}

#[napi]
impl Bridge {
    /// Writes the bytes of a view with `descriptors`: 0 sent, the id of a queued write, or a negated errno. See
    /// [`Stream::write_descriptors`](crate::engine::stream::Stream::write_descriptors).
    #[napi]
    pub fn write_descriptors(
        &self,
        id: u32,
        data: Unknown<'_>,
        descriptors: &HeldDescriptors,
    ) -> Result<Status> {
        convert::with_bytes(&data, |bytes| {
            let held = descriptors.held.take();
            self.inner().command(id, |handle| handle.endpoint.write_descriptors(bytes, held))
        })
    }

    /// See [`ReadSide::take_passed`](crate::engine::read::ReadSide::take_passed).
    #[napi]
    pub fn take_passed(&self, id: u32) -> Option<PassedToJs> {
        let mut taken = None;
        self.inner().command(id, |handle| {
            taken = handle.endpoint.take_passed();
            OK
        });
        let (descriptors, bytes) = taken?;
        let descriptors = descriptors.into_iter().map(IntoRawFd::into_raw_fd).collect();
        Some(PassedToJs { descriptors, data: OwnBytes(bytes) })
    }

    /// See [`ReadSide::decline_passed`](crate::engine::read::ReadSide::decline_passed).
    #[napi]
    pub fn decline_passed(&self, id: u32) -> Status {
        self.inner().command(id, |handle| handle.endpoint.decline_passed())
    }
}
