//! What standard output is.

use std::io::{self, IsTerminal};

/// Returns how many characters a line of standard output has, where it is a terminal. Files and pipes have no width, so
/// what is written there is never shortened.
pub fn terminal_width() -> Option<usize> {
    let out = io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&out).ok()?;
    Some(usize::from(size.ws_col)).filter(|&columns| columns > 0)
}
