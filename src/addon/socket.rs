//! The commands of sockets that are methods of [`Bridge`].

use std::io::IoSlice;
use std::os::fd::IntoRawFd;

use napi::bindgen_prelude::Unknown;
use napi::{Result, ValueType};
use napi_derive::napi;

use super::bridge::Bridge;
use super::convert::{self, OwnBytes};
use super::strings;
use crate::engine::endpoint::{Endpoint, Unlink};
use crate::engine::errors::Status;
use crate::engine::options::{self, KeepAlive};

/// A connection that JavaScript goes on with by other means.
#[napi(object, object_from_js = false)]
pub struct HandedOver {
    /// The descriptor, which the caller owns.
    pub fd: i32,
    /// Whether the event CLOSED is going to come.
    pub announced: bool,
    /// Bytes that were read and not delivered, if any.
    pub unread: Option<OwnBytes>,
    /// The negated errno that a read has found and not delivered, or 0.
    pub read_error: i32,
    /// Bytes that were written and not sent, if any.
    pub unsent: Option<OwnBytes>,
    /// The negated errno of a write that was not delivered, or 0.
    pub write_error: i32,
    /// Whether a shutdown was asked for that was not made.
    pub shuts: bool,
}

/// The rarer commands; the others are plain functions, see [`super::functions`]. The first command makes the socket `id`,
/// which stays until it is closed. A status is 0 or a negated errno.
#[napi]
impl Bridge {
    /// See [`Endpoint::open`]; `EEXIST`: another socket has the descriptor.
    #[napi]
    pub fn open(&self, id: u32, fd: i32) -> Status {
        if self.inner().owns(fd) {
            return -libc::EEXIST;
        }
        self.run(id, |endpoint| endpoint.open(fd))
    }

    /// See [`Endpoint::bind`].
    #[napi]
    pub fn bind(&self, id: u32, address: String, port: u32, flags: Option<u32>) -> Status {
        self.run(id, |endpoint| endpoint.bind(&address, port as u16, flags.unwrap_or(0)))
    }

    /// See [`Endpoint::bind_path`].
    #[napi]
    pub fn bind_path(&self, id: u32, path: Unknown<'_>) -> Result<Status> {
        let names = self.inner().names;
        with_path(&path, |path| self.run(id, |endpoint| endpoint.bind_path(path, names)))
    }

    /// See [`Endpoint::set_unlink`]. `rule`: `"never"`, `"own"`, or else always.
    #[napi]
    pub fn set_unlink(&self, id: u32, rule: String) {
        let unlink = match rule.as_str() {
            "never" => Unlink::Never,
            "own" => Unlink::Own,
            _ => Unlink::Always,
        };
        self.run(id, |endpoint| {
            endpoint.set_unlink(unlink);
            0
        });
    }

    /// See [`Endpoint::listen`].
    #[napi]
    pub fn listen(&self, id: u32, backlog: i32) -> Status {
        self.run(id, |endpoint| endpoint.listen(backlog))
    }

    /// See [`Endpoint::set_accepting`].
    #[napi]
    pub fn set_accepting(&self, id: u32, accepting: bool) -> Status {
        self.run(id, |endpoint| endpoint.set_accepting(accepting))
    }

    /// See [`Endpoint::connect_path`].
    #[napi]
    pub fn connect_path(&self, id: u32, path: Unknown<'_>) -> Result<Status> {
        let names = self.inner().names;
        with_path(&path, |path| self.run(id, |endpoint| endpoint.connect_path(path, names)))
    }

    /// See [`Endpoint::set_read_cap`].
    #[napi]
    pub fn set_read_cap(&self, id: u32, bytes: u32) {
        self.run(id, |endpoint| {
            endpoint.set_read_cap(bytes as usize);
            0
        });
    }

    /// See [`Endpoint::take_undelivered`].
    #[napi]
    pub fn take_undelivered(&self, id: u32) -> OwnBytes {
        let mut bytes = Vec::new();
        self.run(id, |endpoint| {
            bytes = endpoint.take_undelivered();
            0
        });
        OwnBytes(bytes)
    }

    /// See [`Endpoint::set_read_most`].
    #[napi]
    pub fn set_read_most(&self, id: u32, bytes: u32) {
        self.run(id, |endpoint| {
            endpoint.set_read_most(bytes as usize);
            0
        });
    }

    /// Writes a string in an encoding of [`strings`]. Returns the status and how many bytes it is.
    #[napi]
    pub fn write_string(&self, id: u32, string: Unknown<'_>, encoding: u32) -> Result<[f64; 2]> {
        if let Some(bytes) = strings::large_string(&string, encoding)? {
            return Ok(self.send_owned(id, bytes));
        }
        strings::with_string(&string, encoding, |bytes| {
            [f64::from(self.send(id, &[IoSlice::new(bytes)])), bytes.len() as f64]
        })
    }

    /// As [`Bridge::write_string`], of an array of strings of at most 64 Ki UTF-16 units each, which are the parts
    /// of one of `units`.
    #[napi]
    pub fn write_pieces(
        &self,
        id: u32,
        pieces: Unknown<'_>,
        encoding: u32,
        units: u32,
    ) -> Result<[f64; 2]> {
        Ok(self.send_owned(id, strings::pieces(&pieces, encoding, units as usize)?))
    }

