//! What the table shows, in two sentences.

use pullstudy_events::Bound;
use pullstudy_report::{human_bytes, human_seconds};

use super::row::Row;

/// Says in two sentences what the rows show: the contrast of content, and how far the figures reach.
pub(crate) fn summary(rows: &[Row], bandwidth_bytes_per_second: u64) -> String {
    let largest = |content: &str| {
        let own = rows.iter().filter(|row| row.label.starts_with(content));
        own.max_by_key(|row| row.unpacked_bytes)
    };
    match (largest("zeros"), largest("random")) {
        (Some(zeros), Some(random)) => {
            format!(
                "{} {}",
                contrast(zeros, random),
                reach(random, bandwidth_bytes_per_second)
            )
        }
        _ => String::new(),
    }
}

fn contrast(zeros: &Row, random: &Row) -> String {
    let factor = random.median_seconds / zeros.median_seconds;
    let comparison = if factor >= 1.0 {
        format!("{factor:.1} times as long")
    } else {
        format!("{:.0} % of the time", factor * 100.0)
    };
    format!(
        "The two {} images unpack to {} and {}; the one of zeros sent {} and took {} s, bound by {}, the incompressible \
         one sent {} and took {comparison}, {} s, bound by {}: images of zeros do not measure a network.",
        percentile(random),
        human_bytes(zeros.unpacked_bytes),
        human_bytes(random.unpacked_bytes),
        human_bytes(zeros.wire_bytes),
        human_seconds(zeros.median_seconds),
        bound(zeros),
        human_bytes(random.wire_bytes),
        human_seconds(random.median_seconds),
        bound(random),
    )
}

/// What the wire alone would need: all nodes share it.
fn reach(row: &Row, bandwidth_bytes_per_second: u64) -> String {
    let bytes = row.wire_bytes.saturating_mul(u64::from(row.nodes));
    let floor_seconds = bytes as f64 / bandwidth_bytes_per_second as f64;
    let (nodes, them) = match row.nodes {
        1 => ("One node on this machine has".to_owned(), "it"),
        nodes => (format!("{nodes} nodes on this machine share"), "them"),
    };
    format!(
        "{nodes} its cores, its disk and a wire of {}/s, which alone needs {} s to send {them} that image; compare images with one another here, and clusters on \
         clusters.",
        human_bytes(bandwidth_bytes_per_second),
        human_seconds(floor_seconds),
    )
}

fn percentile(row: &Row) -> &str {
    row.label.rsplit(' ').next().unwrap_or(&row.label)
}

fn bound(row: &Row) -> String {
    row.bound_by.map_or(
        "nothing that was measured".to_owned(),
        |bound| match bound {
            Bound::Wire | Bound::FileSystem => format!("the {bound}"),
            _ => bound.to_string(),
        },
    )
}
