//! Socket options by their names.

use napi::bindgen_prelude::{Buffer, Either, Uint8Array};
use napi_derive::napi;

use super::bridge::Bridge;
use crate::engine::errors::Status;

#[napi]
impl Bridge {
    /// See [`Endpoint::set_option`](crate::engine::endpoint::Endpoint::set_option).
    #[napi]
    pub fn set_option(&self, id: u32, name: String, value: Uint8Array) -> Status {
        self.inner().command(id, |handle| handle.endpoint.set_option(&name, &value))
    }

    /// See [`Endpoint::option`](crate::engine::endpoint::Endpoint::option): its bytes, or an error.
    #[napi]
    pub fn get_option(&self, id: u32, name: String) -> Either<Buffer, Status> {
        match self.inner().ask(id, |handle| handle.endpoint.option(&name)) {
            Ok(bytes) => Either::A(Buffer::from(bytes)),
            Err(status) => Either::B(status),
        }
    }
}
