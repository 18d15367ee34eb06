//! What is printed of a survey as JSON. Keys are a contract.

use pullstudy_survey::{
    Collection, Distribution, EmptyLayer, EmptySource, Group, LayerKind, PERCENTILES, Reuse,
    SharedLayer, Survey, WhyEmpty,
};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::images::collect::CollectArgs;
use crate::images::losses::{LeftOut, left_out};

#[derive(Debug, serde::Serialize)]
pub(super) struct Figures {
    method: &'static str,
    one_per_repository: bool,
    images: usize,
    repositories: usize,
    repositories_in_archive: usize,
    layers: u64,
    unique_layers: usize,
    total_bytes: u64,
    unique_bytes: u64,
    image_bytes: Option<Spread>,
    layer_bytes: Option<Spread>,
    unique_layer_bytes: Option<Spread>,
    layers_per_image: Option<Spread>,
    reuse: Vec<ReuseRow>,
    most_shared: Vec<SharedRow>,
    empty_layers: Vec<EmptyRow>,
    media_types: Vec<KindRow>,
    by_year: Vec<GroupRow>,
    by_architecture: Vec<GroupRow>,
    tags: Tags,
    oddities: Vec<OddityRow>,
    left_out: Vec<LeftOut>,
}

/// A distribution, with a key for each percentile: `p25`, `p96_25`.
#[derive(Debug)]
struct Spread(Distribution);

#[derive(Debug, serde::Serialize)]
struct ReuseRow {
    images: String,
    layers_by_images: u64,
    layers_by_rows: u64,
}

#[derive(Debug, serde::Serialize)]
struct SharedRow {
    digest: String,
    size_bytes: u64,
    rows: u64,
    images: u64,
}

#[derive(Debug, serde::Serialize)]
struct EmptyRow {
    digest: String,
    size_bytes: u64,
    why: &'static str,
    rows: u64,
    images: u64,
    sources: Vec<SourceRow>,
}

#[derive(Debug, serde::Serialize)]
struct SourceRow {
    instruction: Option<&'static str>,
    rows: u64,
    example: String,
    image: String,
}

#[derive(Debug, serde::Serialize)]
struct KindRow {
    media_type: String,
    compression: Option<&'static str>,
    foreign: bool,
    rows: u64,
    layers: u64,
    unique_bytes: u64,
}

#[derive(Debug, serde::Serialize)]
struct GroupRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    year: Option<Option<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    architecture: Option<Option<String>>,
    images: usize,
    repositories: usize,
    layers: u64,
    unique_layers: usize,
    unique_bytes: u64,
    image_bytes: Spread,
    layers_per_image: Spread,
}

#[derive(Debug, serde::Serialize)]
struct Tags {
    per_repository: Option<Spread>,
    capped: Vec<String>,
    unlisted: Vec<String>,
}

#[derive(Debug, serde::Serialize)]
struct OddityRow {
    kind: &'static str,
    images: u64,
}

impl Figures {
    pub(super) fn of(args: &CollectArgs, collection: &Collection, survey: &Survey) -> Self {
        let survey = survey.clone();
        Self {
            method: args.method().name(),
            one_per_repository: args.one_per_repository(),
            images: survey.images,
            repositories: survey.repositories,
            repositories_in_archive: collection.repositories().len(),
            layers: survey.layers,
            unique_layers: survey.unique_layers,
            total_bytes: survey.total_bytes,
            unique_bytes: survey.unique_bytes,
            image_bytes: survey.image_bytes.map(Spread),
            layer_bytes: survey.layer_bytes.map(Spread),
            unique_layer_bytes: survey.unique_layer_bytes.map(Spread),
            layers_per_image: survey.layers_per_image.map(Spread),
            reuse: survey.reuse.iter().map(ReuseRow::of).collect(),
            most_shared: survey.most_shared.iter().map(SharedRow::of).collect(),
            empty_layers: survey.empty_layers.into_iter().map(EmptyRow::of).collect(),
            media_types: survey.layer_kinds.into_iter().map(KindRow::of).collect(),
            by_year: survey.by_year.into_iter().map(GroupRow::of_year).collect(),
            by_architecture: survey
                .by_architecture
                .into_iter()
                .map(GroupRow::of_architecture)
                .collect(),
            tags: Tags {
                per_repository: survey.tags.per_repository.map(Spread),
                capped: survey.tags.capped,
                unlisted: survey.tags.unlisted,
            },
            oddities: survey
                .oddities
                .iter()
                .map(|oddity| OddityRow {
                    kind: oddity.name,
                    images: oddity.images,
                })
                .collect(),
            left_out: left_out(collection),
        }
    }
}

impl Serialize for Spread {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("n", &self.0.n)?;
        map.serialize_entry("mean", &self.0.mean)?;
        map.serialize_entry("sd", &self.0.sd)?;
        for (percent, value) in PERCENTILES.iter().zip(&self.0.percentiles) {
            let key = format!("p{percent}").replace('.', "_");
            map.serialize_entry(&key, value)?;
        }
        map.end()
    }
}

impl ReuseRow {
    fn of(reuse: &Reuse) -> Self {
        Self {
            images: images_in_words(reuse),
            layers_by_images: reuse.by_images,
            layers_by_rows: reuse.by_rows,
        }
    }
}

/// `1` for layers of exactly one image, `>2` for those of more than two.
pub(super) fn images_in_words(reuse: &Reuse) -> String {
    match reuse.more_than {
        0 => "1".to_owned(),
        more_than => format!(">{more_than}"),
    }
}

impl SharedRow {
    fn of(layer: &SharedLayer) -> Self {
        Self {
            digest: layer.digest.to_string(),
            size_bytes: layer.size_bytes,
            rows: layer.rows,
            images: layer.images,
        }
    }
}

impl EmptyRow {
    fn of(layer: EmptyLayer) -> Self {
        Self {
            digest: layer.digest.to_string(),
            size_bytes: layer.size_bytes,
            why: match layer.why {
                WhyEmpty::EmptyTar => "empty-tar",
                _ => "known-digest",
            },
            rows: layer.rows,
            images: layer.images,
            sources: layer.sources.into_iter().map(SourceRow::of).collect(),
        }
    }
}

impl SourceRow {
    fn of(source: EmptySource) -> Self {
        Self {
            instruction: source.instruction,
            rows: source.rows,
            example: source.example,
            image: source.image,
        }
    }
}

impl KindRow {
    fn of(kind: LayerKind) -> Self {
        Self {
            compression: kind.compression.map(pullstudy_image::Compression::name),
            foreign: kind.is_foreign,
            rows: kind.rows,
            layers: kind.layers,
            unique_bytes: kind.unique_bytes,
            media_type: kind.media_type,
        }
    }
}

impl GroupRow {
    fn of_year(group: Group) -> Self {
        let year = group.key.as_deref().and_then(|key| key.parse().ok());
        Self {
            year: Some(year),
            architecture: None,
            ..Self::of(group)
        }
    }

    fn of_architecture(group: Group) -> Self {
        Self {
            architecture: Some(group.key.clone()),
            ..Self::of(group)
        }
    }

    fn of(group: Group) -> Self {
        Self {
            year: None,
            architecture: None,
            images: group.images,
            repositories: group.repositories,
            layers: group.layers,
            unique_layers: group.unique_layers,
            unique_bytes: group.unique_bytes,
            image_bytes: Spread(group.image_bytes),
            layers_per_image: Spread(group.layers_per_image),
        }
    }
}
