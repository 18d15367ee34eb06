//! Why pulls failed, and what that took.

use super::super::study::Study;
use super::table;
use crate::events::failures::{ClassRow, class_rows, class_table};
use pullstudy_report::{LostTime, LostTimeRow, PageFigure, Section};

pub(in crate::report) fn section(study: &Study) -> anyhow::Result<Option<Section>> {
    if study.logs.is_none() {
        return Ok(None);
    }
    let section = Section::new("failures", "Failures");
    let rows = class_rows(&study.pulls);
    if rows.is_empty() {
        return Ok(Some(section.text("No attempt to pull failed.")));
    }
    let caption =
        "Failures by class, with the node-seconds that went by before the attempt that counts";
    let made = table("failure-classes", caption, &class_table(), &rows)?;
    let section = match lost(&rows)? {
        Some(figure) => section.figure(figure),
        None => section,
    };
    Ok(Some(section.table(made)))
}

/// Draws what was lost; nothing where no class took any time.
fn lost(rows: &[ClassRow]) -> anyhow::Result<Option<PageFigure>> {
    let lost = rows.iter().filter(|row| row.lost_seconds > 0.0);
    let lost: Vec<LostTimeRow> = lost
        .map(|row| LostTimeRow {
            class: row.class.to_owned(),
            node_seconds: row.lost_seconds,
            failures: row.failed_attempts,
            nodes: None,
        })
        .collect();
    if lost.is_empty() {
        return Ok(None);
    }
    let title = "Node-seconds lost by class of failure";
    let figure = LostTime::new(title).draw(&lost)?;
    Ok(Some(PageFigure::new("lost-time", title, "bars", figure)))
}
