//! The load of rsnet's benchmark: everything that is not under test runs here, outside Node.
//!
//! `rsnet-load ROLE key=value...`. A role that drives a server connects to `addr`; a role that serves a client under
//! test prints its ports as one line of JSON. Then the role reads the process id of the program under test from
//! standard input, does its work, and prints one line of JSON with what it measured.
//!
//! - [`echo`], [`storm`], [`bulk`], [`idle`], [`probe`]: clients that drive a server under test
//! - [`serve`]: servers that clients under test connect to
//! - [`limit`]: the same programs as those under test, on bare tokio, without JavaScript
//! - [`child`]: runs a command and tells what it used
//! - [`args`], [`process`], [`tally`]: command line, `/proc`, counting

mod args;
mod bulk;
mod child;
mod echo;
mod idle;
mod limit;
mod probe;
mod process;
mod serve;
mod storm;
mod tally;

use std::io;

use args::Args;

/// Seconds after which the process ends by itself if nobody ended it.
const DEFAULT_LIMIT: u64 = 120;

fn main() {
    let mut words = std::env::args().skip(1);
    let role = words.next().unwrap_or_default();
    let rest: Vec<String> = words.collect();
    if let Err(error) = start(&role, rest) {
        fail(&format!("{role}: {error}"));
    }
}

/// Ends the process with a message: a load that went wrong must not yield a number.
pub fn fail(message: &str) -> ! {
    eprintln!("rsnet-load {message}");
    std::process::exit(1);
}

/// Runs one role to its end. One thread only: the other core belongs to the program under test.
fn start(role: &str, rest: Vec<String>) -> io::Result<()> {
    if role == "child" {
        return child::run(&rest);
    }
    let args = Args::parse(&rest)?;
    process::guard(args.number_or("limit", DEFAULT_LIMIT)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    runtime.block_on(async {
        match role {
            "echo" => echo::run(&args).await,
            "storm" => storm::run(&args).await,
            "send" => bulk::send(&args).await,
            "receive" => bulk::receive(&args).await,
            "idle" => idle::run(&args).await,
            "probe" => probe::run(&args).await,
            "serve-echo" => serve::echo(&args).await,
            "serve-byte" => serve::byte(&args).await,
            _ => limit::run(role, &args).await,
        }
    })
}
