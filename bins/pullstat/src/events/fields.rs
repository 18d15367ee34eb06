//! Rows whose columns are only known when the command runs.

use std::time::SystemTime;

use pullstudy_events::{Column as By, Key, KeyValue};
use pullstudy_report::Column;
use pullstudy_stats::Summary;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

/// A row: its fields in the order in which they are printed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields(Vec<(String, Value)>);

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Fields {
    pub(crate) fn push(&mut self, name: impl Into<String>, value: Value) {
        self.0.push((name.into(), value));
    }

    /// Returns a value by its name.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let mut named = self.0.iter().filter(|(known, _)| known == name);
        named.next().map(|(_, value)| value)
    }

    /// Adds the values of a group.
    pub(crate) fn push_key(&mut self, columns: &[By], key: &Key) {
        for (column, value) in columns.iter().zip(&key.0) {
            self.push(column.name(), key_value(value));
        }
    }

    /// Adds the figures of a box and its whiskers; all but the sum are null where there is nothing.
    pub(crate) fn push_figures(&mut self, summary: Option<&Summary>) {
        let figure = |of: fn(&Summary) -> f64| json!(summary.map(of));
        self.push(
            "sum_seconds",
            json!(summary.map_or(0.0, |summary| summary.sum)),
        );
        self.push("mean_seconds", figure(|summary| summary.mean));
        self.push("sd_seconds", json!(summary.and_then(|summary| summary.sd)));
        self.push("min_seconds", figure(|summary| summary.min));
        self.push("p5_seconds", figure(|summary| summary.p5));
        self.push("q1_seconds", figure(|summary| summary.q1));
        self.push("median_seconds", figure(|summary| summary.median));
        self.push("q3_seconds", figure(|summary| summary.q3));
        self.push("p95_seconds", figure(|summary| summary.p95));
        self.push("max_seconds", figure(|summary| summary.max));
    }
}

/// The columns of a group's values.
pub(crate) fn key_columns(columns: &[By]) -> impl Iterator<Item = Column<Fields>> {
    columns.iter().map(|column| match column {
        By::Nodes => Column::count("nodes", "nodes"),
        other => Column::text(other.name(), other.name()),
    })
}

/// The columns of [`Fields::push_figures`].
pub(crate) fn figure_columns() -> [Column<Fields>; 10] {
    [
        Column::seconds("sum_seconds", "sum s"),
        Column::seconds("mean_seconds", "mean s"),
        Column::seconds("sd_seconds", "sd s"),
        Column::seconds("min_seconds", "min s"),
        Column::seconds("p5_seconds", "5 %").only_in_files(),
        Column::seconds("q1_seconds", "25 %"),
        Column::seconds("median_seconds", "median s"),
        Column::seconds("q3_seconds", "75 %"),
        Column::seconds("p95_seconds", "95 %").only_in_files(),
        Column::seconds("max_seconds", "max s"),
    ]
}

fn key_value(value: &KeyValue) -> Value {
    match value {
        KeyValue::Number(number) => json!(number),
        other => json!(other.to_text()),
    }
}

/// A moment in a file: whole seconds where there is no more, nanoseconds else.
pub(crate) fn timestamp(at: SystemTime) -> String {
    humantime::format_rfc3339(at).to_string()
}
