//! What is printed of all images together. Keys are a contract.

use std::collections::HashSet;

use pullstudy_console::warn;
use serde::Serialize;

use super::super::losses::{LeftOut, left_out};
use super::Args;
use super::base::Base;
use super::clusters::Clusters;
use super::comparison::{Comparison, MAX_MATRIX};
use super::pairs::{self, Pair};

/// One object.
#[derive(Debug, Serialize)]
pub(super) struct Outcome<'a> {
    pub(super) images: usize,
    /// One a layer of an image.
    pub(super) layers: usize,
    pub(super) unique_layers: usize,
    pub(super) repositories: usize,
    #[serde(flatten)]
    pub(super) choices: Choices,
    /// Over pairs of different images; by the published method with each image and itself.
    pub(super) mean: Option<f64>,
    pub(super) sd: Option<f64>,
    pub(super) mean_with_diagonal: Option<f64>,
    pub(super) sd_with_diagonal: Option<f64>,
    /// What is compared, and how many different ones there are.
    pub(super) items: u64,
    pub(super) unique_items: usize,
    pub(super) cophenetic_correlation: Option<f64>,
    pub(super) cut_height: Option<f64>,
    pub(super) cluster_count: usize,
    pub(super) total_bytes: u128,
    pub(super) unique_bytes: u128,
    pub(super) shared_base: Base,
    pub(super) not_compared: usize,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) names: &'a [String],
    pub(super) order: &'a [usize],
    pub(super) clusters: &'a [usize],
    pub(super) matrix: Option<Vec<Vec<f64>>>,
    pub(super) pairs: Option<Vec<Pair>>,
}

/// What was asked for.
#[derive(Debug, Serialize)]
pub(super) struct Choices {
    pub(super) method: &'static str,
    pub(super) on: &'static str,
    pub(super) weight: &'static str,
    pub(super) measure: &'static str,
    pub(super) linkage: &'static str,
}

impl<'a> Outcome<'a> {
    pub(super) fn of(
        args: &Args,
        comparison: &'a Comparison<'_>,
        clusters: &'a Clusters,
    ) -> anyhow::Result<Self> {
        let figures = comparison.figures();
        let (mean, sd) = if args.is_published() {
            (figures.mean_with_diagonal, figures.sd_with_diagonal)
        } else {
            (figures.mean, figures.sd)
        };
        let unique = comparison.unique_layers();
        let sets = &comparison.sets;
        Ok(Self {
            images: comparison.len(),
            layers: comparison.rows().count(),
            unique_layers: unique.len(),
            repositories: repositories(comparison),
            choices: Choices::of(args),
            mean,
            sd,
            mean_with_diagonal: figures.mean_with_diagonal,
            sd_with_diagonal: figures.sd_with_diagonal,
            items: sets.memberships() as u64 + sets.repeated_items(),
            unique_items: sets.items(),
            cophenetic_correlation: clusters.cophenetic_correlation,
            cut_height: clusters.cut.height(),
            cluster_count: clusters.count(),
            total_bytes: comparison.bytes(comparison.rows()),
            unique_bytes: comparison.bytes(unique),
            shared_base: Base::of(args.base.as_deref(), comparison)?,
            not_compared: comparison.not_compared.len(),
            left_out: left_out(comparison.collection),
            names: &comparison.names,
            order: &clusters.order,
            clusters: &clusters.of_image,
            matrix: matrix(args, comparison),
            pairs: pairs::asked_for(args, comparison)?,
        })
    }
}

impl Choices {
    fn of(args: &Args) -> Self {
        Self {
            method: args.collect.method().name(),
            on: args.on.name(),
            weight: args.weight.name(),
            measure: args.measure.name(),
            linkage: args.linkage.name(),
        }
    }
}

fn repositories(comparison: &Comparison<'_>) -> usize {
    let images = comparison.images.iter();
    let names = images.map(|&image| comparison.collection.repository(image));
    names.collect::<HashSet<_>>().len()
}

fn matrix(args: &Args, comparison: &Comparison<'_>) -> Option<Vec<Vec<f64>>> {
    if args.threshold.is_some() {
        return None;
    }
    if !comparison.has_matrix() {
        warn(&format_args!(
            "there is no matrix of {} images, {MAX_MATRIX} are the most: --threshold lists the pairs that are similar",
            comparison.len()
        ));
        return None;
    }
    Some(
        (0..comparison.len())
            .map(|image| comparison.row(image))
            .collect(),
    )
}
