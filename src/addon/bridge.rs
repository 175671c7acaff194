//! The class `Bridge`.

use std::ptr::{self, NonNull};
use std::rc::Rc;

use napi::bindgen_prelude::{Function, JsValue, Unknown};
use napi::{Env, Error, Result, Status, ValueType, sys};
use napi_derive::napi;

use crate::bridge::host::Host;
use crate::bridge::{Bridge as Inner, Functions};
use crate::lane::runtime;

/// Whether a host whose event loop can watch descriptors gets the inline lane unasked.
const INLINE_BY_DEFAULT: bool = true;

/// Where the events of an environment's sockets go.
#[napi]
pub struct Bridge {
    inner: Rc<Inner>,
    threads: u32,
}

#[napi]
impl Bridge {
    /// A bridge that calls `dispatch(id, kind, status, payload)` for each event and `tick()` between
    /// two events of one turn; on the inline lane `dispatchBatch(count, payload)` for the events that
    /// stand in `entries`, whose reads stand in `memory` (see [`crate::lane::batch`]). `lane` is
    /// `'worker'` or `'inline'`; without it `RSNET_LANE` decides, then the host.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        env: Env,
        dispatch: Function<'_, Unknown<'_>, Unknown<'_>>,
        tick: Function<'_, Unknown<'_>, Unknown<'_>>,
        dispatch_batch: Function<'_, Unknown<'_>, Unknown<'_>>,
        entries: Unknown<'_>,
        memory: Unknown<'_>,
        lane: Option<String>,
    ) -> Result<Self> {
        let host = Host::of(&env)?;
        let inline = choose_lane(lane)?.unwrap_or(INLINE_BY_DEFAULT);
        let threads = runtime::thread_count().map_err(error)?;
        let functions = Functions {
            dispatch: dispatch.value().value,
            tick: tick.value().value,
            dispatch_batch: dispatch_batch.value().value,
            entries: entries.value().value,
            memory: memory.value().value,
        };
        // SAFETY: the environment and the functions belong to this call.
        let inner = unsafe { Inner::new(env.raw(), &functions, host, inline)? };
        Ok(Bridge { inner, threads: threads as u32 })
    }

    /// Gives the socket `id` memory of its own to read into, a `Uint8Array`; `undefined` takes it away.
    /// Returns whether it is used: the worker lane reads into memory of the engine.
    #[napi]
    pub fn set_memory(&self, id: u32, view: Unknown<'_>) -> Result<bool> {
        let view = (view.get_type()? != ValueType::Undefined).then(|| view.value().value);
        // SAFETY: the view belongs to this call.
        unsafe { self.inner.set_memory(id, view) }
    }

    /// The functions of its sockets that are called often, see [`super::functions`].
    #[napi]
    pub fn functions<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        // SAFETY: the environment belongs to this call, as do the functions that it makes.
        unsafe {
            let object = super::functions::make(env.raw(), &self.inner)?;
            Ok(Unknown::from_raw_unchecked(env.raw(), object))
        }
    }

    /// The memory in which small writes wait to be sent together, and the published lengths, an `ArrayBuffer` each: see
    /// [`crate::engine::coalescer`]. `null`: there is none to be had, and each write is sent at once.
    #[napi]
    pub fn coalescer<'env>(&self, env: &'env Env) -> Option<Coalescer<'env>> {
        let pool = self.inner.coalescer()?;
        // SAFETY: the environment belongs to this call, and a pool's memory is never freed.
        unsafe {
            Some(Coalescer {
                memory: external_memory(env, pool.memory())?,
                published: external_memory(env, pool.published())?,
            })
        }
    }

    /// To be called after each turn of the worker lane that had an event, once the event loop has
    /// gone on.
    #[napi]
    pub fn rest(&self) {
        self.inner.rest();
    }

    /// Reports an exception that a listener has thrown, as Node reports its own.
    #[napi]
    pub fn raise(&self, env: Env, exception: Unknown<'_>) {
        // SAFETY: the exception belongs to this call.
        unsafe { sys::napi_fatal_exception(env.raw(), exception.value().value) };
    }

    /// The lane in use: `'worker'` or `'inline'`.
    #[napi(getter)]
    pub fn lane(&self) -> &'static str {
        self.inner.lane_name()
    }

    /// Threads of the runtime.
    #[napi(getter)]
    pub fn threads(&self) -> u32 {
        self.threads
    }
}

/// What [`Bridge::coalescer`] gives.
#[napi(object)]
pub struct Coalescer<'env> {
    /// All buffers, one behind the other.
    pub memory: Unknown<'env>,
    /// How many bytes each of them has, 32 bits each.
    pub published: Unknown<'env>,
}

/// An `ArrayBuffer` over memory of the addon; `None` where the host allows no such.
///
/// # Safety
/// `env` belongs to the running call of a JavaScript function, and the memory is never freed.
unsafe fn external_memory(
    env: &Env,
    (memory, length): (NonNull<u8>, usize),
) -> Option<Unknown<'_>> {
    let mut value = ptr::null_mut();
    // SAFETY: passed on to the caller; the result is written to a local.
    unsafe {
        let status = sys::napi_create_external_arraybuffer(
            env.raw(),
            memory.as_ptr().cast(),
            length,
            None,
            ptr::null_mut(),
            &raw mut value,
        );
        (status == sys::Status::napi_ok).then(|| Unknown::from_raw_unchecked(env.raw(), value))
    }
}

impl Bridge {
    /// The bridge behind the class.
    pub(super) fn inner(&self) -> &Rc<Inner> {
        &self.inner
    }
}

/// Whether the argument, or else `RSNET_LANE`, names the inline lane; `None`: nothing names one.
fn choose_lane(argument: Option<String>) -> Result<Option<bool>> {
    let setting = std::env::var_os("RSNET_LANE").map(|value| value.to_string_lossy().into_owned());
    match argument.or(setting).as_deref() {
        None => Ok(None),
        Some("inline") => Ok(Some(true)),
        Some("worker") => Ok(Some(false)),
        Some(other) => Err(error(format!("RSNET_LANE must be worker or inline, got {other:?}"))),
    }
}

fn error(text: String) -> Error {
    Error::new(Status::GenericFailure, text)
}
