//! The commands that most sockets get, as plain functions `command(id, ...)`: they cost less than methods of a class, see
//! [`super::raw`]. A status is 0 or a negated errno.

use std::ffi::CStr;
use std::ptr;
use std::rc::Rc;

use napi::bindgen_prelude::{FromNapiValue, Object};
use napi::{Result, check_status, sys};

use super::convert;
use super::raw::{Callback, Invocation, answer, function};
use super::writer::WRITERS;
use crate::bridge::Bridge;
use crate::engine::address::Address;
use crate::engine::endpoint::Endpoint;
use crate::engine::errors::Status;

/// Room for the text of a numeric address: that of IPv6, and a scope, which is the name of an interface
/// or a number.
const ADDRESS_ROOM: usize = 128;

/// Makes an object with a function for each command of sockets of `bridge`.
///
/// # Errors
/// Those of Node-API.
///
/// # Safety
/// `env` belongs to the running call of a JavaScript function.
pub unsafe fn make(env: sys::napi_env, bridge: &Rc<Bridge>) -> Result<sys::napi_value> {
    let mut object = ptr::null_mut();
    // SAFETY: the results belong to the running call; names are NUL-terminated; each callback takes a
    // bridge from its data.
    unsafe {
        check_status!(sys::napi_create_object(env, &raw mut object))?;
        for &(name, callback) in COMMANDS.iter().chain(&WRITERS) {
            let function = function(env, name, callback, Rc::clone(bridge))?;
            check_status!(sys::napi_set_named_property(env, object, name.as_ptr(), function))?;
        }
    }
    Ok(object)
}

/// Defines a callback for each command, and `COMMANDS`, which lists them by the names that JavaScript calls.
macro_rules! commands {
    ($($(#[$text:meta])* $name:ident = $shown:literal: $command:expr;)*) => {
        $(
            $(#[$text])*
            unsafe extern "C" fn $name(
                env: sys::napi_env,
                info: sys::napi_callback_info,
            ) -> sys::napi_value {
                // SAFETY: Node-API calls the functions that `make` made.
                unsafe { answer(env, info, $command) }
            }
        )*

        const COMMANDS: &[(&CStr, Callback)] = &[$(($shown, $name)),*];
    };
}

commands! {
    /// `connect(id, address, port)`, see [`Endpoint::connect`].
    connect = c"connect": |call, id| {
        let status = call.number(2).and_then(|port| {
            call.with_text::<ADDRESS_ROOM, _>(1, |address| {
                call.bridge.command(id, |handle| handle.endpoint.connect(address, port as u16))
            })
        });
        f64::from(status.unwrap_or(-libc::EINVAL))
    };
    /// `accept(id, listener)`, see [`Endpoint::accept`].
    accept = c"accept": |call, id| {
        let status = call.number(1).map_or(-libc::EINVAL, |from| call.bridge.accept(id, from));
        f64::from(status)
    };
    /// `acceptDescriptor(listener)`, see [`Endpoint::accept_descriptor`].
    accept_descriptor = c"acceptDescriptor": |call, id| run(call, id, Endpoint::accept_descriptor);
    /// `readStart(id)`, see [`Endpoint::read_start`].
    read_start = c"readStart": |call, id| run(call, id, Endpoint::read_start);
    /// `readStop(id)`, see [`Endpoint::read_stop`].
    read_stop = c"readStop": |call, id| run(call, id, Endpoint::read_stop);
    /// `shutdown(id)`, see [`Endpoint::shutdown`].
    shutdown = c"shutdown": |call, id| run(call, id, Endpoint::shutdown);
    /// `close(id, unread)`, see [`Endpoint::close`]; `unread`: bytes of an event were not used, see
    /// [`Endpoint::close_unread`]. 1: the event CLOSED is going to come.
    close = c"close": |call, id| {
        let unread = call.is_true(1);
        let (_, announced) = call.bridge.close(id, |endpoint| {
            if unread {
                endpoint.close_unread(true);
            } else {
                endpoint.close();
            }
            0
        });
        f64::from(u8::from(announced))
    };
    /// `ref(id)`: the process stays alive while the socket reads or listens.
    reference = c"ref": |call, id| set_refed(call, id, true);
    /// `unref(id)`: the process may end while the socket only reads or listens.
    unreference = c"unref": |call, id| set_refed(call, id, false);
    /// `setNoDelay(id, on)`, see [`Endpoint::set_no_delay`].
    set_no_delay = c"setNoDelay": |call, id| {
        let on = call.is_true(1);
        run(call, id, |endpoint| endpoint.set_no_delay(on))
    };
    /// `getsockname(id, out)`: fills `out` with the local address.
    getsockname = c"getsockname": |call, id| {
        fill(call, call.bridge.ask(id, |handle| handle.endpoint.local_address()))
    };
    /// `getpeername(id, out)`: fills `out` with the peer's address.
    getpeername = c"getpeername": |call, id| {
        fill(call, call.bridge.ask(id, |handle| handle.endpoint.peer_address()))
    };
    /// `pendingError(id)`, see [`Endpoint::pending_error`].
    pending_error = c"pendingError": |call, id| {
        f64::from(call.bridge.ask(id, |handle| handle.endpoint.pending_error()))
    };
    /// `fd(id)`: the descriptor, or -1.
    descriptor = c"fd": |call, id| run(call, id, |endpoint| endpoint.show_descriptor());
    /// `hasPendingRead(id)`: 1 or 0, see [`Endpoint::has_pending_read`].
    has_pending_read = c"hasPendingRead": |call, id| {
        f64::from(u8::from(call.bridge.ask(id, |handle| handle.endpoint.has_pending_read())))
    };
    /// `bytesRead(id)`: bytes delivered to JavaScript.
    bytes_read = c"bytesRead": |call, id| {
        call.bridge.ask(id, |handle| handle.endpoint.bytes_read()) as f64
    };
    /// `beginBuffer(id)`, see [`Bridge::begin_buffer`](crate::bridge::Bridge::begin_buffer).
    begin_buffer = c"beginBuffer": |call, id| f64::from(call.bridge.begin_buffer(id));
    /// `sendBuffer(id, buffer)`: sends what the buffer has and frees it. 0 sent, the id of a queued write, or a negated
    /// errno.
    send_buffer = c"sendBuffer": |call, id| {
        let buffer = call.number(1).unwrap_or(u32::MAX);
        f64::from(call.bridge.send_buffer(id, buffer as usize))
    };
}

fn run(call: &Invocation<'_>, id: u32, command: impl FnOnce(&mut Endpoint) -> Status) -> f64 {
    f64::from(call.bridge.command(id, |handle| command(&mut handle.endpoint)))
}

fn set_refed(call: &Invocation<'_>, id: u32, refed: bool) -> f64 {
    let status = call.bridge.command(id, |handle| {
        handle.refed = refed;
        0
    });
    f64::from(status)
}

/// Fills the second argument with an address.
fn fill(call: &Invocation<'_>, address: std::result::Result<Address, Status>) -> f64 {
    let status = match address {
        Ok(address) => {
            // SAFETY: the argument belongs to the running call; what is no object is refused.
            let out = unsafe { Object::from_napi_value(call.env, call.arguments[1]) };
            let filled = out.and_then(|mut out| convert::fill_address(&mut out, &address));
            filled.map_or(-libc::EINVAL, |()| 0)
        }
        Err(status) => status,
    };
    f64::from(status)
}
