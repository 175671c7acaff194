//! Idle connections: how long a server takes to accept them, and how much memory each one costs.
//!
//! The first connection is for control. The server writes one byte to it for every [`STEP`] connections accepted (so
//! that the backlog never overflows), and answers each byte that comes on it with one byte once it has collected its
//! garbage.

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::args::Args;
use crate::process::Used;
use crate::tally;

/// Connections for which the server reports once.
pub const STEP: u64 = 100;
/// Connections that may be open without having been reported.
const AHEAD: u64 = 500;
/// How long the server is left alone before its memory is read.
const SETTLE: Duration = Duration::from_millis(500);

/// Opens `conns=` connections to `addr=` and leaves them alone. Memory is read with the garbage collected (`memory`,
/// bytes for each connection) and before that (`memoryRaw`).
pub async fn run(args: &Args) -> io::Result<()> {
    let tested = tally::tested()?;
    let address = args.address("addr")?;
    let count = args.number("conns")? / STEP * STEP;
    let mut control = TcpStream::connect(address).await?;
    collect(&mut control).await?;
    let before = Used::of(tested)?;

    let begin = Instant::now();
    let mut streams = Vec::new();
    let mut accepted = 0;
    while accepted < count {
        while (streams.len() as u64) < count.min(accepted + AHEAD) {
            streams.push(TcpStream::connect(address).await?);
        }
        control.read_exact(&mut [0]).await?;
        accepted += STEP;
    }
    let seconds = begin.elapsed().as_secs_f64();
    let after = Used::of(tested)?;
    tokio::time::sleep(SETTLE).await;
    let raw = Used::of(tested)?;
    collect(&mut control).await?;
    let settled = Used::of(tested)?;

    let each = |memory: u64| memory.saturating_sub(before.resident) as f64 / count as f64;
    tally::print(&[
        ("seconds", seconds),
        ("units", count as f64),
        ("rate", count as f64 / seconds),
        ("acceptMs", seconds * 1e3),
        ("memory", each(settled.resident)),
        ("memoryRaw", each(raw.resident)),
        ("cpuUser", after.user - before.user),
        ("cpuSystem", after.system - before.system),
        ("peak", settled.peak as f64),
    ]);
    Ok(())
}

/// Has the server collect its garbage.
async fn collect(control: &mut TcpStream) -> io::Result<()> {
    control.write_all(b"g").await?;
    control.read_exact(&mut [0]).await?;
    Ok(())
}