    /// Writes an array of views as one write.
    #[napi]
    pub fn writev(&self, id: u32, buffers: Unknown<'_>) -> Result<Status> {
        convert::with_slices(&buffers, |slices| self.send(id, slices))
    }

    /// See [`Endpoint::write_large`], of an array of views.
    #[napi]
    pub fn write_large_chunks(
        &self,
        id: u32,
        buffers: Unknown<'_>,
        continues: bool,
    ) -> Result<Status> {
        convert::with_slices(&buffers, |slices| {
            self.run(id, |endpoint| endpoint.write_large(slices, continues))
        })
    }

    /// See [`Endpoint::write_rest`], of an array of views.
    #[napi]
    pub fn write_rest(&self, id: u32, buffers: Unknown<'_>) -> Result<Status> {
        convert::with_slices(&buffers, |slices| {
            self.run(id, |endpoint| endpoint.write_rest(slices))
        })
    }

    /// See [`Endpoint::reset`]; nothing is closed if [`Endpoint::check_reset`] does not allow it. 1: the
    /// event CLOSED is going to come.
    #[napi]
    pub fn reset(&self, id: u32) -> Status {
        let status = self.inner().ask(id, |handle| handle.endpoint.check_reset());
        if status != 0 {
            return status;
        }
        match self.inner().close(id, Endpoint::reset) {
            (0, announced) => Status::from(announced),
            (status, _) => status,
        }
    }

    /// Closes the socket and gives away its descriptor, see [`Endpoint::hand_over`]; `None`: this is no connection.
    #[napi]
    pub fn hand_over(&self, id: u32) -> Option<HandedOver> {
        if self.run(id, Endpoint::prepare_hand_over) != 0 {
            return None;
        }
        let mut remains = None;
        let (_, announced) = self.inner().close(id, |endpoint| {
            remains = endpoint.hand_over();
            0
        });
        remains.map(|remains| HandedOver {
            fd: remains.socket.into_raw_fd(),
            announced,
            unread: some_bytes(remains.unread),
            read_error: remains.read_error,
            unsent: some_bytes(remains.unsent),
            write_error: remains.write_error,
            shuts: remains.shuts,
        })
    }

    /// See [`options::set_keep_alive`].
    #[napi]
    pub fn set_keep_alive(
        &self,
        id: u32,
        on: bool,
        delay: u32,
        interval: u32,
        count: u32,
    ) -> Status {
        let keep_alive = KeepAlive { on, delay, interval, count };
        self.run(id, |endpoint| endpoint.set_keep_alive(keep_alive))
    }

    /// See [`options::set_type_of_service`].
    #[napi]
    pub fn set_type_of_service(&self, id: u32, tos: u32) -> Status {
        self.run(id, |endpoint| {
            endpoint.with_socket(|socket| options::set_type_of_service(socket, tos))
        })
    }

    /// See [`Endpoint::type_of_service`].
    #[napi]
    pub fn get_type_of_service(&self, id: u32) -> Status {
        self.inner().ask(id, |handle| handle.endpoint.type_of_service())
    }

    /// See [`Endpoint::chmod`].
    #[napi]
    pub fn chmod(&self, id: u32, mode: u32) -> Status {
        self.inner().ask(id, |handle| handle.endpoint.chmod(mode, self.inner().modes))
    }

    /// A new descriptor of the same socket, or an error.
    #[napi]
    pub fn dup(&self, id: u32) -> i32 {
        self.run(id, Endpoint::duplicate)
    }

    /// See [`Endpoint::lend_descriptor`].
    #[napi]
    pub fn lend_descriptor(&self, id: u32, lent: bool) -> i32 {
        self.run(id, |endpoint| endpoint.lend_descriptor(lent))
    }

    /// Bytes queued.
    #[napi]
    pub fn write_queue_size(&self, id: u32) -> f64 {
        self.inner().ask(id, |handle| handle.endpoint.queued_bytes()) as f64
    }
}

impl Bridge {
    fn send(&self, id: u32, slices: &[IoSlice<'_>]) -> Status {
        self.run(id, |endpoint| endpoint.write(slices))
    }

    fn send_owned(&self, id: u32, bytes: Vec<u8>) -> [f64; 2] {
        let length = bytes.len() as f64;
        [f64::from(self.run(id, |endpoint| endpoint.write_owned(bytes))), length]
    }

    pub(super) fn run(&self, id: u32, command: impl FnOnce(&mut Endpoint) -> Status) -> Status {
        self.inner().command(id, |handle| command(&mut handle.endpoint))
    }
}

fn some_bytes(bytes: Vec<u8>) -> Option<OwnBytes> {
    (!bytes.is_empty()).then_some(OwnBytes(bytes))
}

/// Runs `use_path` on a path: a string, or a view.
fn with_path(path: &Unknown<'_>, use_path: impl FnOnce(&[u8]) -> Status) -> Result<Status> {
    if path.get_type()? == ValueType::String {
        strings::with_string(path, strings::UTF8, use_path)
    } else {
        convert::with_bytes(path, use_path)
    }
}
