//! The programs under test once more, on bare tokio: what the machine could do if JavaScript cost nothing.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::args::Args;
use crate::idle::STEP;
use crate::storm;
use crate::tally;

/// Room for one read, the size that Node asks for.
const ROOM: usize = 64 * 1024;
/// The backlog that the JavaScript servers ask for.
const BACKLOG: i32 = 4096;

/// Runs the program of that name until it is killed. Servers print their port as `{"port":N}`.
pub async fn run(name: &str, args: &Args) -> io::Result<()> {
    match name {
        "limit-echo" => accept(listen("port")?, echo).await,
        "limit-sink" => accept(listen("port")?, sink).await,
        "limit-source" => {
            let chunk = usize::try_from(args.number("chunk")?).unwrap_or(usize::MAX);
            accept(listen("port")?, move |stream| source(stream, chunk)).await
        }
        "limit-byte" => accept(listen("port")?, byte).await,
        "limit-idle" => idle().await,
        "limit-pair" => pair().await,
        "limit-storm" => storm_client(args).await,
        "limit-pipeline" => pipeline(args).await,
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "no such role")),
    }
}

fn bind() -> io::Result<(TcpListener, u16)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    let listener = TcpListener::from_std(socket.into())?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

fn listen(name: &str) -> io::Result<TcpListener> {
    let (listener, port) = bind()?;
    tally::line(&format!("{{\"{name}\":{port}}}"));
    Ok(listener)
}

/// Serves each connection by a task. A connection's error ends that connection only.
async fn accept<F, C>(listener: TcpListener, serve: F) -> io::Result<()>
where
    F: Fn(TcpStream) -> C,
    C: Future<Output = io::Result<()>> + Send + 'static,
{
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream));
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    // Grows with what comes, so that 10,000 connections do not pay for the largest message.
    let mut room = vec![0; 1024];
    loop {
        let count = stream.read(&mut room).await?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&room[..count]).await?;
        if count == room.len() && count < ROOM {
            room.resize(count * 4, 0);
        }
    }
}

async fn sink(mut stream: TcpStream) -> io::Result<()> {
    let mut room = vec![0; ROOM];
    while stream.read(&mut room).await? > 0 {}
    Ok(())
}

async fn source(mut stream: TcpStream, chunk: usize) -> io::Result<()> {
    let data = vec![b'x'; chunk];
    loop {
        stream.write_all(&data).await?;
    }
}

async fn byte(mut stream: TcpStream) -> io::Result<()> {
    stream.read_exact(&mut [0]).await?;
    stream.write_all(b"x").await?;
    match stream.read(&mut [0]).await? {
        0 => Ok(()),
        _ => Err(io::Error::other("more came than one byte")),
    }
}

/// See [`crate::idle`] for what is said on the first connection.
async fn idle() -> io::Result<()> {
    let listener = listen("port")?;
    let (control, _) = listener.accept().await?;
    let (mut asked, mut answers) = control.into_split();
    asked.read_exact(&mut [0]).await?;
    answers.write_all(b".").await?;
    let mut open = Vec::new();
    let mut byte = [0];
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                open.push(accepted?.0);
                if (open.len() as u64).is_multiple_of(STEP) {
                    answers.write_all(b".").await?;
                }
            }
            count = asked.read(&mut byte) => {
                if count? == 0 {
                    return Ok(());
                }
                answers.write_all(b".").await?;
            }
        }
    }
}

/// An echo server and a server that discards, in one process.
async fn pair() -> io::Result<()> {
    let (echoing, port) = bind()?;
    let (discarding, bulk) = bind()?;
    tally::line(&format!("{{\"port\":{port},\"bulk\":{bulk}}}"));
    tokio::spawn(accept(discarding, sink));
    accept(echoing, echo).await
}

/// `conns=` loops at once over the addresses `addr=`.
async fn storm_client(args: &Args) -> io::Result<()> {
    let addresses = Arc::new(args.addresses("addr")?);
    let mut loops = Vec::new();
    for first in 0..args.number("conns")? {
        loops.push(tokio::spawn(storm_loop(Arc::clone(&addresses), first)));
    }
    for running in loops {
        running.await.map_err(io::Error::other)??;
    }
    Ok(())
}

async fn storm_loop(addresses: Arc<Vec<SocketAddr>>, first: u64) -> io::Result<()> {
    for address in addresses.iter().cycle().skip(first as usize) {
        storm::once(TcpStream::connect(address).await?).await?;
    }
    Ok(())
}

/// `count=` requests of `size=` bytes to `addr=` in one write, then their replies, and again.
async fn pipeline(args: &Args) -> io::Result<()> {
    let bytes = usize::try_from(args.number("count")? * args.number("size")?).unwrap_or(usize::MAX);
    let mut stream = TcpStream::connect(args.address("addr")?).await?;
    stream.set_nodelay(true)?;
    let requests = vec![b'x'; bytes];
    let mut replies = vec![0; bytes];
    loop {
        stream.write_all(&requests).await?;
        stream.read_exact(&mut replies).await?;
    }
}
