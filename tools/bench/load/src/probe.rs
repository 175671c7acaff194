//! Latency of a steady trickle of requests, sent at their own times whether or not earlier ones were answered.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::args::Args;
use crate::bulk;
use crate::tally::{self, Tally};

/// Connections that take turns, so that a slow answer does not hold up the next request.
const CONNECTIONS: usize = 20;
/// Bytes of a request.
const SIZE: usize = 64;
/// Bytes of one write of the transfer beside it.
const CHUNK: usize = 64 * 1024;

/// `rate=` requests a second to the echo server at `addr=`; with `bulk=`, a transfer to that address beside them, whose
/// bytes a second are told as `beside`.
/// The times between requests are random around the mean, so that they do not fall in step with the server.
pub async fn run(args: &Args) -> io::Result<()> {
    let tested = tally::tested()?;
    let address = args.address("addr")?;
    let mean = 1e9 / args.number("rate")? as f64;
    let tally = Tally::new();
    let mut queues = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (queue, mut requests) = mpsc::unbounded_channel::<()>();
        let tally = Arc::clone(&tally);
        queues.push(queue);
        tally::spawn("probe", async move {
            let mut buffer = [b'x'; SIZE];
            while requests.recv().await.is_some() {
                let begin = Instant::now();
                stream.write_all(&buffer).await?;
                stream.read_exact(&mut buffer).await?;
                tally.record(begin.elapsed());
            }
            Ok(())
        });
    }
    let beside = if args.has("bulk") { Some(transfer(args.address("bulk")?)) } else { None };
    tally::spawn("clock", async move {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for queue in queues.iter().cycle() {
            // xorshift64: evenly from half the mean to one and a half times the mean.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let share = 0.5 + (random >> 11) as f64 / (1u64 << 53) as f64;
            tokio::time::sleep(Duration::from_nanos((mean * share) as u64)).await;
            queue.send(()).map_err(io::Error::other)?;
        }
        Ok(())
    });
    let others: Vec<_> = beside.iter().map(|transfer| ("beside", &**transfer)).collect();
    tally.measure(args, tested, &others).await
}

/// Sends without end on a thread of its own, so that it does not delay the requests at this end.
fn transfer(address: SocketAddr) -> Arc<Tally> {
    let tally = Tally::new();
    let counted = Arc::clone(&tally);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        if let Err(error) = runtime.and_then(|runtime| runtime.block_on(bulk::flood(address, CHUNK, counted))) {
            crate::fail(&format!("transfer: {error}"));
        }
    });
    tally
}
