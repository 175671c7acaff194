//! Counting and timing: what the connections did in the measured window, and what the program under test used for it.

use std::future::Future;
use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::args::Args;
use crate::process::Used;

/// Longest latency that is told apart, in nanoseconds; longer ones count as this.
const LONGEST: u64 = 60_000_000_000;

/// What all connections of a role count into. Relaxed atomics do: there is one thread.
pub struct Tally {
    /// Units of work done since the start (requests, bytes, connections).
    done: AtomicU64,
    /// Whether the window is open, so that latencies count.
    open: AtomicBool,
    /// Latencies in nanoseconds, of the window only.
    latencies: Mutex<Histogram<u64>>,
}

impl Tally {
    /// An empty tally, to be shared by the connections.
    pub fn new() -> Arc<Self> {
        let latencies = Histogram::new_with_bounds(1, LONGEST, 3).expect("constant bounds are valid");
        Arc::new(Self { done: AtomicU64::new(0), open: AtomicBool::new(false), latencies: Mutex::new(latencies) })
    }

    /// Adds `units` of work.
    pub fn add(&self, units: u64) {
        self.done.fetch_add(units, Ordering::Relaxed);
    }

    /// Adds one unit of work that took `latency`.
    pub fn record(&self, latency: Duration) {
        self.add(1);
        if self.open.load(Ordering::Relaxed) {
            let nanos = u64::try_from(latency.as_nanos()).unwrap_or(LONGEST);
            self.latencies().saturating_record(nanos);
        }
    }

    fn latencies(&self) -> MutexGuard<'_, Histogram<u64>> {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Units of work done since the start.
    fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Lets the load warm up for `warm=` ms, measures it for `time=` ms and prints the result. `beside` are tallies
    /// of other work, each with the name for its rate.
    pub async fn measure(&self, args: &Args, tested: u32, beside: &[(&'static str, &Self)]) -> io::Result<()> {
        tokio::time::sleep(args.millis("warm")?).await;
        self.open.store(true, Ordering::Relaxed);
        let (begin, done, busy) = (Instant::now(), self.done(), busy());
        let others: Vec<u64> = beside.iter().map(|(_, tally)| tally.done()).collect();
        let used = Used::of(tested)?;
        tokio::time::sleep(args.millis("time")?).await;
        let seconds = begin.elapsed().as_secs_f64();
        let units = self.done() - done;
        self.open.store(false, Ordering::Relaxed);
        let used_after = Used::of(tested)?;
        let mut facts = vec![
            ("seconds", seconds),
            ("units", units as f64),
            ("rate", units as f64 / seconds),
            ("cpuUser", used_after.user - used.user),
            ("cpuSystem", used_after.system - used.system),
            ("loadBusy", (self::busy() - busy).as_secs_f64() / seconds),
            ("peak", used_after.peak as f64),
        ];
        for ((name, tally), before) in beside.iter().zip(others) {
            facts.push((name, (tally.done() - before) as f64 / seconds));
        }
        let latencies = self.latencies();
        if !latencies.is_empty() {
            facts.push(("mean", latencies.mean() / 1e3));
            facts.push(("p50", latencies.value_at_quantile(0.5) as f64 / 1e3));
            facts.push(("p99", latencies.value_at_quantile(0.99) as f64 / 1e3));
        }
        print(&facts);
        Ok(())
    }
}

/// For how long our thread has had something to do. Processor time would not tell: some systems do not charge a
/// process for what the network stack does in its name.
fn busy() -> Duration {
    tokio::runtime::Handle::current().metrics().worker_total_busy_duration(0)
}

/// Prints numbers as one line of JSON on standard output.
pub fn print(facts: &[(&str, f64)]) {
    let fields: Vec<String> = facts.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    line(&format!("{{{}}}", fields.join(",")));
}

/// Prints one line on standard output at once.
pub fn line(text: &str) {
    let mut out = io::stdout().lock();
    // Nobody left to read it: the parent is gone, and we shall be soon.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Waits for the process id of the program under test, the one line that is read from standard input.
pub fn tested() -> io::Result<u32> {
    let mut text = String::new();
    io::stdin().lock().read_line(&mut text)?;
    text.trim()
        .parse()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "expected a process id on standard input"))
}

/// Runs a connection of the load. An error ends the process: what it then measured would be wrong.
pub fn spawn<F>(what: &'static str, connection: F)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            crate::fail(&format!("{what}: {error}"));
        }
    });
}
