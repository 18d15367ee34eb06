//! How far apart events lie on the study's clusters.

use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_events::{FoundLogs, Layout, PublishedTimes, ReadOptions, SpreadRow, spread};
use serde_json::Value;

use crate::logs::{check, check_close, expected, read, rows};

pub(crate) fn every_listed_spread(data: &Path) -> Result<(), Failed> {
    let found = spread(&read(data)?.timelines());
    let expected = expected(data, "event-spread.json")?;
    let rows = rows(&expected, "rows")?;
    check(!rows.is_empty(), || "no spread is listed".to_owned())?;
    for row in rows {
        let ours = found
            .iter()
            .find(|ours| is_same(ours, row))
            .ok_or_else(|| format!("there is no row like {row}"))?;
        check_row(ours, row)?;
    }
    let of_the_study = found.iter().filter(|row| {
        let image = row.image.as_deref();
        image.is_some_and(|image| image.contains("converged-computing"))
    });
    let count = of_the_study.count();
    check(count == rows.len(), || {
        format!("{count} rows are not {}", rows.len())
    })
}

fn is_same(ours: &SpreadRow, theirs: &Value) -> bool {
    theirs["experiment"].as_str() == ours.experiment.as_deref()
        && theirs["nodes"].as_u64() == ours.nodes.map(u64::from)
        && theirs["image"].as_str() == ours.image.as_deref()
        && theirs["event"] == ours.event.as_str()
}

fn check_row(ours: &SpreadRow, theirs: &Value) -> Result<(), Failed> {
    check(theirs["correct_events"] == ours.count, || {
        format!("{} events are not {theirs}", ours.count)
    })?;
    check_close(
        ours.range_seconds,
        &theirs["correct_spread_seconds"],
        &theirs.to_string(),
    )
}

/// The study looks at its first four experiments only.
pub(crate) fn every_published_spread(data: &Path) -> Result<(), Failed> {
    let logs = FoundLogs::find(&[data.join("pulling")], &Layout::default())?;
    let published = PublishedTimes::read(logs, &ReadOptions::default());
    let found = spread(&published.timelines());
    let expected = expected(data, "event-spread.json")?;
    let listed = |row: &&Value| !row["original_events"].is_null();
    let rows: Vec<&Value> = rows(&expected, "rows")?.iter().filter(listed).collect();
    check(!rows.is_empty(), || "no spread is listed".to_owned())?;
    for row in rows {
        let ours = found
            .iter()
            .find(|ours| is_same(ours, row))
            .ok_or_else(|| format!("there is no row like {row}"))?;
        check(row["original_events"] == ours.count, || {
            format!("{} events are not {row}", ours.count)
        })?;
        check_close(
            ours.range_seconds,
            &row["original_spread_seconds"],
            &row.to_string(),
        )?;
    }
    Ok(())
}
