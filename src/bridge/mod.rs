//! Engine events to JavaScript: one [`Bridge`] for each environment and instance of the module.
//!
//! Everything here runs on the environment's JavaScript thread; only the wake-up of the threadsafe
//! function ([`wake`]) crosses over from the runtime's threads.

mod batches;
mod buffers;
mod call;
pub mod commands;
pub mod host;
mod resource;
mod scope;
mod sockets;
mod uv;
mod wake;

use std::cell::{Cell, OnceCell};
use std::ffi::c_void;
use std::rc::Rc;
use std::sync::Arc;

use napi::sys;

use crate::backend::handle::RefDelta;
use crate::backend::tokio::ready_queue::ReadyQueue;
use crate::backend::uv::UvBackend;
use crate::backend::{Delivery, EVENTS_PER_ITERATION};
use crate::engine::address::NameRules;
use crate::engine::coalescer::Pool;
use crate::engine::endpoint::ModeRule;
use crate::engine::event::Event;
use crate::engine::memory::MAX_READ;
use batches::Batches;
use call::Callbacks;
pub use call::Functions;
use host::Host;
use scope::Scope;
use sockets::Sockets;
use uv::{Closer, UvLoop, Watch};
use wake::Waker;

/// So many bytes count as one more event of an iteration, which so takes four of the largest reads.
const BYTES_PER_EVENT: usize = 4 * MAX_READ / EVENTS_PER_ITERATION;

/// An environment's side of the sockets that one instance of the module made.
pub struct Bridge {
    env: sys::napi_env,
    callbacks: Callbacks,
    backend: Backend,
    /// `None` where the event loop is not libuv's.
    closer: Option<Closer>,
    /// How the host reads Unix-domain names.
    pub names: NameRules,
    /// What opening a path to everybody does to its mode.
    pub modes: ModeRule,
    /// See [`Host::reports_resets`].
    reports_resets: bool,
    /// Sockets that keep the process alive.
    alive: Cell<i32>,
    /// Sockets with a descriptor.
    open: Cell<i32>,
    sockets: Sockets,
    /// Where small writes wait; `None` inside: there are no buffers to be had.
    coalescer: OnceCell<Option<&'static Pool>>,
    /// Whether the environment ended.
    ended: Cell<bool>,
}

/// The backend of a bridge.
enum Backend {
    Tokio { ready_queue: Arc<ReadyQueue>, waker: Waker },
    Uv { backend: Rc<UvBackend>, watch: Watch, scope: Scope, batches: Batches },
}

impl Backend {
    /// # Safety
    /// `env` belongs to the running call of a JavaScript function.
    unsafe fn tokio(env: sys::napi_env) -> napi::Result<Self> {
        // SAFETY: passed on to the caller.
        let waker = unsafe { Waker::new(env)? };
        Ok(Backend::Tokio { ready_queue: ReadyQueue::new(waker.wake()), waker })
    }

    /// `None`: the host's event loop can watch no descriptor.
    ///
    /// # Safety
    /// `env` belongs to the running call of a JavaScript function.
    unsafe fn uv(env: sys::napi_env, functions: &Functions, uv_loop: &Rc<UvLoop>) -> Option<Self> {
        let backend = UvBackend::new().ok()?;
        // SAFETY: passed on to the caller.
        let batches = unsafe { Batches::new(env, functions).ok()? };
        let watch = Watch::new(uv_loop, backend.fd())?;
        backend.set_event_loop(watch.event_loop()?);
        Some(Backend::Uv { backend, watch, scope: Scope::default(), batches })
    }
}

