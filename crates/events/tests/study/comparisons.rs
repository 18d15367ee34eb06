//! The study's experiments, compared.

use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_events::{
    CompareOptions, ComparedRow, Comparison, FoundLogs, Layout, MatchBy, PublishedTimes, Pull,
    ReadOptions, compare,
};
use pullstudy_stats::Bootstrap;
use serde_json::Value;

use crate::logs::{check, check_close, expected, read, rows};

/// Ratios were rounded to six digits after the point.
const ROUNDED: f64 = 5.1e-7;

pub(crate) fn every_listed_ratio(data: &Path) -> Result<(), Failed> {
    let pulls = read(data)?.pulls();
    let expected = expected(data, "comparisons.json")?;
    let listed = rows(&expected, "rows")?;
    for total in rows(&expected, "totals")? {
        for match_by in [MatchBy::Auto, MatchBy::Tag] {
            let comparison = comparison(&pulls, total, match_by);
            check_total(&comparison, total, "correct_sum_ratio")?;
            let listed: Vec<&Value> = listed.iter().filter(|row| is_of(row, total)).collect();
            check(listed.len() == comparison.rows.len(), || {
                format!("{} rows are not {}", comparison.rows.len(), listed.len())
            })?;
            for row in listed {
                check_row(&comparison, row)?;
            }
        }
    }
    Ok(())
}

/// The same by the study's own method.
pub(crate) fn every_published_ratio(data: &Path) -> Result<(), Failed> {
    let logs = FoundLogs::find(&[data.join("pulling")], &Layout::default())?;
    let (pulls, _) = PublishedTimes::read(logs, &ReadOptions::default()).pulls();
    let expected = expected(data, "comparisons.json")?;
    for total in rows(&expected, "totals")? {
        let comparison = comparison(&pulls, total, MatchBy::Auto);
        check_total(&comparison, total, "original_sum_ratio")?;
    }
    Ok(())
}

fn is_of(row: &Value, total: &Value) -> bool {
    (&row["a"], &row["b"]) == (&total["a"], &total["b"])
}

/// Intervals are not checked here, and take their time.
fn comparison(pulls: &[Pull], total: &Value, match_by: MatchBy) -> Comparison {
    let side = |key: &str| -> Vec<Pull> {
        let is_of_side = |pull: &&Pull| {
            let image = pull.image.as_deref().unwrap_or_default();
            pull.place.experiment.as_deref() == total[key].as_str()
                && image.contains("converged-computing")
        };
        pulls.iter().filter(is_of_side).cloned().collect()
    };
    let bootstrap = Bootstrap {
        resamples: 10,
        ..Bootstrap::default()
    };
    let options = CompareOptions {
        match_by,
        bootstrap,
        ..CompareOptions::default()
    };
    compare(&side("a"), &side("b"), &options)
}

fn check_total(comparison: &Comparison, theirs: &Value, key: &str) -> Result<(), Failed> {
    let alone = comparison.only_a.len() + comparison.only_b.len();
    check(alone == 0, || {
        format!("{alone} images are on one side only: {theirs}")
    })?;
    let ratio = comparison
        .total
        .sum_ratio_a_over_b
        .ok_or("there is no ratio of sums")?;
    check_rounded(ratio, &theirs[key])
}

fn check_row(comparison: &Comparison, theirs: &Value) -> Result<(), Failed> {
    let image = theirs["image"].as_str().unwrap_or_default();
    let (name, tag) = image.split_once(':').ok_or("an image has no tag")?;
    // The listed names lack what tells the experiments' repositories apart.
    let is_same = |row: &&ComparedRow| {
        theirs["nodes"].as_u64() == row.nodes.map(u64::from)
            && row.image_a.contains(&format!("/{name}"))
            && row.image_a.ends_with(&format!(":{tag}"))
    };
    let ours = comparison.rows.iter().find(is_same);
    let ours = ours.ok_or_else(|| format!("there is no row like {theirs}"))?;
    let what = theirs.to_string();
    check_close(ours.median_a_seconds, &theirs["median_a_seconds"], &what)?;
    check_close(ours.median_b_seconds, &theirs["median_b_seconds"], &what)?;
    let ratio = ours.ratio_a_over_b.ok_or("there is no ratio")?;
    check_rounded(ratio.estimate, &theirs["ratio_a_over_b"])
}

fn check_rounded(ratio: f64, theirs: &Value) -> Result<(), Failed> {
    let is_close = theirs
        .as_f64()
        .is_some_and(|theirs| (ratio - theirs).abs() <= ROUNDED);
    check(is_close, || format!("the ratio {ratio} is not {theirs}"))
}
