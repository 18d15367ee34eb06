//! The images of a study, with what is known of their sizes.

use anyhow::Context;
use pullstudy_console::{Clients, ConnectionArgs, UsageError, in_words, open_base, say};
use pullstudy_crafter::{Method, Plan, PlanOptions, SizesFile};
use pullstudy_image::Reference;
use pullstudy_registry::Client;
use pullstudy_runner::{ImageSource, StudyFile, StudyImage};

/// Lists the images that a study is about. Only a repository's tags, and a base that is in a registry, need one.
pub(super) fn of(
    runtime: &tokio::runtime::Runtime,
    study: &StudyFile,
    connection: &ConnectionArgs,
) -> anyhow::Result<Vec<StudyImage>> {
    let observer = pullstudy_console::retries(|line| say(format_args!("{line}")));
    let clients = Clients::new(connection, observer);
    match &study.images {
        ImageSource::References(references) => {
            Ok(references.iter().cloned().map(StudyImage::new).collect())
        }
        ImageSource::ByNodes(lists) => {
            let mut images: Vec<StudyImage> = Vec::new();
            for reference in lists.values().flatten() {
                if !images.iter().any(|image| image.reference == *reference) {
                    images.push(StudyImage::new(reference.clone()));
                }
            }
            Ok(images)
        }
        ImageSource::Sizes { file, uri } => crafted(file, uri.as_deref(), &clients),
        ImageSource::Repository(repository) => {
            runtime.block_on(tags(repository, clients.of(repository)?))
        }
        _ => anyhow::bail!("the study names its images in a way that this program does not know"),
    }
}

/// Plans the images of a sizes file: their tags and sizes do not depend on the seed.
fn crafted(
    file: &std::path::Path,
    uri: Option<&str>,
    clients: &Clients<'_>,
) -> anyhow::Result<Vec<StudyImage>> {
    let sizes = SizesFile::read(file)?;
    let name = file.display();
    let uri = uri.map(str::parse::<Reference>).transpose()?;
    let repository = uri.or(sizes.uri.clone()).ok_or_else(|| {
        UsageError(format!(
            "{name} has no uri: write images: {{sizes: {name}, uri: REPOSITORY}}"
        ))
    })?;
    let options = PlanOptions {
        seed: sizes.seed.unwrap_or_default(),
        repository: repository.name().parse()?,
        method: Method::Exact,
        base: open_base(&sizes, Method::Exact, clients)?,
    };
    let plan = Plan::new(&sizes, &options)?;
    let image = |planned: &pullstudy_crafter::ImagePlan| {
        let mut image = StudyImage::new(planned.reference.clone());
        // Each platform has sizes of its own; nodes are of the first.
        if let Some(platform) = planned.platforms.first() {
            image.wire_bytes = platform.wire_bytes();
            image.unpacked_bytes = Some(platform.unpacked_bytes());
            image.layers = Some(platform.layer_count() as u64);
        }
        image
    };
    Ok(plan.images.iter().map(image).collect())
}

async fn tags(repository: &Reference, client: Client) -> anyhow::Result<Vec<StudyImage>> {
    let tags = client.tags(repository).await;
    let tags =
        tags.with_context(|| format!("the tags of {} cannot be listed", repository.name()))?;
    let image = |tag: &String| Ok(StudyImage::new(repository.with_tag(tag)?));
    let images: Result<Vec<_>, pullstudy_image::ParseReferenceError> =
        tags.iter().map(image).collect();
    images.map_err(|error| UsageError(in_words(&error)).into())
}