impl Bridge {
    /// A bridge that calls `functions`; on the uv backend if it is asked for and the host can do it,
    /// else on the tokio backend.
    ///
    /// # Errors
    /// Those of Node-API.
    ///
    /// # Safety
    /// `env` and `functions` belong to the running call of a JavaScript function.
    pub unsafe fn new(
        env: sys::napi_env,
        functions: &Functions,
        host: Host,
        uses_uv: bool,
    ) -> napi::Result<Rc<Self>> {
        // SAFETY: passed on to the caller.
        let uv_loop = if host.is_node { unsafe { UvLoop::new(env) } } else { None };
        let backend = match uv_loop.as_ref().filter(|_| uses_uv) {
            // SAFETY: as above.
            Some(uv_loop) => unsafe { Backend::uv(env, functions, uv_loop) },
            None => None,
        };
        let backend = match backend {
            Some(backend) => backend,
            // SAFETY: as above.
            None => unsafe { Backend::tokio(env)? },
        };
        let from_loop = host.is_node && matches!(backend, Backend::Tokio { .. });
        // SAFETY: as above.
        let callbacks = unsafe { Callbacks::new(env, functions, from_loop)? };
        let bridge = Rc::new(Bridge {
            env,
            callbacks,
            backend,
            closer: uv_loop.clone().map(Closer::new),
            names: host.name_rules(),
            modes: host.mode_rule(),
            reports_resets: host.reports_resets(),
            alive: Cell::new(0),
            open: Cell::new(0),
            sockets: Sockets::default(),
            coalescer: OnceCell::new(),
            ended: Cell::new(false),
        });
        if let Some(uv_loop) = uv_loop {
            uv_loop.set_bridge(&bridge);
        }
        if let Backend::Tokio { waker, .. } = &bridge.backend {
            waker.set_bridge(&bridge);
        }
        // SAFETY: the hook is removed before the bridge is dropped, so its argument is valid.
        napi::check_status!(unsafe {
            sys::napi_add_env_cleanup_hook(env, Some(end), Rc::as_ptr(&bridge).cast_mut().cast())
        })?;
        Ok(bridge)
    }

