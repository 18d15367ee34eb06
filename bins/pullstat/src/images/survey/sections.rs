//! A survey for people: one small table after the other.

use std::io::Write;

use pullstudy_report::{Column, Format, Table, commands_terminal, grouped, human_bytes, percent};
use pullstudy_survey::{Collection, Distribution, Group, Survey};
use serde::Serialize;

use super::figures::images_in_words;

/// A line of a table; each table names the columns it has.
#[derive(Debug, Default, Serialize)]
struct Line {
    what: String,
    a: Option<String>,
    b: Option<String>,
    c: Option<String>,
    d: Option<String>,
    e: Option<String>,
    f: Option<String>,
}

const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Writes all that a survey found.
pub(super) fn write(
    collection: &Collection,
    survey: &Survey,
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    heads(collection, survey, results)?;
    sizes(survey, results)?;
    reuse(survey, results)?;
    most_shared(survey, results)?;
    empty_layers(survey, results)?;
    media_types(survey, results)?;
    groups("year", &survey.by_year, results)?;
    groups("architecture", &survey.by_architecture, results)?;
    tags(survey, results)?;
    oddities(survey, results)?;
    left_out(collection, results)
}

/// Writes a table under a heading; nothing where there is no line.
fn table(
    heading: &str,
    columns: &[&str],
    lines: &[Line],
    results: &mut dyn Write,
) -> anyhow::Result<()> {
    let (Some((what, others)), false) = (columns.split_first(), lines.is_empty()) else {
        return Ok(());
    };
    let mut shown = vec![Column::text("what", *what)];
    let numbers = others.iter().zip(KEYS);
    shown.extend(numbers.map(|(header, key)| right(key, header)));
    writeln!(results, "\n{heading}")?;
    Ok(Table::new(shown).write(Format::Table, lines, results)?)
}

/// Numbers that were put into words stand to the right all the same.
fn right(key: &'static str, header: &str) -> Column<Line> {
    Column::custom(
        key,
        header,
        pullstudy_report::Alignment::Right,
        move |line: &Line| {
            let value = match key {
                "a" => &line.a,
                "b" => &line.b,
                "c" => &line.c,
                "d" => &line.d,
                "e" => &line.e,
                _ => &line.f,
            };
            value.clone().unwrap_or_else(|| "-".to_owned())
        },
    )
}

fn heads(collection: &Collection, survey: &Survey, results: &mut dyn Write) -> anyhow::Result<()> {
    let of_all = collection.repositories().len();
    writeln!(
        results,
        "images: {}, in {} of {} repositories",
        grouped(survey.images as u64),
        grouped(survey.repositories as u64),
        grouped(of_all as u64)
    )?;
    writeln!(
        results,
        "layers: {} counted in every image, {} different",
        grouped(survey.layers),
        grouped(survey.unique_layers as u64)
    )?;
    writeln!(
        results,
        "wire bytes: {} for nodes that keep nothing, {} if each layer is pulled once",
        human_bytes(survey.total_bytes),
        human_bytes(survey.unique_bytes)
    )?;
    Ok(())
}

fn sizes(survey: &Survey, results: &mut dyn Write) -> anyhow::Result<()> {
    let bytes = |value: f64| human_bytes(value.round() as u64);
    let plain = |value: f64| format!("{value:.1}");
    let mut lines = Vec::new();
    let mut add = |what: &str, spread: &Option<Distribution>, show: &dyn Fn(f64) -> String| {
        let spread = spread.as_ref();
        lines.extend(spread.map(|spread| distribution(what, spread, show)));
    };
    add("image", &survey.image_bytes, &bytes);
    add("layer, of every image", &survey.layer_bytes, &bytes);
    add("layer, each once", &survey.unique_layer_bytes, &bytes);
    add("layers of an image", &survey.layers_per_image, &plain);
    let columns = ["size", "n", "mean", "median", "p75", "p95", "largest"];
    table("Sizes (wire bytes)", &columns, &lines, results)
}

fn distribution(what: &str, spread: &Distribution, show: &dyn Fn(f64) -> String) -> Line {
    let at = |percent| spread.percentile(percent).map(show);
    Line {
        what: what.to_owned(),
        a: Some(grouped(spread.n as u64)),
        b: Some(show(spread.mean)),
        c: at(50.0),
        d: at(75.0),
        e: at(95.0),
        f: at(100.0),
    }
}

fn reuse(survey: &Survey, results: &mut dyn Write) -> anyhow::Result<()> {
    let share = |count: u64| percent(ratio(count, survey.unique_layers as u64));
    let lines: Vec<_> = survey
        .reuse
        .iter()
        .filter(|_| survey.unique_layers > 0)
        .map(|reuse| Line {
            what: images_in_words(reuse),
            a: Some(grouped(reuse.by_images)),
            b: Some(share(reuse.by_images)),
            c: Some(grouped(reuse.by_rows)),
            ..Line::default()
        })
        .collect();
    let columns = ["images", "layers", "share", "layers, by rows"];
    table("Layers in so many images", &columns, &lines, results)
}

