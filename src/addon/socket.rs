//! The class `Socket`.

use std::io::IoSlice;
use std::os::fd::IntoRawFd;
use std::rc::Rc;

use napi::bindgen_prelude::{Buffer, Either, Unknown};
use napi::{Result, ValueType};
use napi_derive::napi;

use super::bridge::Bridge;
use super::{convert, strings};
use crate::bridge::Bridge as Inner;
use crate::engine::endpoint::Endpoint;
use crate::engine::errors::Status;
use crate::engine::options::{self, KeepAlive};

/// The commands of one socket that are not among the plain functions, see [`super::functions`]. It is
/// only a view: the socket is made by its first command and stays until it is closed. A status is 0 or
/// a negated errno.
#[napi]
pub struct Socket {
    bridge: Rc<Inner>,
    /// What JavaScript calls it.
    id: u32,
}

/// A connection that JavaScript goes on with by other means.
#[napi(object)]
pub struct HandedOver {
    /// The descriptor, which the caller owns.
    pub fd: i32,
    /// Whether the event CLOSED is going to come.
    pub announced: bool,
    /// Bytes that were read and not delivered, if any.
    pub unread: Option<Buffer>,
    /// The negated errno that a read has found and not delivered, or 0.
    pub read_error: i32,
    /// Bytes that were written and not sent, if any.
    pub unsent: Option<Buffer>,
    /// The negated errno of a write that was not delivered, or 0.
    pub write_error: i32,
    /// Whether a shutdown was asked for that was not made.
    pub shuts: bool,
}

#[napi]
impl Socket {
    /// The socket `id`, which comes back in each of its events.
    #[napi(constructor, catch_unwind)]
    pub fn new(bridge: &Bridge, id: u32) -> Self {
        Socket { bridge: Rc::clone(bridge.inner()), id }
    }

    /// See [`Endpoint::open`]; `EEXIST`: another socket has the descriptor.
    #[napi]
    pub fn open(&self, fd: i32) -> Status {
        if self.bridge.owns(fd) {
            return -libc::EEXIST;
        }
        self.run(|endpoint| endpoint.open(fd))
    }

    /// See [`Endpoint::bind`].
    #[napi]
    pub fn bind(&self, address: String, port: u32, flags: Option<u32>) -> Status {
        self.run(|endpoint| endpoint.bind(&address, port as u16, flags.unwrap_or(0)))
    }

    /// See [`Endpoint::bind_path`].
    #[napi]
    pub fn bind_path(&self, path: Unknown<'_>) -> Result<Status> {
        let names = self.bridge.names;
        with_path(&path, |path| self.run(|endpoint| endpoint.bind_path(path, names)))
    }

    /// See [`Endpoint::listen`].
    #[napi]
    pub fn listen(&self, backlog: i32) -> Status {
        self.run(|endpoint| endpoint.listen(backlog))
    }

    /// See [`Endpoint::connect_path`].
    #[napi]
    pub fn connect_path(&self, path: Unknown<'_>) -> Result<Status> {
        let names = self.bridge.names;
        with_path(&path, |path| self.run(|endpoint| endpoint.connect_path(path, names)))
    }

    /// See [`Endpoint::set_read_size`].
    #[napi]
    pub fn set_read_size(&self, bytes: u32) {
        self.run(|endpoint| {
            endpoint.set_read_size(bytes as usize);
            0
        });
    }

    /// See [`Endpoint::take_undelivered`].
    #[napi]
    pub fn take_undelivered(&self) -> Buffer {
        let mut bytes = Vec::new();
        self.run(|endpoint| {
            bytes = endpoint.take_undelivered();
            0
        });
        bytes.into()
    }

    /// See [`Endpoint::set_read_most`].
    #[napi]
    pub fn set_read_most(&self, bytes: u32) {
        self.run(|endpoint| {
            endpoint.set_read_most(bytes as usize);
            0
        });
    }

    /// Writes a string in an encoding of [`strings`]. Returns the status and how many bytes it is.
    #[napi]
    pub fn write_string(&self, string: Unknown<'_>, encoding: u32) -> Result<[f64; 2]> {
        if let Some(bytes) = strings::large_string(&string, encoding)? {
            return Ok(self.send_owned(bytes));
        }
        strings::with_string(&string, encoding, |bytes| {
            [f64::from(self.send(&[IoSlice::new(bytes)])), bytes.len() as f64]
        })
    }

