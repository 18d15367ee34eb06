//! Durations as the study's messages write them.

use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_events::{GoDuration, published_seconds};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Expected {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    /// Seconds, or the name of the exception that the study's parser stops with.
    original: Value,
    correct_seconds: f64,
}

pub(crate) fn every_listed_duration(data: &Path) -> Result<(), Failed> {
    let expected: Expected =
        serde_json::from_slice(&fs::read(data.join("expected/durations.json"))?)?;
    if expected.cases.is_empty() {
        return Err("the file lists no durations".into());
    }
    for Case {
        text,
        original,
        correct_seconds,
    } in expected.cases
    {
        let published = published_seconds(&text).map_or_else(|_| "ValueError".into(), Value::from);
        if published != original {
            return Err(format!("{text} was {original}, not {published}").into());
        }
        let seconds = text.parse::<GoDuration>()?.as_secs_f64();
        if seconds != correct_seconds {
            return Err(format!("{text} is {seconds} s, not {correct_seconds} s").into());
        }
    }
    Ok(())
}
