//! `Successfully pulled image …` and `Container image … already present …`.

use super::Message;
use super::quoted::{after_ignoring_case, quoted, split_once};
use crate::GoDuration;

/// Recognises both forms of `Pulled`.
pub(super) fn parse(text: &str) -> Option<Message<'_>> {
    if let Some(rest) = after_ignoring_case(text, "Successfully pulled image ") {
        let (image, rest) = quoted(rest)?;
        return Some(pulled(image, rest));
    }
    let (image, rest) = quoted(after_ignoring_case(text, "Container image ")?)?;
    let is_present = rest.trim_start().starts_with("already present");
    is_present.then_some(Message::Present { image })
}

/// Reads what a release may write behind the image: ` in D`, ` in D (E including waiting)`, and with either
/// `. Image size: N bytes.`
fn pulled<'a>(image: &'a str, rest: &'a str) -> Message<'a> {
    let (times, size) = match split_once(rest, "Image size: ") {
        Some((times, size)) => (times, size_bytes(size)),
        None => (rest, None),
    };
    let (pull, waiting) = match times.split_once('(') {
        Some((pull, waiting)) => (pull, split_once(waiting, " including waiting)")),
        None => (times, None),
    };
    Message::Pulled {
        image,
        pull: pull.strip_prefix(" in ").and_then(duration),
        including_waiting: waiting.and_then(|(waiting, _)| duration(waiting)),
        image_size_bytes: size,
    }
}

/// A stopwatch does not run backwards: what is negative is not a form we know.
fn duration(text: &str) -> Option<GoDuration> {
    let text = text.trim().trim_end_matches(['.', ',']);
    let duration: GoDuration = text.parse().ok()?;
    (duration.as_nanos() >= 0).then_some(duration)
}

fn size_bytes(text: &str) -> Option<u64> {
    split_once(text, " bytes")?.0.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a message tells: seconds of the pull, seconds with waiting, bytes.
    type Told = (Option<f64>, Option<f64>, Option<u64>);

    fn told(rest: &str) -> Told {
        let text = format!("Successfully pulled image \"a/b:1\"{rest}");
        let Some(Message::Pulled {
            image,
            pull,
            including_waiting,
            image_size_bytes,
        }) = parse(&text)
        else {
            panic!("{text} is no pull");
        };
        assert_eq!(image, "a/b:1");
        let seconds = |duration: Option<GoDuration>| duration.map(GoDuration::as_secs_f64);
        (seconds(pull), seconds(including_waiting), image_size_bytes)
    }

    #[test]
    fn every_form_of_every_release_is_read() {
        let cases: [(&str, Told); 9] = [
            ("", (None, None, None)),
            (" in 860ms", (Some(0.86), None, None)),
            (" in 9.697378804s", (Some(9.697378804), None, None)),
            (
                " in 1.196s (2m41.517s including waiting)",
                (Some(1.196), Some(161.517), None),
            ),
            (
                " in 1h0m0.5s (1h2m3s including waiting). Image size: 53702097 bytes.",
                (Some(3600.5), Some(3723.0), Some(53_702_097)),
            ),
            (
                " in 500µs (12us including waiting). Image size: 0 bytes.",
                (Some(0.0005), Some(0.000012), Some(0)),
            ),
            (
                " in 250ns. Image size: 7 bytes.",
                (Some(2.5e-7), None, Some(7)),
            ),
            (". Image size: 7 bytes.", (None, None, Some(7))),
            (
                " in 1s (2s including waiting). Image size: 3 bytes. More to come.",
                (Some(1.0), Some(2.0), Some(3)),
            ),
        ];
        for (rest, expected) in cases {
            assert_eq!(told(rest), expected, "{rest}");
        }
    }

    #[test]
    fn a_pull_is_one_though_its_figures_cannot_be_read() {
        let cases: [(&str, Told); 7] = [
            (" in a while", (None, None, None)),
            (" in 1.5", (None, None, None)),
            (" in -3s (2s including waiting)", (None, Some(2.0), None)),
            (
                " in 3s (soon including waiting). Image size: 5 bytes.",
                (Some(3.0), None, Some(5)),
            ),
            (
                " in 3s (2s all in all). Image size: 5 bytes.",
                (Some(3.0), None, Some(5)),
            ),
            (" in 3s. Image size: -5 bytes.", (Some(3.0), None, None)),
            (
                " in 3s. Image size: 99999999999999999999 bytes.",
                (Some(3.0), None, None),
            ),
        ];
        for (rest, expected) in cases {
            assert_eq!(told(rest), expected, "{rest}");
        }
    }

    #[test]
    fn an_image_that_was_there_is_no_pull() {
        for rest in [
            "",
            " on machine",
            " on machine and can be accessed by the pod",
        ] {
            let text = format!("Container image \"a/b:1\" already present{rest}");
            assert_eq!(parse(&text), Some(Message::Present { image: "a/b:1" }));
        }
        assert_eq!(parse("Container image \"a/b:1\" is not there"), None);
    }
}