#[expect(clippy::cast_precision_loss, reason = "a share for people")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn most_shared(survey: &Survey, results: &mut dyn Write) -> anyhow::Result<()> {
    let lines: Vec<_> = survey
        .most_shared
        .iter()
        .filter(|layer| layer.images > 1)
        .map(|layer| Line {
            what: layer.digest.to_string(),
            a: Some(human_bytes(layer.size_bytes)),
            b: Some(grouped(layer.images)),
            c: Some(grouped(layer.rows)),
            ..Line::default()
        })
        .collect();
    let columns = ["digest", "size", "images", "rows"];
    table("Layers that most images share", &columns, &lines, results)
}

fn empty_layers(survey: &Survey, results: &mut dyn Write) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    for layer in &survey.empty_layers {
        lines.push(Line {
            what: layer.digest.to_string(),
            a: Some(human_bytes(layer.size_bytes)),
            b: Some(grouped(layer.images)),
            c: Some(grouped(layer.rows)),
            ..Line::default()
        });
        lines.extend(layer.sources.iter().map(|source| Line {
            what: format!("  from {}", shortened(&source.example)),
            c: Some(grouped(source.rows)),
            ..Line::default()
        }));
    }
    let columns = [
        "digest, and a command for each kind of step",
        "size",
        "images",
        "rows",
    ];
    table("Layers that hold nothing", &columns, &lines, results)
}

/// What fits beside a digest.
const LONGEST_COMMAND: usize = 64;

fn shortened(command: &str) -> String {
    let command = command.split_whitespace().collect::<Vec<_>>().join(" ");
    if command.chars().count() <= LONGEST_COMMAND {
        return command;
    }
    let start: String = command.chars().take(LONGEST_COMMAND - 1).collect();
    format!("{start}…")
}

fn media_types(survey: &Survey, results: &mut dyn Write) -> anyhow::Result<()> {
    let lines: Vec<_> = survey
        .layer_kinds
        .iter()
        .map(|kind| Line {
            what: kind.media_type.clone(),
            a: Some(match kind.compression {
                _ if kind.is_foreign => "foreign".to_owned(),
                Some(compression) => compression.name().to_owned(),
                None => "?".to_owned(),
            }),
            b: Some(grouped(kind.rows)),
            c: Some(grouped(kind.layers)),
            d: Some(human_bytes(kind.unique_bytes)),
            ..Line::default()
        })
        .collect();
    let columns = [
        "media type of layers",
        "stored as",
        "rows",
        "different",
        "bytes, each once",
    ];
    table("How layers are stored", &columns, &lines, results)
}

fn groups(name: &str, groups: &[Group], results: &mut dyn Write) -> anyhow::Result<()> {
    let lines: Vec<_> = groups
        .iter()
        .map(|group| Line {
            what: match group.key.as_deref() {
                None => "(not told)".to_owned(),
                Some("") => "(left empty)".to_owned(),
                Some(key) => key.to_owned(),
            },
            a: Some(grouped(group.images as u64)),
            b: Some(grouped(group.repositories as u64)),
            c: Some(human_bytes(group.image_bytes.median().round() as u64)),
            d: Some(format!("{:.1}", group.layers_per_image.median())),
            e: Some(grouped(group.unique_layers as u64)),
            f: Some(human_bytes(group.unique_bytes)),
        })
        .collect();
    let columns = [
        name,
        "images",
        "repositories",
        "median image",
        "median layers",
        "different layers",
        "bytes, each once",
    ];
    table(&format!("Images by {name}"), &columns, &lines, results)
}

fn tags(survey: &Survey, results: &mut dyn Write) -> anyhow::Result<()> {
    let plain = |value: f64| format!("{value:.1}");
    let spread = survey.tags.per_repository.as_ref();
    let lines: Vec<_> = spread
        .map(|spread| distribution("tags of a repository", spread, &plain))
        .into_iter()
        .collect();
    let columns = ["tags", "n", "mean", "median", "p75", "p95", "most"];
    table("Tags (not images)", &columns, &lines, results)?;
    named(
        "listed to the crawl's cap of 500 tags",
        &survey.tags.capped,
        results,
    )?;
    named("not listed by the registry", &survey.tags.unlisted, results)
}

/// So many names fit on a screen.
const MOST_NAMES: usize = 5;

fn named(what: &str, names: &[String], results: &mut dyn Write) -> anyhow::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let first = names[..names.len().min(MOST_NAMES)].join(", ");
    let rest = names.len().saturating_sub(MOST_NAMES);
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    // Names are other people's.
    let first = first.replace(commands_terminal, "\u{fffd}");
    writeln!(results, "{what}: {first}{more}")?;
    Ok(())
}

fn oddities(survey: &Survey, results: &mut dyn Write) -> anyhow::Result<()> {
    let lines: Vec<_> = survey
        .oddities
        .iter()
        .map(|oddity| Line {
            what: oddity.meaning.to_owned(),
            a: Some(grouped(oddity.images)),
            ..Line::default()
        })
        .collect();
    table(
        "Counted although unusual",
        &["what", "images"],
        &lines,
        results,
    )
}

fn left_out(collection: &Collection, results: &mut dyn Write) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    for (kind, tally) in collection.left_out().tallies() {
        lines.push(Line {
            what: kind.meaning().to_owned(),
            a: Some(grouped(tally.count())),
            ..Line::default()
        });
        lines.extend(tally.names.iter().take(2).map(|example| Line {
            what: format!("  such as {example}"),
            a: Some(String::new()),
            ..Line::default()
        }));
    }
    table("Left out", &["what", "count"], &lines, results)
}
