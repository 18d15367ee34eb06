//! What can go wrong with one request.

use crate::dice::Dice;
use crate::step::Step;

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nobody listens for so many milliseconds, or ever again.
    Refuse(Option<u64>),
    /// A reset after so many bytes of the request's body, some of which the registry keeps.
    ResetRequest {
        after: usize,
        kept: bool,
    },
    /// A reset after so many bytes of the answer.
    ResetAnswer {
        after: usize,
    },
    /// The end after so many bytes of the answer, whose header promised more.
    Truncate {
        after: usize,
    },
    /// Silence after so many bytes of the answer.
    Stall {
        after: usize,
    },
    /// Bytes that are no HTTP.
    Garbage,
    Status {
        status: u16,
        retry_after: Option<&'static str>,
    },
    /// One byte of the body is another.
    WrongByte,
    /// The body is longer or shorter, and the header says so.
    WrongSize {
        longer: bool,
    },
    /// The header names another digest than the body has.
    WrongDigestHeader,
    ExpiredToken,
    /// The client is sent to another host, which needs no credentials.
    Redirect,
    MissingHeader(&'static str),
    /// The body ends with the connection.
    MissingLength,
    /// So many bytes of a chunk are kept, and the rest is wanted again.
    OutOfOrder {
        kept: usize,
    },
    /// All tags at once, whatever was asked for, and a link to more of the same.
    RepeatedPage,
    /// A page for people, with status 200.
    Html,
}

impl Fault {
    /// What the counts call it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Refuse(_) => "connection refused",
            Self::ResetRequest { .. } => "reset in request",
            Self::ResetAnswer { .. } => "reset in answer",
            Self::Truncate { .. } => "truncated body",
            Self::Stall { .. } => "stall",
            Self::Garbage => "no HTTP",
            Self::Status { status: 408, .. } => "status 408",
            Self::Status {
                status: 429,
                retry_after: None,
            } => "status 429",
            Self::Status { status: 429, .. } => "429 and Retry-After",
            Self::Status {
                status: 400..500, ..
            } => "status 403",
            Self::Status { .. } => "status 5xx",
            Self::WrongByte => "wrong digest",
            Self::WrongSize { .. } => "wrong size",
            Self::WrongDigestHeader => "wrong digest header",
            Self::ExpiredToken => "expired token",
            Self::Redirect => "other host",
            Self::MissingHeader(_) | Self::MissingLength => "missing header",
            Self::OutOfOrder { .. } => "upload out of order",
            Self::RepeatedPage => "duplicate page",
            Self::Html => "HTML",
        }
    }

    /// Tells whether a client that tries again must get through, once this stops.
    pub(crate) fn passes(&self, step: Step) -> bool {
        match self {
            Self::ResetRequest { .. }
            | Self::ResetAnswer { .. }
            | Self::Truncate { .. }
            | Self::Stall { .. }
            | Self::ExpiredToken => true,
            // An upload that is out of order at its end is lost: not every blob can be made again.
            Self::OutOfOrder { .. } => step == Step::SendChunk,
            Self::Status {
                status,
                retry_after,
            } => *status != 403 && *retry_after != Some(LATER),
            Self::WrongByte => step == Step::ReadBlob,
            Self::Redirect => step == Step::ReadBlob,
            // How long nobody listens is a matter of time, and the rest are lies.
            _ => false,
        }
    }
}

/// More than any client waits.
const LATER: &str = "86400";

/// A date in the past is no wait; the others are no dates, or a short wait.
const RETRY_AFTER: &[&str] = &["0", "1", "Sun, 06 Nov 1994 08:49:37 GMT", "soon", LATER];

/// Draws a fault that can befall `step`.
pub(crate) fn draw(step: Step, dice: &mut Dice) -> Fault {
    let particular = particular(step, dice);
    if !particular.is_empty() && dice.percent(50) {
        return dice.pick(&particular).clone();
    }
    match dice.below(9) {
        0 => Fault::Refuse(dice.percent(70).then_some(3)),
        1 => Fault::ResetAnswer { after: cut(dice) },
        2 => Fault::Truncate { after: cut(dice) },
        3 => Fault::Stall { after: cut(dice) },
        4 => Fault::Garbage,
        5 => Fault::Status {
            status: *dice.pick(&[500, 502, 503, 504]),
            retry_after: None,
        },
        6 => Fault::Status {
            status: 429,
            retry_after: None,
        },
        7 => Fault::Status {
            status: *dice.pick(&[429, 503]),
            retry_after: Some(*dice.pick(RETRY_AFTER)),
        },
        _ => Fault::Status {
            status: *dice.pick(&[403, 408]),
            retry_after: None,
        },
    }
}

/// Where an answer breaks off: before it begins, in its head, in its body.
fn cut(dice: &mut Dice) -> usize {
    match dice.below(7) {
        0 | 1 => 0,
        2 | 3 => dice.below(200),
        4 | 5 => dice.below(60_000),
        _ => dice.below(6 << 20),
    }
}

/// What only happens to some requests.
fn particular(step: Step, dice: &mut Dice) -> Vec<Fault> {
    use Fault::{ExpiredToken, Html, MissingHeader, MissingLength, Redirect, RepeatedPage};
    let digest = MissingHeader("docker-content-digest");
    let wrong_size = Fault::WrongSize {
        longer: dice.percent(50),
    };
    let reset = Fault::ResetRequest {
        after: dice.below(30_000),
        kept: dice.percent(50),
    };
    match step {
        Step::CheckDocument => vec![
            digest,
            MissingHeader("content-type"),
            Fault::WrongDigestHeader,
            ExpiredToken,
        ],
        Step::ReadDocument => vec![
            digest,
            MissingHeader("content-type"),
            MissingLength,
            Fault::WrongDigestHeader,
            Fault::WrongByte,
            wrong_size,
            ExpiredToken,
            Redirect,
            Html,
        ],
        Step::CheckBlob => vec![digest, ExpiredToken],
        Step::ReadBlob => vec![
            digest,
            MissingLength,
            Fault::WrongByte,
            wrong_size,
            ExpiredToken,
            Redirect,
        ],
        Step::StartUpload => vec![
            MissingHeader("location"),
            MissingHeader("range"),
            ExpiredToken,
            Redirect,
        ],
        Step::SendChunk => vec![
            MissingHeader("location"),
            MissingHeader("range"),
            Fault::OutOfOrder {
                kept: dice.below(20_000),
            },
            reset,
            ExpiredToken,
        ],
        Step::EndUpload => vec![
            MissingHeader("location"),
            reset,
            ExpiredToken,
            Fault::OutOfOrder { kept: 0 },
        ],
        Step::WriteDocument => vec![MissingHeader("location"), digest, reset, ExpiredToken],
        Step::Tags => vec![
            RepeatedPage,
            Redirect,
            MissingHeader("content-type"),
            MissingLength,
            Html,
            ExpiredToken,
        ],
        Step::Token => vec![Html, MissingLength],
        _ => Vec::new(),
    }
}
