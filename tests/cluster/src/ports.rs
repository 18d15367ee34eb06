//! Ports of 127.0.0.1 that nobody listens on.

use std::io;
use std::net::TcpListener;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the ports that Linux gives to outgoing connections (32768 and up): a server that is restarted must find its own
/// port free again.
const RANGE: Range<u16> = 20_000..32_000;

/// How many ports of this process have been tried: none is given out twice, since a server that is being started does
/// not listen yet.
static TRIED: AtomicU32 = AtomicU32::new(0);

/// Returns `N` different free ports.
///
/// # Errors
///
/// There are not so many.
pub(crate) fn free<const N: usize>() -> io::Result<[u16; N]> {
    let mut ports = [0; N];
    for port in &mut ports {
        *port = next()?;
    }
    Ok(ports)
}

/// Each process begins at another place, so that two that are started at once do not meet.
fn next() -> io::Result<u16> {
    let length = u32::from(RANGE.end - RANGE.start);
    let first = std::process::id().wrapping_mul(32);
    for _ in 0..length {
        let tried = TRIED.fetch_add(1, Ordering::Relaxed);
        let offset = first.wrapping_add(tried) % length;
        let port = RANGE.start + u16::try_from(offset).expect("the range has only ports");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    let none = "no port is free";
    Err(io::Error::new(io::ErrorKind::AddrInUse, none))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_out_twice() {
        let mut ports: Vec<u16> = (0..20).flat_map(|_| free::<3>().expect("three")).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 60);
        assert!(ports.iter().all(|port| RANGE.contains(port)));
    }
}
