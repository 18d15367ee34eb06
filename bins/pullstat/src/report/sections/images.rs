//! The images that were pulled, and how large they are, as far as that is known.

use std::collections::{BTreeMap, BTreeSet};

use pullstudy_events::{ImageSizeKind, Pull, PullOutcome};
use pullstudy_report::{Column, Table};
use serde::Serialize;

use super::super::study::Study;
use crate::models::size_in_tag;

/// What is known of an image. Sizes that nobody told are null.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(crate) struct Row {
    image: String,
    /// Numbers of nodes that pulled it, such as `4, 8`.
    nodes: String,
    pulled: usize,
    present: usize,
    layers: Option<u64>,
    /// What the kubelet said, whatever it meant by it.
    image_size_bytes: Option<u64>,
    wire_bytes: Option<u64>,
    unpacked_bytes: Option<u64>,
    /// Where the sizes are known from.
    sizes_from: Option<String>,
}

pub(crate) fn table() -> Table<Row> {
    Table::new(vec![
        Column::text("image", "image"),
        Column::text("nodes", "nodes"),
        Column::count("pulled", "pulled"),
        Column::count("present", "present"),
        Column::count("layers", "layers"),
        Column::bytes("image_size_bytes", "image size"),
        Column::bytes("wire_bytes", "wire"),
        Column::bytes("unpacked_bytes", "unpacked"),
        Column::text("sizes_from", "sizes from"),
    ])
}

/// Returns a row for each image that was pulled, those with the most pulls first.
pub(crate) fn rows(study: &Study) -> Vec<Row> {
    let mut images: BTreeMap<&str, Seen<'_>> = BTreeMap::new();
    for pull in &study.pulls {
        if let Some(image) = pull.image.as_deref() {
            images.entry(image).or_default().add(pull);
        }
    }
    // Traces are of the same pulls as the events beside them: they count only where there are no events.
    let has_events = !study.pulls.is_empty();
    for pull in study.traced.succeeded() {
        let seen = images.entry(&pull.record.image).or_default();
        seen.nodes.extend(pull.record.nodes);
        seen.pulled += usize::from(!has_events);
    }
    let mut rows: Vec<Row> = images
        .into_iter()
        .map(|(image, seen)| seen.row(image, study))
        .collect();
    rows.sort_by(|a, b| b.pulled.cmp(&a.pulled).then_with(|| a.image.cmp(&b.image)));
    rows
}

/// What pulls tell of their image.
#[derive(Default)]
struct Seen<'a> {
    nodes: BTreeSet<u32>,
    pulled: usize,
    present: usize,
    size: Option<&'a Pull>,
}

impl<'a> Seen<'a> {
    fn add(&mut self, pull: &'a Pull) {
        self.nodes.extend(pull.place.nodes);
        self.pulled += usize::from(pull.outcome == PullOutcome::Pulled);
        self.present += usize::from(pull.outcome == PullOutcome::Present);
        if pull.image_size_bytes.is_some() && self.size.is_none() {
            self.size = Some(pull);
        }
    }

    fn row(&self, image: &str, study: &Study) -> Row {
        let nodes: Vec<String> = self.nodes.iter().map(ToString::to_string).collect();
        let mut row = Row {
            image: image.to_owned(),
            nodes: nodes.join(", "),
            pulled: self.pulled,
            present: self.present,
            ..Row::default()
        };
        row.take_manifest(study);
        row.take_trace(study);
        if let Some(pull) = self.size {
            row.take_message(pull);
        }
        row.take_tag();
        row
    }
}

/// Sizes by those who know best first: none takes the place of one that is there.
impl Row {
    fn take_manifest(&mut self, study: &Study) {
        let sizes = study
            .layers
            .iter()
            .find_map(|layers| layers.sizes(&self.image));
        if let Some(sizes) = sizes {
            self.layers = Some(sizes.layers.into());
            self.wire_bytes = Some(sizes.wire_bytes);
            self.say("manifest");
        }
    }

    fn take_trace(&mut self, study: &Study) {
        let mut pulls = study.traced.succeeded().map(|pull| &pull.record);
        let Some(pull) = pulls.find(|pull| pull.image == self.image) else {
            return;
        };
        let unpacked = Some(pull.unpacked_bytes).filter(|&bytes| bytes > 0);
        let is_news =
            self.wire_bytes.is_none() || (unpacked.is_some() && self.unpacked_bytes.is_none());
        self.layers = self.layers.or(Some(pull.layers.into()));
        self.wire_bytes = self.wire_bytes.or(Some(pull.wire_bytes));
        self.unpacked_bytes = self.unpacked_bytes.or(unpacked);
        if is_news {
            self.say("trace");
        }
    }

    /// What a kubelet calls the image's size is what a registry sends, but for CRI-O's, which is unpacked.
    fn take_message(&mut self, pull: &Pull) {
        self.image_size_bytes = pull.image_size_bytes;
        let size = match pull.image_size_kind {
            ImageSizeKind::Unpacked => &mut self.unpacked_bytes,
            ImageSizeKind::Compressed => &mut self.wire_bytes,
            // It is one of the two, and nobody knows which.
            _ => return,
        };
        if size.is_none() {
            *size = pull.image_size_bytes;
            self.say("message");
        }
    }

    fn take_tag(&mut self) {
        if self.unpacked_bytes.is_none() {
            self.unpacked_bytes = size_in_tag::unpacked_bytes(&self.image);
            if self.unpacked_bytes.is_some() {
                self.say("tag");
            }
        }
    }

    fn say(&mut self, source: &str) {
        self.sizes_from = Some(match self.sizes_from.take() {
            Some(others) => format!("{others}, {source}"),
            None => source.to_owned(),
        });
    }
}
