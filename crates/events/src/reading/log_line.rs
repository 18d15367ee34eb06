//! What a line of a log holds: records, bare, behind a log's prefix, or what is left of them after an accident.

use crate::record::Value;
use pullstudy_json::KnownTexts;

/// A line with more beginnings of records than this is not taken apart further.
const MAX_BEGINNINGS: usize = 64;

/// How lines of the exporter's own log begin. Events may begin with any of their keys.
const LOG_BEGINNING: &[u8] = b"{\"level\":";

/// What a line turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    /// One JSON value, bare or behind a prefix.
    Record,
    /// More or less than one record; what is whole of it was handed out.
    Cut,
    /// Nothing in it is JSON.
    NotJson,
}

/// Looks through a line that is not blank and hands out the values in it.
pub(super) fn read(
    line: &[u8],
    known: &mut KnownTexts,
    found: &mut dyn FnMut(&Value<'_>),
) -> LineKind {
    let line = line.trim_ascii();
    let mut value = Value::default();
    if line.first() == Some(&b'{') && value.fill_with_all(line, known).is_ok() {
        hand_out(&value, known, found);
        return LineKind::Record;
    }
    match behind_prefix(line, known) {
        Some(value) => {
            hand_out(&value, known, found);
            LineKind::Record
        }
        None => recover(line, known, found),
    }
}

/// A line of Docker's JSON log is a line in a line, and collectors of logs have lines as their messages.
fn hand_out(value: &Value<'_>, known: &mut KnownTexts, found: &mut dyn FnMut(&Value<'_>)) {
    let message = || {
        value
            .top()
            .message
            .filter(|text| text.bytes().starts_with(b"{"))
    };
    let inner = value.top().log.or_else(message);
    if let Some(inner) = inner.filter(|_| value.events().next().is_none())
        && let text = inner.text()
        && let Ok(value) = Value::read_all(text.trim().as_bytes(), known)
        && (value.events().next().is_some() || message().is_none())
    {
        return found(&value);
    }
    found(value);
}

/// `[pod/exporter-x/exporter] {…}`, `2024-11-10T06:10:30.1Z {…}`, and whatever else stands before a record.
fn behind_prefix<'a>(line: &'a [u8], known: &mut KnownTexts) -> Option<Value<'a>> {
    let start = memchr::memchr(b'{', line)?;
    let is_prefix = start > 0 && line[start - 1].is_ascii_whitespace();
    is_prefix.then(|| Value::read_all(&line[start..], known).ok())?
}

/// Two records may stand in one line, the first of them cut off. What is whole is handed out.
fn recover(line: &[u8], known: &mut KnownTexts, found: &mut dyn FnMut(&Value<'_>)) -> LineKind {
    let mut kind = LineKind::NotJson;
    let mut from = 0;
    for _ in 0..MAX_BEGINNINGS {
        let Some(start) = memchr::memmem::find(&line[from..], b"{\"") else {
            break;
        };
        let start = from + start;
        from = start + 1;
        let Ok(value) = Value::read(&line[start..], known) else {
            continue;
        };
        let is_log_line = line[start..].starts_with(LOG_BEGINNING);
        if value.events().next().is_some() || is_log_line {
            found(&value);
            from = start + value.length;
            kind = LineKind::Cut;
        }
    }
    kind
}

/// A line that a container runtime wrote: `2024-11-10T06:10:30.1Z stdout F {…}`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RuntimeLine<'a> {
    pub(super) content: &'a [u8],
    /// The program's line goes on in the runtime's next one.
    pub(super) is_partial: bool,
}

