//! The class `Bridge`.

use std::ptr::{self, NonNull};
use std::rc::Rc;

use napi::bindgen_prelude::{Function, JsValue, Unknown};
use napi::{Env, Error, Result, Status, sys};
use napi_derive::napi;

use crate::backend::setting;
use crate::backend::tokio::runtime;
use crate::bridge::host::Host;
use crate::bridge::{Bridge as Inner, Functions};
#[cfg(target_os = "linux")]
use crate::engine::calls;

/// Whether the backend is uv where `RSNET_BACKEND` names none.
const UV_BY_DEFAULT: bool = true;

/// Where the events of an environment's sockets go.
#[napi]
pub struct Bridge {
    inner: Rc<Inner>,
    threads: u32,
    #[cfg(target_os = "linux")]
    pub(super) relays: super::relay::Relays,
}

#[napi]
impl Bridge {
    /// A bridge for the events of an environment.
    ///
    /// * The tokio backend calls `dispatch(id, kind, status, payload)` for each event, and `tick()` between two events.
    /// * The uv backend calls `dispatchBatch(count, payload)` for the events in `entries`, whose reads stand in `memory`
    ///   (see [`crate::backend::batch`]). `areas` is an array without a prototype: a Buffer of `USUAL_READ` bytes and one of
    ///   `MAX_READ` for the next large reads, and behind them, by slot, the Buffers of programs (`onread`).
    ///
    /// Either calls `uncaught(exception)` with what one of these has thrown.
    ///
    /// `RSNET_BACKEND` chooses the backend, `uv` or `tokio`; by default it is `uv`. A host whose event loop can watch no
    /// descriptor gets `tokio`.
    #[napi(constructor, catch_unwind)]
    #[allow(
        clippy::too_many_arguments,
        reason = "each is a value of JavaScript, which has no other holder"
    )]
    pub fn new(
        env: Env,
        dispatch: Function<'_, Unknown<'_>, Unknown<'_>>,
        tick: Function<'_, Unknown<'_>, Unknown<'_>>,
        dispatch_batch: Function<'_, Unknown<'_>, Unknown<'_>>,
        uncaught: Function<'_, Unknown<'_>, Unknown<'_>>,
        entries: Unknown<'_>,
        memory: Unknown<'_>,
        areas: Unknown<'_>,
    ) -> Result<Self> {
        let host = Host::of(&env)?;
        require_glibc();
        let uses_uv = choose_backend()?.unwrap_or(UV_BY_DEFAULT);
        let threads = runtime::thread_count().map_err(error)?;
        let functions = Functions {
            dispatch: dispatch.value().value,
            tick: tick.value().value,
            dispatch_batch: dispatch_batch.value().value,
            uncaught: uncaught.value().value,
            entries: entries.value().value,
            memory: memory.value().value,
            areas: areas.value().value,
        };
        // SAFETY: the environment and the functions belong to this call.
        let inner = unsafe { Inner::new(env.raw(), &functions, host, uses_uv)? };
        Ok(Bridge {
            inner,
            threads: threads as u32,
            #[cfg(target_os = "linux")]
            relays: Default::default(),
        })
    }

    /// The socket `id` reads into memory of the program's own, which stands in `areas` at `id + 2`. The tokio backend goes
    /// on to read into memory of the engine.
    #[napi]
    pub fn use_own_memory(&self, id: u32) {
        self.inner.use_own_memory(id);
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

    /// The memory in which small writes wait, and the published lengths, an `ArrayBuffer` each (see
    /// [`crate::engine::coalescer`]). `null`: there is none to be had, so JavaScript sends each write at once.
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

    /// JavaScript calls this after each iteration of the tokio backend that had an event, in the check phase.
    #[napi]
    pub fn rearm(&self) {
        self.inner.rearm();
    }

    /// The system calls that were made for the sockets and relays of the environment, in the order of
    /// [`Call`](crate::engine::calls::Call).
    #[napi]
    pub fn calls(&self) -> Vec<f64> {
        let counts = self.inner.calls();
        #[cfg(target_os = "linux")]
        let counts = {
            let relays = self.relays.calls.counts();
            std::array::from_fn::<_, { calls::CALL_KINDS }, _>(|kind| counts[kind] + relays[kind])
        };
        counts.map(|count| count as f64).to_vec()
    }

    /// Reports an exception that a listener has thrown, as Node reports its own.
    #[napi]
    pub fn report_uncaught(&self, env: Env, exception: Unknown<'_>) {
        // SAFETY: the exception belongs to this call.
        unsafe { sys::napi_fatal_exception(env.raw(), exception.value().value) };
    }

    /// The backend in use: `'uv'` or `'tokio'`.
    #[napi(getter)]
    pub fn backend(&self) -> &'static str {
        self.inner.backend_name()
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

/// Keeps musl from loading a library that is linked against glibc. Such a library names `libc.so.6` and its kin, and
/// musl's loader takes itself for them (ldso/dynlink.c, `load_library`). On arm64 the library names nothing else. So only
/// a symbol that musl lacks makes the loader refuse it.
fn require_glibc() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    std::hint::black_box(libc::gnu_get_libc_version as *const ());
}

/// Whether `RSNET_BACKEND` names the uv backend; `None`: it names none.
fn choose_backend() -> Result<Option<bool>> {
    match setting("RSNET_BACKEND").as_deref() {
        None => Ok(None),
        Some("uv") => Ok(Some(true)),
        Some("tokio") => Ok(Some(false)),
        Some(other) => Err(error(format!("RSNET_BACKEND must be uv or tokio, got {other:?}"))),
    }
}

fn error(text: String) -> Error {
    Error::new(Status::GenericFailure, text)
}
