//! A piece of advice, as it is printed.

use pullstudy_report::{Alignment, Column, Table, grouped, human_bytes};
use pullstudy_survey::{Advice, AdviceKind, Collection};
use serde::Serialize;

/// So much of a command is shown in a table.
const COMMAND_LENGTH: usize = 44;

/// And so much of an image's name.
const NAME_LENGTH: usize = 36;

/// A digest's algorithm and its first twelve digits.
const DIGEST_LENGTH: usize = 19;

/// A piece of advice. Keys are a contract.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    code: &'static str,
    certainty: &'static str,
    images: Vec<String>,
    /// Digests; of layers that take each other's place, the one that stays is the first.
    layers: Vec<String>,
    command: Option<String>,
    bytes_now: u64,
    bytes_then: u64,
    saved_bytes: u64,
    layers_now: usize,
    layers_then: usize,
    saved_layer_seconds: f64,
    critical_bytes_now: u64,
    critical_bytes_then: u64,
    saved_critical_bytes: i64,
    remedy: String,
}

impl Row {
    pub(super) fn of(collection: &Collection, advice: &Advice, layer_seconds: f64) -> Self {
        let images = advice.images.iter().map(|&image| collection.name(image));
        let layers = advice.layers.iter();
        let digest = |&layer: &u32| collection.layer(layer).digest.to_string();
        let command = command_of(collection, advice);
        let command = command.map(|command| collection.command(command).to_owned());
        let fewer = advice.layers_now as f64 - advice.layers_then as f64;
        Self {
            code: advice.kind.as_str(),
            certainty: advice.kind.certainty().as_str(),
            images: images.collect(),
            layers: layers.map(digest).collect(),
            command,
            bytes_now: advice.bytes_now,
            bytes_then: advice.bytes_then,
            saved_bytes: advice.saved_bytes(),
            layers_now: advice.layers_now,
            layers_then: advice.layers_then,
            saved_layer_seconds: fewer * layer_seconds,
            critical_bytes_now: advice.critical_bytes_now,
            critical_bytes_then: advice.critical_bytes_then,
            saved_critical_bytes: advice.saved_critical_bytes(),
            remedy: remedy(advice),
        }
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// What it is about, in a few words: the command, or else the layer.
    fn about(&self) -> String {
        let Some(command) = &self.command else {
            let first = self.layers.first().map_or("", String::as_str);
            return first.get(..DIGEST_LENGTH).unwrap_or(first).to_owned();
        };
        let words: Vec<&str> = command.split_whitespace().collect();
        let command = words.join(" ");
        match command.char_indices().nth(COMMAND_LENGTH) {
            Some((end, _)) => format!("{}…", &command[..end]),
            None => command,
        }
    }

    /// One of the images, of a long name the end.
    fn example(&self) -> String {
        let name = self.images.first().map_or("", String::as_str);
        let length = name.chars().count();
        match length.checked_sub(NAME_LENGTH) {
            None | Some(0) => name.to_owned(),
            Some(more) => format!("…{}", name.chars().skip(more).collect::<String>()),
        }
    }
}

/// Returns the command that made a single layer, as the first image with it tells.
fn command_of(collection: &Collection, advice: &Advice) -> Option<u32> {
    if advice.command.is_some() || advice.kind == AdviceKind::Merge {
        return advice.command;
    }
    let layer = advice.layers.first()?;
    advice.images.iter().find_map(|&image| {
        let image = collection.image(image);
        let position = image.layers.iter().position(|one| one == layer)?;
        image.steps_of_layers()?[position].command
    })
}

/// What to do, in a sentence.
fn remedy(advice: &Advice) -> String {
    let count = advice.layers.len();
    match advice.kind {
        AdviceKind::DropEmpty => {
            "leave out the step that makes a layer of nothing, such as WORKDIR on a folder that is there".to_owned()
        }
        AdviceKind::ShareContents => format!(
            "push one of {count} layers with the same contents for all images: they were only compressed apart"
        ),
        AdviceKind::BuildOnce => format!(
            "build once, as an image that the others are built on: the same steps made {count} different layers"
        ),
        AdviceKind::Reorder => format!(
            "run this before what differs, in an image that the others are built on: it made {count} different layers"
        ),
        AdviceKind::Merge => {
            format!("make one layer of {count} small ones that are always pulled together")
        }
        _ => {
            let images = advice.layers_now.max(1);
            let parts = advice.layers_then / images;
            format!("make {parts} layers of it, so that downloads end together")
        }
    }
}

/// Bytes more or fewer.
pub(super) fn signed(bytes: i64) -> String {
    let size = human_bytes(bytes.unsigned_abs());
    match bytes.signum() {
        0 => "-".to_owned(),
        1 => format!("+{size}"),
        _ => format!("-{size}"),
    }
}

pub(super) fn table() -> Table<Row> {
    let right = Alignment::Right;
    let counts =
        |now: usize, then: usize| format!("{} → {}", grouped(now as u64), grouped(then as u64));
    Table::new(vec![
        Column::text("code", "advice"),
        Column::text("certainty", "saving is"),
        Column::custom("images", "images", right, |row: &Row| {
            grouped(row.images.len() as u64)
        }),
        Column::custom("layers", "such as", Alignment::Left, Row::example),
        Column::custom("command", "what", Alignment::Left, Row::about),
        Column::bytes("bytes_now", "now"),
        Column::bytes("bytes_then", "then"),
        Column::bytes("saved_bytes", "less"),
        Column::custom("layers_now", "layers", right, move |row: &Row| {
            counts(row.layers_now, row.layers_then)
        }),
        Column::hidden("layers_then"),
        Column::hidden("saved_layer_seconds"),
        Column::hidden("critical_bytes_now"),
        Column::hidden("critical_bytes_then"),
        Column::custom(
            "saved_critical_bytes",
            "critical path",
            right,
            |row: &Row| signed(-row.saved_critical_bytes),
        ),
        Column::hidden("remedy"),
    ])
}