    /// As [`Socket::write_string`], of an array of strings of at most 64 Ki UTF-16 units each, which are the parts
    /// of one of `units`.
    #[napi]
    pub fn write_pieces(&self, pieces: Unknown<'_>, encoding: u32, units: u32) -> Result<[f64; 2]> {
        Ok(self.send_owned(strings::pieces(&pieces, encoding, units as usize)?))
    }

    /// Writes an array of views as one write.
    #[napi]
    pub fn writev(&self, buffers: Unknown<'_>) -> Result<Status> {
        convert::with_slices(&buffers, |slices| self.send(slices))
    }

    /// See [`Endpoint::write_rest`], of an array of views.
    #[napi]
    pub fn write_rest(&self, buffers: Unknown<'_>) -> Result<Status> {
        convert::with_slices(&buffers, |slices| self.run(|endpoint| endpoint.write_rest(slices)))
    }

    /// See [`Endpoint::reset`]; nothing is closed if [`Endpoint::check_reset`] does not allow it. 1: the
    /// event CLOSED is going to come.
    #[napi]
    pub fn reset(&self) -> Status {
        let status = self.bridge.ask(self.id, |handle| handle.endpoint.check_reset());
        if status != 0 {
            return status;
        }
        match self.bridge.close(self.id, Endpoint::reset) {
            (0, announced) => Status::from(announced),
            (status, _) => status,
        }
    }

    /// Closes the socket and gives away its descriptor, see [`Endpoint::hand_over`]; `None`: this is no connection.
    #[napi]
    pub fn hand_over(&self) -> Option<HandedOver> {
        if self.run(Endpoint::prepare_hand_over) != 0 {
            return None;
        }
        let mut remains = None;
        let (_, announced) = self.bridge.close(self.id, |endpoint| {
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
    pub fn set_keep_alive(&self, on: bool, delay: u32, interval: u32, count: u32) -> Status {
        let keep_alive = KeepAlive { on, delay, interval, count };
        self.run(|endpoint| endpoint.set_keep_alive(keep_alive))
    }

    /// See [`options::set_type_of_service`].
    #[napi]
    pub fn set_type_of_service(&self, tos: u32) -> Status {
        self.run(|endpoint| {
            endpoint.with_socket(|socket| options::set_type_of_service(socket, tos))
        })
    }

    /// See [`Endpoint::type_of_service`].
    #[napi]
    pub fn get_type_of_service(&self) -> Status {
        self.bridge.ask(self.id, |handle| handle.endpoint.type_of_service())
    }

    /// See [`Endpoint::set_congestion_control`].
    #[napi]
    pub fn set_congestion_control(&self, name: String) -> Status {
        self.run(|endpoint| endpoint.set_congestion_control(&name))
    }

    /// See [`Endpoint::congestion_control`]: the name, or an error.
    #[napi]
    pub fn get_congestion_control(&self) -> Either<String, Status> {
        match self.bridge.ask(self.id, |handle| handle.endpoint.congestion_control()) {
            Ok(name) => Either::A(name),
            Err(status) => Either::B(status),
        }
    }

    /// See [`Endpoint::chmod`].
    #[napi]
    pub fn chmod(&self, mode: u32) -> Status {
        self.bridge.ask(self.id, |handle| handle.endpoint.chmod(mode, self.bridge.modes))
    }

    /// A new descriptor of the same socket, or an error.
    #[napi]
    pub fn dup(&self) -> i32 {
        self.run(Endpoint::duplicate)
    }

    /// Bytes queued.
    #[napi(getter)]
    pub fn write_queue_size(&self) -> f64 {
        self.bridge.ask(self.id, |handle| handle.endpoint.queued_bytes()) as f64
    }
}

impl Socket {
    fn send(&self, slices: &[IoSlice<'_>]) -> Status {
        self.run(|endpoint| endpoint.write(slices))
    }

    fn send_owned(&self, bytes: Vec<u8>) -> [f64; 2] {
        let length = bytes.len() as f64;
        [f64::from(self.run(|endpoint| endpoint.write_owned(bytes))), length]
    }

    fn run(&self, command: impl FnOnce(&mut Endpoint) -> Status) -> Status {
        self.bridge.command(self.id, |handle| command(&mut handle.endpoint))
    }
}

fn some_bytes(bytes: Vec<u8>) -> Option<Buffer> {
    (!bytes.is_empty()).then(|| bytes.into())
}

/// Runs `use_path` on a path: a string, or a view.
fn with_path(path: &Unknown<'_>, use_path: impl FnOnce(&[u8]) -> Status) -> Result<Status> {
    if path.get_type()? == ValueType::String {
        strings::with_string(path, strings::UTF8, use_path)
    } else {
        convert::with_bytes(path, use_path)
    }
}
