//! Every fit that `size-model.json` lists.

use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_stats::{Design, Regression, RegressionOptions, pearson};
use serde_json::Value;

use super::data::{StudyPull, pulls};

/// The listed values are rounded by nothing; sums of doubles differ in their last digits.
const RELATIVE: f64 = 1e-6;

/// Every number of every fit: counts, lines, rates, correlations.
pub(crate) fn every_listed_fit(data: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(data.join("expected/size-model.json"))?;
    let expected: Value = serde_json::from_str(&text)?;
    let pulls = pulls(data);
    let fits = expected["fits"].as_array().ok_or("fits is a list")?;
    assert_eq!(fits.len(), 16);
    for fit in fits {
        check(fit, &chosen(&pulls, fit));
    }
    Ok(())
}

fn chosen<'a>(pulls: &'a [StudyPull], fit: &Value) -> Vec<&'a StudyPull> {
    let nodes = |pull: &StudyPull| match fit["nodes"].as_array() {
        Some(several) => several.iter().any(|nodes| nodes == pull.nodes),
        None => fit["nodes"] == pull.nodes,
    };
    pulls
        .iter()
        .filter(|pull| fit["experiment"] == pull.run && nodes(pull))
        .collect()
}

fn check(fit: &Value, pulls: &[&StudyPull]) {
    assert_eq!(fit["pulls"], pulls.len(), "{fit}");
    let seconds: Vec<f64> = pulls.iter().map(|pull| pull.seconds).collect();
    let payload: Vec<f64> = pulls.iter().map(|pull| pull.payload_bytes as f64).collect();
    let message: Vec<f64> = pulls.iter().map(|pull| pull.message_bytes as f64).collect();
    check_line(&fit["uncompressed"], &payload, &seconds);
    check_line(&fit["compressed_message_size"], &message, &seconds);
    let correlation = pearson(&payload, &message).unwrap();
    close(
        &fit["pearson_between_compressed_and_uncompressed"],
        correlation,
    );
    let total: f64 = seconds.iter().sum();
    let through = &fit["through_mean_MB_per_second"];
    close(
        &through["uncompressed"],
        payload.iter().sum::<f64>() / total / 1e6,
    );
    close(
        &through["compressed"],
        message.iter().sum::<f64>() / total / 1e6,
    );
}

fn check_line(expected: &Value, bytes: &[f64], seconds: &[f64]) {
    let line = line(bytes, seconds);
    let (intercept, slope) = (line.coefficients[0].estimate, line.coefficients[1].estimate);
    close(&expected["intercept_seconds"], intercept);
    close(&expected["seconds_per_byte"], slope);
    close(&expected["MB_per_second"], 1.0 / slope / 1e6);
    close(&expected["r2"], line.r_squared);
}

fn line(bytes: &[f64], seconds: &[f64]) -> Regression {
    let mut design = Design::new(["base", "bytes"]).unwrap();
    for (bytes, seconds) in bytes.iter().zip(seconds) {
        design.observe(&[1.0, *bytes], *seconds).unwrap();
    }
    design.fit(&RegressionOptions::default()).unwrap()
}

fn close(expected: &Value, actual: f64) {
    let expected = expected.as_f64().unwrap();
    // What a line cannot explain is a small difference of large sums: 1e-9 is noise there.
    let tolerance =
        (RELATIVE * expected.abs()).max(1e-9 * f64::from(u8::from(expected.abs() < 1.0)));
    assert!(
        (expected - actual).abs() <= tolerance,
        "{expected} is not {actual}"
    );
}
