//! `pullstat survey`: what the images of an archive are like.

mod figures;
mod sections;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context;
use pullstudy_console::{terminal_width, warn, write_whole};
use pullstudy_image::StepsWanted;
use pullstudy_report::{Column, Format, Table};
use pullstudy_survey::{Collection, LeftOutKind, StudySizes, Survey};
use serde::Serialize;
use serde_json::Value;

use super::collect::CollectArgs;
use figures::Figures;

/// Tell what the images of an archive are like: sizes, layers, what they share, what is empty.
///
/// Sizes are wire bytes, as manifests say: what a registry sends. A row is a layer of an image, so that a layer of ten
/// images is one layer and ten rows. What could not be counted is named under "left out", and never dropped in silence.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat manifests fetch --all-tags quay.io/org/image -o manifests\n  \
    pullstat survey manifests\n  pullstat survey manifests --one-per-repository --format json\n  \
    pullstat survey manifests --as-sizes sizes.yaml --typical 8 && crafter build sizes.yaml -o images\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    collect: CollectArgs,
    /// How many of the most shared layers are listed
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// Also write a sizes file for `crafter build`: the sizes at the survey's percentiles, or with --typical its images
    #[arg(long, value_name = "FILE")]
    as_sizes: Option<PathBuf>,
    /// Choose K images that cover the survey, layer by layer, instead of percentiles
    #[arg(long, value_name = "K", requires = "as_sizes")]
    typical: Option<NonZeroUsize>,
    /// How the figures are printed: table, json (one object) or csv (figure, value)
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Format,
}

/// Runs the command; figures go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let collection = args.collect.read(StepsWanted::All)?;
    let survey = Survey::of(&collection, args.top);
    if let Some(path) = &args.as_sizes {
        write_sizes(path, args.typical, &collection, &survey)?;
    }
    write(args, &collection, &survey, results)?;
    warn_of_losses(&collection, &survey);
    Ok(())
}

/// Writes a sizes file whole or not at all.
fn write_sizes(
    path: &Path,
    typical: Option<NonZeroUsize>,
    collection: &Collection,
    survey: &Survey,
) -> anyhow::Result<()> {
    let sizes = match typical {
        Some(k) => StudySizes::typical(collection, k.get()),
        None => StudySizes::percentiles(survey),
    };
    let sizes = sizes.context("no image that counts is large enough to be crafted")?;
    write_whole(path, sizes.to_yaml().as_bytes())
}

fn write(
    args: &Args,
    collection: &Collection,
    survey: &Survey,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    let figures = Figures::of(&args.collect, collection, survey);
    match args.format {
        Format::Table => sections::write(collection, survey, results),
        Format::Json => Ok(writeln!(
            results,
            "{}",
            serde_json::to_string_pretty(&figures)?
        )?),
        format => {
            let mut rows = Vec::new();
            flatten(String::new(), &serde_json::to_value(&figures)?, &mut rows);
            let columns = vec![
                Column::text("figure", "figure"),
                Column::text("value", "value"),
            ];
            Ok(Table::new(columns)
                .within(terminal_width())
                .write(format, &rows, results)?)
        }
    }
}

/// One value of the object that is printed as JSON, under its path.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Row {
    figure: String,
    value: Option<String>,
}

fn flatten(path: String, value: &Value, rows: &mut Vec<Row>) {
    let below = |key: &str| match path.as_str() {
        "" => key.to_owned(),
        _ => format!("{path}.{key}"),
    };
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                flatten(below(key), value, rows);
            }
        }
        Value::Array(elements) => {
            for (position, value) in elements.iter().enumerate() {
                flatten(below(&position.to_string()), value, rows);
            }
        }
        Value::Null => rows.push(Row {
            figure: path,
            value: None,
        }),
        Value::String(text) => rows.push(Row {
            figure: path,
            value: Some(text.clone()),
        }),
        other => rows.push(Row {
            figure: path,
            value: Some(other.to_string()),
        }),
    }
}

/// What may make the figures differ from what is in the registry is said also to those who read JSON.
fn warn_of_losses(collection: &Collection, survey: &Survey) {
    let indexes = collection.left_out().count(LeftOutKind::IndexNotFollowed);
    if indexes > 0 {
        warn(&format_args!(
            "{indexes} tags stand for images of several platforms that the archive does not have: they are not counted; \
             pullstat manifests fetch follows them"
        ));
    }
    let unreadable = collection
        .left_out()
        .count(LeftOutKind::UnreadableRepository);
    if unreadable > 0 {
        warn(&format_args!(
            "{unreadable} repositories cannot be read; left_out names them"
        ));
    }
    let capped = survey.tags.capped.len();
    if capped > 0 {
        warn(&format_args!(
            "{capped} repositories have the 500 tags the published crawl took at most: they may have any number more"
        ));
    }
    if collection.is_empty() {
        warn(&"no image counts; left out is why");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_has_every_value_under_its_path() {
        let mut rows = Vec::new();
        let value = serde_json::json!({"a": {"b": [1, null]}, "c": "x"});
        flatten(String::new(), &value, &mut rows);
        let rows: Vec<_> = rows
            .iter()
            .map(|row| (row.figure.as_str(), row.value.as_deref()))
            .collect();
        assert_eq!(
            rows,
            [("a.b.0", Some("1")), ("a.b.1", None), ("c", Some("x"))]
        );
    }
}
