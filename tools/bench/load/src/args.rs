//! The command line: `key=value` words.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// The options of one role.
pub struct Args(HashMap<String, String>);

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

impl Args {
    /// Takes `key=value` words apart; a word without `=` is an error.
    pub fn parse(words: &[String]) -> io::Result<Self> {
        let pairs = words.iter().map(|word| {
            word.split_once('=')
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .ok_or_else(|| invalid(format!("expected key=value, got \"{word}\"")))
        });
        Ok(Self(pairs.collect::<io::Result<_>>()?))
    }

    fn text(&self, key: &str) -> io::Result<&str> {
        let value = self.0.get(key).map(String::as_str);
        value.ok_or_else(|| invalid(format!("{key}= is missing")))
    }

    /// A whole number that must be given.
    pub fn number(&self, key: &str) -> io::Result<u64> {
        let text = self.text(key)?;
        text.parse().map_err(|_| invalid(format!("{key}= must be a whole number, got \"{text}\"")))
    }

    /// A whole number, or `default` when it is not given.
    pub fn number_or(&self, key: &str, default: u64) -> io::Result<u64> {
        if self.0.contains_key(key) {
            self.number(key)
        } else {
            Ok(default)
        }
    }

    /// A time in milliseconds that must be given.
    pub fn millis(&self, key: &str) -> io::Result<Duration> {
        Ok(Duration::from_millis(self.number(key)?))
    }

    /// A socket address (`127.0.0.1:80`) that must be given.
    pub fn address(&self, key: &str) -> io::Result<SocketAddr> {
        let text = self.text(key)?;
        text.parse().map_err(|_| invalid(format!("{key}= must be ADDRESS:PORT, got \"{text}\"")))
    }

    /// Socket addresses separated by commas; at least one.
    pub fn addresses(&self, key: &str) -> io::Result<Vec<SocketAddr>> {
        let text = self.text(key)?;
        let parsed: Result<Vec<_>, _> = text.split(',').map(str::parse).collect();
        parsed.map_err(|_| invalid(format!("{key}= must be ADDRESS:PORT,..., got \"{text}\"")))
    }

    /// Whether the option was given.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }
}
