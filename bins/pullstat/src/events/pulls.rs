//! `pullstat pulls`: one row a pull.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use pullstudy_console::terminal_width;
use pullstudy_events::{Grouping, NewLayers, Pull};
use pullstudy_image::Platform;
use pullstudy_report::{Alignment, Column, Format, Table};
use serde::Serialize;

use super::args::{self, GroupArgs, LogArgs, Method};
use super::fields::timestamp;

/// Turn events into pulls, one row each.
///
/// A pull is one container that wanted one image once; events are made distinct first, so that replayed logs count
/// once. A row of outcome `present` is no pull: the image was on the node already.
///
/// `pull_seconds` is the kubelet's own pull time, `including_waiting_seconds` also has the queue behind other images.
/// `attempts` and `lost_seconds` tell of pulls that failed first. A size is compressed where a list of nodes
/// (nodes*.json) beside the logs names containerd, unpacked for CRI-O, else unknown.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  pullstat pulls experiments/ --image my-org\n  \
    pullstat pulls events.json --format parquet > pulls.parquet\n  \
    kubectl get events -A -o json | pullstat pulls -\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(crate) struct Args {
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    groups: GroupArgs,
    /// Whose method turns events into pulls
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Add what of each image was not on the node yet, by an archive of manifests and the node's earlier pulls
    #[arg(long, value_name = "MANIFESTS")]
    new_layers: Option<PathBuf>,
    /// Which image of one that the archive has for several platforms
    #[arg(long, value_name = "OS/ARCH", default_value = "linux/amd64")]
    platform: Platform,
    /// How the rows are printed: table, json, csv or parquet
    #[arg(long, value_name = "FORMAT", default_value_t, value_parser = Format::among(Format::ALL))]
    format: Format,
}

/// What is printed of a pull. Keys are a contract.
#[derive(Debug, Serialize)]
pub(crate) struct Row<'a> {
    experiment: Option<&'a str>,
    nodes: Option<u32>,
    /// Other named parts of the layout, and groups; each row has all of them.
    #[serde(flatten)]
    columns: BTreeMap<String, Option<String>>,
    node: Option<&'a str>,
    namespace: Option<&'a str>,
    pod: Option<&'a str>,
    pod_uid: Option<&'a str>,
    container: Option<&'a str>,
    image: Option<&'a str>,
    outcome: &'static str,
    attempts: u32,
    pulling_at: Option<String>,
    pulled_at: Option<String>,
    pull_seconds: Option<f64>,
    including_waiting_seconds: Option<f64>,
    image_size_bytes: Option<u64>,
    image_size_kind: &'static str,
    clock_source: Option<&'static str>,
    uncertainty_seconds: Option<f64>,
    gap_seconds: Option<f64>,
    lost_seconds: Option<f64>,
    failures: BTreeMap<&'static str, u32>,
    /// Only with --new-layers.
    #[serde(flatten)]
    layers: Option<Layers>,
    file: &'a str,
    files: u32,
    message: Option<&'a str>,
}

/// What of the image was not on the node yet. Null where that is not known.
#[derive(Debug, Default, Serialize)]
struct Layers {
    layers: Option<u64>,
    wire_bytes: Option<u64>,
    new_layers: Option<u64>,
    new_layer_bytes: Option<u64>,
    unknown_images: Option<u64>,
}

/// Runs the command; rows go to `results`.
pub(crate) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    args::check_output(args.format)?;
    let selection = args.logs.selection();
    let plain = table(&BTreeSet::new(), true);
    let is_taken = |name: &str| plain.keys().any(|key| key == name) || selection.has_column(name);
    let groups = args.groups.checked(is_taken)?;
    let images = args.new_layers.as_deref();
    let images = images
        .map(|path| args::read_layers(path, &args.platform))
        .transpose()?;
    // Images that are not asked for have left layers on the nodes, too.
    let pulls = args.logs.all_pulls(args.method)?;
    selection.tell_unmatched(pulls.iter().map(|pull| pull.image.as_deref()));
    let new_layers = images.as_ref().map(|images| images.new_layers(&pulls));
    let names = names(&pulls, groups);
    let mut rows: Vec<Row<'_>> = Vec::with_capacity(pulls.len());
    for (position, pull) in pulls.iter().enumerate() {
        if selection.takes(pull.image.as_deref()) {
            let mut row = Row::of(pull);
            row.columns = columns(pull, &names, groups);
            let new = new_layers.as_ref().map(|new| new[position]);
            row.layers = new.map(|new| new.map(Layers::of).unwrap_or_default());
            rows.push(row);
        }
    }
    table(&names, images.is_some())
        .within(terminal_width())
        .write(args.format, &rows, results)?;
    Ok(())
}

/// Returns a row for each pull, with the columns of its layout that are in `names`.
pub(crate) fn rows<'a>(
    pulls: impl IntoIterator<Item = &'a Pull>,
    names: &BTreeSet<String>,
) -> Vec<Row<'a>> {
    let row = |pull: &'a Pull| Row {
        columns: columns(pull, names, &[]),
        ..Row::of(pull)
    };
    pulls.into_iter().map(row).collect()
}

