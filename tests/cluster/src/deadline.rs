//! Waiting for what others do: asked again and again, never for longer than a deadline.

use std::thread;
use std::time::{Duration, Instant};

/// Something did not happen in time.
#[derive(Debug, thiserror::Error)]
#[error("{what} did not happen within {} s", limit.as_secs())]
pub struct Overdue {
    /// What was waited for.
    pub what: String,
    /// For how long.
    pub limit: Duration,
}

/// How long to let others work between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks `question` until it has an answer, and returns that.
///
/// # Errors
///
/// There was none within `limit`; `what` names it in the message.
pub fn until<T>(
    what: &str,
    limit: Duration,
    mut question: impl FnMut() -> Option<T>,
) -> Result<T, Overdue> {
    let start = Instant::now();
    loop {
        if let Some(answer) = question() {
            return Ok(answer);
        }
        if start.elapsed() >= limit {
            let what = what.to_owned();
            return Err(Overdue { what, limit });
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_is_returned() {
        let mut asked = 0;
        let answer = until("the third question", Duration::from_secs(60), || {
            asked += 1;
            (asked == 3).then_some("yes")
        });
        assert_eq!(answer.expect("it comes"), "yes");
    }

    #[test]
    fn what_never_happens_is_named() {
        let overdue = until("a miracle", Duration::ZERO, || None::<()>).expect_err("it never does");
        assert_eq!(overdue.to_string(), "a miracle did not happen within 0 s");
    }
}
