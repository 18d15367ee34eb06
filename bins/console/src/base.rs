//! Bases that are not built in: from a layout, or from a registry.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use pullstudy_crafter::{Base, BaseName, Method, SizesFile};
use pullstudy_image::{Image, Layout, Reference};
use pullstudy_registry::{Client, RemoteSource};

use crate::{Clients, UsageError, runtime, say};

/// Opens and measures the base that a sizes file names; a client is made only if that is in a registry.
///
/// # Errors
///
/// A layout or registry that cannot be read, a base that is none, and a name for several images of a layout.
pub fn open_base(
    sizes: &SizesFile,
    method: Method,
    clients: &Clients<'_>,
) -> anyhow::Result<Option<Base>> {
    match &sizes.base {
        _ if method == Method::Published => Ok(None),
        BaseName::Layout { path, tag } => layout(sizes, path, tag.as_deref()).map(Some),
        BaseName::Reference(reference) => {
            registry(sizes, reference, clients.of(reference)?).map(Some)
        }
        _ => Ok(None),
    }
}

fn layout(sizes: &SizesFile, path: &Path, tag: Option<&str>) -> anyhow::Result<Base> {
    let layout = Layout::open(path)?;
    let mut entries = layout.images()?;
    let all = entries.len();
    entries.retain(|entry| tag.is_none_or(|tag| entry.tag.as_deref() == Some(tag)));
    let [entry] = entries.as_slice() else {
        let sentence = format!(
            "{}: base {} names {} of the {all} images there: write its folder and a tag, such as oci:DIR:TAG",
            sizes.name,
            sizes.base,
            entries.len(),
        );
        return Err(UsageError(sentence).into());
    };
    let images = layout.all_images(&entry.descriptor)?;
    let name = sizes.base.to_string();
    Ok(Base::measure(
        &name,
        Arc::new(layout),
        &images,
        &sizes.platforms,
    )?)
}

fn registry(sizes: &SizesFile, reference: &Reference, client: Client) -> anyhow::Result<Base> {
    say(format_args!(
        "measuring base {reference}: all its layers are read"
    ));
    let runtime = runtime()?;
    let mut images: Vec<Image> = Vec::new();
    for platform in &sizes.platforms {
        images.push(runtime.block_on(client.pull_image(reference, platform))?);
    }
    let source = RemoteSource::new(client, reference.clone(), runtime.clone());
    let name = reference.to_string();
    Base::measure(&name, Arc::new(source), &images, &sizes.platforms)
        .with_context(|| format!("base {name}"))
}