/// The columns that layouts and groups name, over all pulls.
pub(crate) fn names(pulls: &[Pull], groups: &[Grouping]) -> BTreeSet<String> {
    let places = pulls.iter().map(|pull| &pull.place);
    let of_places = places.flat_map(|place| place.columns.keys().cloned());
    of_places
        .chain(groups.iter().map(|group| group.name().to_owned()))
        .collect()
}

fn columns(
    pull: &Pull,
    names: &BTreeSet<String>,
    groups: &[Grouping],
) -> BTreeMap<String, Option<String>> {
    let value = |name: &String| {
        let value = match groups.iter().find(|group| group.name() == name) {
            Some(group) => pull.image.as_deref().and_then(|image| group.value(image)),
            None => pull.place.columns.get(name).map(String::as_str),
        };
        (name.clone(), value.map(str::to_owned))
    };
    names.iter().map(value).collect()
}

pub(crate) fn table<'a>(names: &BTreeSet<String>, with_layers: bool) -> Table<Row<'a>> {
    let mut columns = vec![
        Column::text("experiment", "experiment"),
        Column::count("nodes", "nodes"),
    ];
    columns.extend(names.iter().map(|name| Column::text(name, name)));
    columns.extend([
        Column::hidden("node"),
        Column::hidden("namespace"),
        Column::text("pod", "pod"),
        Column::hidden("pod_uid"),
        Column::hidden("container"),
        Column::text("image", "image"),
        Column::text("outcome", "outcome"),
        Column::count("attempts", "attempts"),
        Column::timestamp("pulling_at", "pulling").only_in_files(),
        Column::timestamp("pulled_at", "pulled at").only_in_files(),
        Column::seconds("pull_seconds", "pull s"),
        Column::seconds("including_waiting_seconds", "with waiting s"),
        Column::bytes("image_size_bytes", "image size"),
        Column::hidden("image_size_kind"),
        Column::hidden("clock_source"),
        Column::seconds("uncertainty_seconds", "±").only_in_files(),
        Column::seconds("gap_seconds", "gap").only_in_files(),
        Column::seconds("lost_seconds", "lost s"),
        Column::custom("failures", "failures", Alignment::Left, |row: &Row<'_>| {
            row.failures_in_words()
        }),
    ]);
    if with_layers {
        columns.extend([
            Column::count("layers", "layers"),
            Column::bytes("wire_bytes", "wire"),
            Column::count("new_layers", "new layers"),
            Column::bytes("new_layer_bytes", "new bytes"),
            Column::count("unknown_images", "unknown before"),
        ]);
    }
    columns.extend([
        Column::hidden("file"),
        Column::count("files", "files").only_in_files(),
        Column::hidden("message"),
    ]);
    Table::new(columns)
}

impl<'a> Row<'a> {
    fn of(pull: &'a Pull) -> Self {
        let place = &pull.place;
        let failures = pull
            .failures
            .iter()
            .map(|(class, &count)| (class.as_str(), count));
        Self {
            experiment: place.experiment.as_deref(),
            nodes: place.nodes,
            columns: BTreeMap::new(),
            node: pull.node.as_deref(),
            namespace: pull.namespace.as_deref(),
            pod: pull.pod.as_deref(),
            pod_uid: pull.pod_uid.as_deref(),
            container: pull.container.as_deref(),
            image: pull.image.as_deref(),
            outcome: pull.outcome.as_str(),
            attempts: pull.attempts,
            pulling_at: pull.pulling_at.map(timestamp),
            pulled_at: pull.pulled_at.map(timestamp),
            pull_seconds: pull.pull_seconds,
            including_waiting_seconds: pull.including_waiting_seconds,
            image_size_bytes: pull.image_size_bytes,
            image_size_kind: pull.image_size_kind.as_str(),
            clock_source: pull.clock_source.map(|source| source.as_str()),
            uncertainty_seconds: pull.uncertainty_seconds,
            gap_seconds: pull.gap_seconds,
            lost_seconds: pull.lost_seconds,
            failures: failures.collect(),
            layers: None,
            file: &place.file,
            files: pull.files,
            message: pull.message.as_deref(),
        }
    }

    fn failures_in_words(&self) -> String {
        let failures = self.failures.iter().map(|(class, count)| match count {
            1 => (*class).to_owned(),
            count => format!("{count} {class}"),
        });
        failures.collect::<Vec<_>>().join(", ")
    }
}

impl Layers {
    fn of(new: NewLayers) -> Self {
        Self {
            layers: Some(new.layers),
            wire_bytes: Some(new.wire_bytes),
            new_layers: Some(new.new_layers),
            new_layer_bytes: Some(new.new_layer_bytes),
            unknown_images: Some(new.unknown_images),
        }
    }
}