impl<'a> RuntimeLine<'a> {
    /// Takes off the prefix of a CRI log; `None` if the line has none.
    ///
    /// # Source
    ///
    /// `docs/design-proposals/node/kubelet-cri-logging.md` of the Kubernetes community: timestamp, stream, tags, content.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let is_dated = line.len() > 20 && line[0].is_ascii_digit() && line[10] == b'T';
        let mut parts = is_dated.then(|| line.splitn(4, |&byte| byte == b' '))?;
        let (_, stream, tags) = (parts.next()?, parts.next()?, parts.next()?);
        let tag = tags.split(|&byte| byte == b':').next()?;
        let is_prefix = matches!(stream, b"stdout" | b"stderr") && matches!(tag, b"F" | b"P");
        is_prefix.then(|| Self {
            content: parts.next().unwrap_or_default(),
            is_partial: tag == b"P",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PULLING: &str =
        r#"{"metadata":{"name":"a.1"},"reason":"Pulling","involvedObject":{"kind":"Pod"}}"#;
    const LOG: &str = r#"{"level":"info","message":"x"}"#;

    /// The kind of a line, and the reasons in it, `-` for what is no event.
    fn looked_at(line: &str) -> (LineKind, Vec<String>) {
        let mut reasons = Vec::new();
        let kind = read(line.as_bytes(), &mut KnownTexts::default(), &mut |value| {
            let before = reasons.len();
            reasons.extend(
                value
                    .events()
                    .map(|event| event.reason.unwrap().text().into_owned()),
            );
            if reasons.len() == before {
                reasons.push("-".to_owned());
            }
        });
        (kind, reasons)
    }

    #[test]
    fn prefixes_of_logs_are_passed_over() {
        for prefix in [
            "",
            "  ",
            "2024-11-10T06:10:30.123456789Z stdout F ",
            "2024-11-10T06:10:30Z ",
            "[pod/e-1/e] ",
        ] {
            let expected = (LineKind::Record, vec!["Pulling".to_owned()]);
            assert_eq!(
                looked_at(&format!("{prefix}{PULLING}\r")),
                expected,
                "{prefix}"
            );
        }
        let wrapped =
            serde_json::json!({"log": format!("{PULLING}\n"), "stream": "stdout"}).to_string();
        assert_eq!(
            looked_at(&wrapped),
            (LineKind::Record, vec!["Pulling".to_owned()])
        );
        assert_eq!(looked_at(LOG), (LineKind::Record, vec!["-".to_owned()]));
    }

    #[test]
    fn what_is_whole_of_a_cut_line_is_recovered() {
        let pulling = vec!["Pulling".to_owned()];
        for cut in 1..PULLING.len() {
            let line = format!("{}{PULLING}", &PULLING[..cut]);
            assert_eq!(looked_at(&line), (LineKind::Cut, pulling.clone()), "{line}");
        }
        let twice = vec!["Pulling".to_owned(); 2];
        assert_eq!(
            looked_at(&format!("{PULLING}{PULLING}")),
            (LineKind::Cut, twice)
        );
        assert_eq!(
            looked_at(&format!("{PULLING}{}", &PULLING[..9])),
            (LineKind::Cut, pulling.clone())
        );
        let (kind, found) = looked_at(&format!("{}{LOG}{PULLING}", &LOG[..7]));
        assert_eq!(
            (kind, found),
            (LineKind::Cut, vec!["-".to_owned(), "Pulling".to_owned()])
        );
    }

    #[test]
    fn other_text_is_no_json() {
        for line in [
            "Error from server (BadRequest): container",
            "{",
            "{}}",
            "{\"reason\":\"Pul",
            "a {b} c",
        ] {
            assert_eq!(looked_at(line), (LineKind::NotJson, vec![]), "{line}");
        }
    }

    #[test]
    fn a_runtimes_prefix_is_taken_off() {
        let line = |text: &'static str| RuntimeLine::parse(text.as_bytes());
        let parsed = line("2024-11-10T06:10:30.1Z stderr P {\"a\": 1").unwrap();
        assert_eq!(
            (parsed.content, parsed.is_partial),
            (&b"{\"a\": 1"[..], true)
        );
        assert!(!line("2024-11-10T06:10:30.1Z stdout F ").unwrap().is_partial);
        assert_eq!(line("2024-11-10T06:10:30.1Z {\"a\": 1}"), None);
        assert_eq!(line("{\"metadata\":{\"name\":\"x\"}} stdout F x"), None);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), cut in 0_usize..70) {
            let _ = read(&bytes, &mut KnownTexts::default(), &mut |_| {});
            let mut line = PULLING.as_bytes()[..cut].to_vec();
            line.extend(bytes);
            let _ = read(&line, &mut KnownTexts::default(), &mut |_| {});
            let _ = RuntimeLine::parse(&line);
        }
    }
}
