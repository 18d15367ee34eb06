//! What images have in common, and what is left to pull of each.

use pullstudy_report::{grouped, human_bytes};
use pullstudy_similarity::Linkage;
use pullstudy_survey::Collection;

use super::super::study::Study;
use super::experiments::id;
use super::table;
use super::times::{ROWS_SHOWN, Told};
use crate::images::losses;
use crate::images::similarity::choices::OrderArg;
use crate::images::similarity::clusters::{Clusters, Cut, USUAL_HEIGHT};
use crate::images::similarity::comparison::{Comparison, Wanted};
use crate::images::similarity::{pictures, to_pull};
use pullstudy_report::{Fact, PageFigure, Section};

/// Names of more images than these cannot be read in a picture as wide as a page.
const IMAGES_DRAWN: usize = 120;

pub(in crate::report) fn section(study: &Study) -> anyhow::Result<Option<Told>> {
    if study.archives.is_empty() {
        return Ok(None);
    }
    let mut told = Told {
        section: Section::new("similarity", "What images have in common"),
        warnings: Vec::new(),
    };
    for (folder, collection) in &study.archives {
        let name = folder.display().to_string();
        let warnings = losses::warnings(collection).into_iter();
        told.warnings
            .extend(warnings.map(|line| format!("{name}: {line}")));
        if !collection.is_empty() {
            told.add(&name, collection)?;
        }
    }
    Ok(Some(told))
}

impl Told {
    fn add(&mut self, name: &str, collection: &Collection) -> anyhow::Result<()> {
        let comparison = Comparison::of(Wanted::default(), collection)?;
        self.warnings.extend(comparison.warning());
        let mut section = std::mem::replace(&mut self.section, Section::new("", ""));
        section = section
            .text(format!("Images of {name}:"))
            .facts(facts(&comparison));
        if (2..=IMAGES_DRAWN).contains(&comparison.len()) {
            section = section.figure(map(name, &comparison)?);
        } else if comparison.len() > IMAGES_DRAWN {
            section = section.text(format!(
                "{} images are too many for a picture of a page: pullstat similarity {name} --plot similar.svg draws them.",
                comparison.len()
            ));
        }
        let caption = "What each image adds on a node that is empty at first and keeps what it has pulled, always the image with \
            the fewest new bytes next";
        let rows = to_pull::rows(collection, OrderArg::LeastEarly, &[])?;
        let made = table(
            &format!("to-pull-{}", id(name)),
            caption,
            &to_pull::table(),
            &rows,
        )?;
        self.section = section.table(made.first(ROWS_SHOWN));
        Ok(())
    }
}

fn facts(comparison: &Comparison<'_>) -> Vec<Fact> {
    let unique = comparison.unique_layers();
    let figures = comparison.figures();
    let count = |label: &str, count: usize, id: &str| {
        Fact::new(label, grouped(count as u64)).defined_by(id)
    };
    let bytes = |label: &str, bytes: u128| {
        let shown = u64::try_from(bytes).map_or_else(|_| bytes.to_string(), human_bytes);
        Fact::new(label, shown)
            .exact(format!("{bytes} B"))
            .defined_by("wire-bytes")
    };
    let mut facts = vec![
        count("Images", comparison.len(), "image"),
        count(
            "Layers, repeated ones too",
            comparison.rows().count(),
            "layers",
        ),
        count("Unique layers", unique.len(), "layers"),
        bytes("Each image alone", comparison.bytes(comparison.rows())),
        bytes("Each layer once", comparison.bytes(unique)),
    ];
    if let Some(mean) = figures.mean {
        let fact = Fact::new("Mean similarity of two images", format!("{mean:.4}"));
        facts.push(fact.exact(mean.to_string()).defined_by("jaccard"));
    }
    facts
}

fn map(name: &str, comparison: &Comparison<'_>) -> anyhow::Result<PageFigure> {
    let clusters = Clusters::of(comparison, Linkage::Average, Cut::Height(USUAL_HEIGHT))?;
    let figure = pictures::clustermap(comparison, &clusters)?;
    let id = format!("clustermap-{}", id(name));
    Ok(PageFigure::new(
        id,
        "How alike the images are",
        "clustermap",
        figure,
    ))
}
