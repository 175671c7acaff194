//! Echo load: each connection sends a message, waits for the whole of it to come back, and sends the next one.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::args::Args;
use crate::tally::{self, Tally};

/// Connections being made at once: fewer than any server's backlog.
const CONNECTING: usize = 64;

/// `conns=` connections to `addr=` with messages of `size=` bytes; a unit is one message and its echo.
pub async fn run(args: &Args) -> io::Result<()> {
    let tested = tally::tested()?;
    let size = usize::try_from(args.number("size")?).unwrap_or(usize::MAX);
    let streams = connect(args.address("addr")?, args.number("conns")?).await?;
    let tally = Tally::new();
    for stream in streams {
        tally::spawn("echo", talk(stream, size, Arc::clone(&tally)));
    }
    tally.measure(args, tested, &[]).await
}

/// Makes `count` connections, each of which has had one byte echoed, so that all are known to be accepted.
async fn connect(address: SocketAddr, count: u64) -> io::Result<Vec<TcpStream>> {
    let permits = Arc::new(Semaphore::new(CONNECTING));
    let mut tasks = Vec::new();
    for _ in 0..count {
        let permits = Arc::clone(&permits);
        tasks.push(tokio::spawn(async move {
            let _permit = permits.acquire().await.map_err(io::Error::other)?;
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            stream.write_all(b"x").await?;
            stream.read_exact(&mut [0]).await?;
            Ok::<_, io::Error>(stream)
        }));
    }
    let mut streams = Vec::new();
    for task in tasks {
        streams.push(task.await.map_err(io::Error::other)??);
    }
    Ok(streams)
}

async fn talk(mut stream: TcpStream, size: usize, tally: Arc<Tally>) -> io::Result<()> {
    let message: Vec<u8> = (0..size).map(|index| (index % 251) as u8).collect();
    let mut reply = vec![0; size];
    let mut begin = Instant::now();
    loop {
        stream.write_all(&message).await?;
        stream.read_exact(&mut reply).await?;
        if reply != message {
            return Err(io::Error::other("the reply is not what was sent"));
        }
        let end = Instant::now();
        tally.record(end - begin);
        begin = end;
    }
}