    /// The name of the backend.
    pub fn backend_name(&self) -> &'static str {
        match self.backend {
            Backend::Tokio { .. } => "tokio",
            Backend::Uv { .. } => "uv",
        }
    }

    /// The closing phase has come for the sockets that the closer has announced.
    fn run_closing(&self) {
        let ids = self.closer.as_ref().map(Closer::take).unwrap_or_default();
        let mut rest = &ids[..];
        while let [id, others @ ..] = rest {
            if self.ended.get() {
                return;
            }
            let mut count = 1;
            match &self.backend {
                Backend::Uv { scope, batches, .. } if !others.is_empty() => {
                    scope.run(self.env, || {
                        count = batches.fill_closed(self.env, rest);
                        self.callbacks.dispatch_batch(self.env, count, None)
                    });
                }
                Backend::Uv { scope, .. } => {
                    scope.run(self.env, || self.callbacks.dispatch_closed(self.env, *id));
                }
                Backend::Tokio { .. } => {
                    self.callbacks.dispatch_closed(self.env, *id);
                }
            }
            // JavaScript has taken its array away, or cannot run any more.
            if count == 0 {
                return;
            }
            self.apply(RefDelta { alive: 0, open: -(count as i32), descriptor: -1 });
            rest = &rest[count..];
        }
    }

    /// Hands what the runtime's threads have found to JavaScript. The threadsafe function has opened a callback scope, in
    /// which Node runs no ticks. So `tick` runs them between two events.
    fn run_tokio(&self) {
        let Backend::Tokio { ready_queue, .. } = &self.backend else { return };
        ready_queue.run(
            || self.callbacks.tick(self.env),
            |id, event| self.deliver(id, event),
            |delta| self.apply(delta),
        );
    }

    /// JavaScript says that the event loop has gone on since the last iteration of the tokio backend. An earlier wake-up
    /// would have been answered before the rest of the loop has run, its closing callbacks among it.
    pub fn rearm(&self) {
        if let Backend::Tokio { ready_queue, .. } = &self.backend {
            ready_queue.rearm();
        }
    }

    /// Runs an iteration of the uv backend. `ready`: its descriptor is readable.
    fn run_uv(&self, ready: bool) {
        let Backend::Uv { backend, .. } = &self.backend else { return };
        if ready {
            backend.collect();
        } else {
            backend.release_eof();
        }
        self.serve_uv();
    }

    /// As [`Bridge::run_uv`], for the socket that the event loop watches itself; `is_plain`: see
    /// [`UvBackend::collect_solo`].
    fn run_uv_solo(&self, is_plain: bool) {
        let Backend::Uv { backend, .. } = &self.backend else { return };
        backend.collect_solo(is_plain);
        self.serve_uv();
    }

    /// Hands what the iteration has found to JavaScript by batches, and ends the iteration.
    fn serve_uv(&self) {
        let Backend::Uv { backend, scope, batches, .. } = &self.backend else { return };
        let _end = EndOfIteration(backend);
        let mut events = 0;
        while events < EVENTS_PER_ITERATION && backend.is_due() && !self.ended.get() {
            let mut count = 0;
            let delivery = scope.run(self.env, || {
                let filled = batches.fill(self.env, |batch| {
                    backend.fill(batch, |delta| self.apply(delta));
                });
                count = filled.count;
                if count == 0 {
                    return Delivery::Continue;
                }
                // After a few large reads the rest of the event loop runs.
                events += filled.bytes / BYTES_PER_EVENT;
                self.callbacks.dispatch_batch(self.env, count, filled.chunk)
            });
            if delivery == Delivery::Stop {
                return backend.end();
            }
            if count == 0 {
                break;
            }
            events += count;
        }
    }

    fn deliver(&self, id: u32, event: Event) -> Delivery {
        if self.ended.get() {
            return Delivery::Stop;
        }
        self.callbacks.dispatch(self.env, id, event)
    }

    /// Keeps the process, and the callbacks, alive as long as there are sockets that need it.
    fn apply(&self, delta: RefDelta) {
        if self.ended.get() || delta == RefDelta::default() {
            return;
        }
        self.sockets.note(delta);
        if let Some(refed) = step(&self.alive, delta.alive) {
            match &self.backend {
                Backend::Tokio { waker, .. } => waker.set_refed(self.env, refed),
                Backend::Uv { watch, .. } => watch.set_refed(refed),
            }
        }
        if let Some(strong) = step(&self.open, delta.open) {
            self.callbacks.set_strong(self.env, strong);
        }
    }

    /// The environment ends: closes every socket and sees to it that no wake-up comes any more.
    fn end(&self) {
        if self.ended.replace(true) {
            return;
        }
        if let Some(Some(pool)) = self.coalescer.get() {
            pool.give_back();
        }
        for socket in self.sockets.drain() {
            socket.close(|handle| handle.endpoint.close());
        }
        if let Some(closer) = &self.closer {
            closer.end();
        }
        match &self.backend {
            Backend::Tokio { ready_queue, waker } => {
                ready_queue.end();
                waker.release();
            }
            Backend::Uv { backend, watch, scope, batches } => {
                backend.end();
                watch.close();
                scope.delete(self.env);
                batches.delete(self.env);
            }
        }
        self.callbacks.delete(self.env);
    }
}

/// Ends an iteration of the uv backend, however that comes.
struct EndOfIteration<'a>(&'a UvBackend);

impl Drop for EndOfIteration<'_> {
    fn drop(&mut self) {
        self.0.rearm();
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let argument: *mut c_void = (&raw mut *self).cast();
        if !self.ended.get() {
            // SAFETY: the same hook and argument were added by `new`.
            unsafe { sys::napi_remove_env_cleanup_hook(self.env, Some(end), argument) };
        }
        self.end();
    }
}

/// Adds `change` to `count`. If it has come to more than 0, or is no longer more: whether it is now.
fn step(count: &Cell<i32>, change: i32) -> Option<bool> {
    let before = count.get();
    let now = before + change;
    count.set(now);
    if (before > 0) == (now > 0) { None } else { Some(now > 0) }
}

/// The environment's cleanup hook.
unsafe extern "C" fn end(bridge: *mut c_void) {
    // SAFETY: the hook's argument is the bridge, which removes the hook before it is dropped.
    unsafe { &*bridge.cast::<Bridge>() }.end();
}
