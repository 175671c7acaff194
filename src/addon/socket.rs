//! The class `Socket`.

use std::cell::Cell;
use std::io::IoSlice;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use napi::bindgen_prelude::{Object, Unknown};
use napi::{Result, ValueType};
use napi_derive::napi;

use super::bridge::Bridge;
use super::convert;
use crate::bridge::Bridge as Inner;
use crate::engine::address::Address;
use crate::engine::endpoint::Endpoint;
use crate::engine::errors::Status;
use crate::engine::options::{self, KeepAlive};
use crate::lane::LaneSocket;
use crate::lane::handle::{Delta, Handle};
use crate::lane::slots::Key;

/// One descriptor: TCP or Unix-domain, connecting, connected or listening. A status is 0 or a
/// negated errno.
#[napi]
pub struct Socket {
    bridge: Rc<Inner>,
    lane: LaneSocket,
    /// What JavaScript calls it.
    id: u32,
    /// Where the bridge keeps it while it is open.
    key: Cell<Option<Key>>,
}

#[napi]
impl Socket {
    /// A socket without a descriptor; `id` comes back in each of its events.
    #[napi(constructor, catch_unwind)]
    pub fn new(bridge: &Bridge, id: u32) -> Self {
        let bridge = Rc::clone(bridge.inner());
        let lane = bridge.new_socket(id);
        Socket { bridge, lane, id, key: Cell::new(None) }
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

    /// See [`Endpoint::accept`].
    #[napi]
    pub fn accept(&self, listener: &Socket) -> Status {
        let accepted = catch_unwind(AssertUnwindSafe(|| self.lane.accept(&listener.lane)));
        let (status, delta) = accepted.unwrap_or((-libc::EIO, Delta::default()));
        self.count(delta);
        status
    }

    /// See [`Endpoint::connect`].
    #[napi]
    pub fn connect(&self, address: String, port: u32) -> Status {
        self.run(|endpoint| endpoint.connect(&address, port as u16))
    }

    /// See [`Endpoint::connect_path`].
    #[napi]
    pub fn connect_path(&self, path: Unknown<'_>) -> Result<Status> {
        let names = self.bridge.names;
        with_path(&path, |path| self.run(|endpoint| endpoint.connect_path(path, names)))
    }

    /// See [`Endpoint::read_start`].
    #[napi]
    pub fn read_start(&self) -> Status {
        self.run(Endpoint::read_start)
    }

    /// See [`Endpoint::read_stop`].
    #[napi]
    pub fn read_stop(&self) -> Status {
        self.run(Endpoint::read_stop)
    }

    /// See [`Endpoint::set_read_size`].
    #[napi]
    pub fn set_read_size(&self, bytes: u32) {
        self.run(|endpoint| {
            endpoint.set_read_size(bytes as usize);
            0
        });
    }

    /// Writes a view: 0 sent, 1 queued, or an error. See [`Endpoint::write`].
    #[napi]
    pub fn write(&self, buffer: Unknown<'_>) -> Result<Status> {
        convert::with_bytes(&buffer, |bytes| self.send(&[IoSlice::new(bytes)]))
    }

    /// Writes a string in an encoding: 0 UTF-8, 1 Latin-1, 2 UTF-16LE.
    #[napi]
    pub fn write_string(&self, string: Unknown<'_>, encoding: u32) -> Result<Status> {
        convert::with_string(&string, encoding, |bytes| self.send(&[IoSlice::new(bytes)]))
    }

    /// Writes an array of views as one write.
    #[napi]
    pub fn writev(&self, buffers: Unknown<'_>) -> Result<Status> {
        convert::with_slices(&buffers, |slices| self.send(slices))
    }

    /// See [`Endpoint::shutdown`].
    #[napi]
    pub fn shutdown(&self) -> Status {
        self.run(Endpoint::shutdown)
    }

    /// See [`Endpoint::close`]; `unread`: bytes of an event were not used, see
    /// [`Endpoint::close_unread`]. Returns whether the event CLOSED is going to come.
    #[napi]
    pub fn close(&self, unread: Option<bool>) -> bool {
        let announced = self.bridge.begin_close(self.id);
        self.close_by(|endpoint| {
            if unread == Some(true) {
                endpoint.close_unread(true);
            } else {
                endpoint.close();
            }
            0
        });
        announced
    }

    /// See [`Endpoint::reset`]; nothing is closed if [`Endpoint::check_reset`] does not allow it. 1: the
    /// event CLOSED is going to come.
    #[napi]
    pub fn reset(&self) -> Status {
        let status = self.lane.ask(|handle| handle.endpoint.check_reset());
        if status != 0 {
            return status;
        }
        let announced = self.bridge.begin_close(self.id);
        match self.close_by(Endpoint::reset) {
            0 => Status::from(announced),
            status => status,
        }
    }

    /// Keeps the process alive while the socket reads or listens.
    #[napi(js_name = "ref")]
    pub fn reference(&self) {
        self.run_handle(|handle| {
            handle.refed = true;
            0
        });
    }

    /// Lets the process end while the socket only reads or listens.
    #[napi]
    pub fn unref(&self) {
        self.run_handle(|handle| {
            handle.refed = false;
            0
        });
    }

    /// Whether the socket is ref'd.
    #[napi]
    pub fn has_ref(&self) -> bool {
        self.lane.ask(|handle| handle.refed)
    }

    /// See [`options::set_no_delay`].
    #[napi]
    pub fn set_no_delay(&self, on: bool) -> Status {
        self.run(|endpoint| endpoint.set_no_delay(on))
    }

    /// See [`options::set_keep_alive`]. `interval` is 1 and `count` 10 unless given.
    #[napi]
    pub fn set_keep_alive(
        &self,
        on: bool,
        delay: Option<u32>,
        interval: Option<u32>,
        count: Option<u32>,
    ) -> Status {
        let keep_alive = KeepAlive {
            on,
            delay: delay.unwrap_or(0),
            interval: interval.unwrap_or(1),
            count: count.unwrap_or(10),
        };
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
        self.lane.ask(|handle| handle.endpoint.type_of_service())
    }

    /// See [`options::set_user_timeout`].
    #[napi]
    pub fn set_user_timeout(&self, milliseconds: u32) -> Status {
        self.run(|endpoint| {
            endpoint.with_socket(|socket| options::set_user_timeout(socket, milliseconds))
        })
    }

    /// See [`Endpoint::chmod`].
    #[napi]
    pub fn chmod(&self, mode: u32) -> Status {
        self.lane.ask(|handle| handle.endpoint.chmod(mode, self.bridge.modes))
    }

    /// Fills `out` with the local address.
    #[napi]
    pub fn getsockname(&self, out: Object<'_>) -> Result<Status> {
        fill(out, self.lane.ask(|handle| handle.endpoint.local_address()))
    }

    /// Fills `out` with the peer's address.
    #[napi]
    pub fn getpeername(&self, out: Object<'_>) -> Result<Status> {
        fill(out, self.lane.ask(|handle| handle.endpoint.peer_address()))
    }

    /// A new descriptor of the same socket, or an error.
    #[napi]
    pub fn dup(&self) -> i32 {
        self.run(Endpoint::duplicate)
    }

    /// The descriptor, or -1.
    #[napi(getter)]
    pub fn fd(&self) -> i32 {
        self.lane.ask(|handle| handle.endpoint.fd())
    }

    /// Bytes delivered to JavaScript.
    #[napi(getter)]
    pub fn bytes_read(&self) -> f64 {
        self.lane.ask(|handle| handle.endpoint.bytes_read()) as f64
    }

    /// Bytes given to the write methods: queued, sent or refused.
    #[napi(getter)]
    pub fn bytes_written(&self) -> f64 {
        self.lane.ask(|handle| handle.endpoint.bytes_written()) as f64
    }

    /// Bytes queued.
    #[napi(getter)]
    pub fn write_queue_size(&self) -> f64 {
        self.lane.ask(|handle| handle.endpoint.queued_bytes()) as f64
    }
}

impl Socket {
    fn send(&self, slices: &[IoSlice<'_>]) -> Status {
        self.run(|endpoint| endpoint.write(slices))
    }

    fn run(&self, command: impl FnOnce(&mut Endpoint) -> Status) -> Status {
        self.run_handle(|handle| command(&mut handle.endpoint))
    }

    /// Runs `command`; a panic becomes an error of this socket.
    fn run_handle(&self, command: impl FnOnce(&mut Handle) -> Status) -> Status {
        let (status, delta) = self.lane.command(|handle| {
            catch_unwind(AssertUnwindSafe(|| command(handle))).unwrap_or_else(|_| {
                handle.endpoint.fail(-libc::EIO);
                -libc::EIO
            })
        });
        self.count(delta);
        status
    }

    fn close_by(&self, close: impl FnOnce(&mut Endpoint) -> Status) -> Status {
        self.bridge.forget_socket(self.id, &self.lane);
        let (status, delta) = self.lane.close(|handle| close(&mut handle.endpoint));
        self.count(delta);
        status
    }

    fn count(&self, delta: Delta) {
        if delta != Delta::default() {
            self.bridge.count(delta, &self.lane, &self.key);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.close_by(|endpoint| {
            endpoint.close();
            0
        });
    }
}

/// Runs `use_path` on a path: a string, or a view.
fn with_path(path: &Unknown<'_>, use_path: impl FnOnce(&[u8]) -> Status) -> Result<Status> {
    const UTF8: u32 = 0;
    if path.get_type()? == ValueType::String {
        convert::with_string(path, UTF8, use_path)
    } else {
        convert::with_bytes(path, use_path)
    }
}

fn fill(mut out: Object<'_>, address: std::result::Result<Address, Status>) -> Result<Status> {
    match address {
        Ok(address) => convert::fill_address(&mut out, &address).map(|()| 0),
        Err(status) => Ok(status),
    }
}
