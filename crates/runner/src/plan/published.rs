//! The two forms of JSON that the published study's runner reads.

use std::collections::BTreeMap;

use pullstudy_image::Reference;
use serde::Deserialize;

use super::file::{CachePolicy, ImageSource, Order, StudyFile};
use super::form::form_error;
use super::problem::ReadStudyError;

/// `{"tags": ["9-layers-size-1176249324-bytes"], "uri": "ghcr.io/…"}`.
#[derive(Deserialize)]
struct Tags {
    tags: Vec<String>,
    uri: String,
}

/// An entry of `{"4": [{"image": …, "command": …, "tasks": 32, "pre": …}]}`. What Flux is to do is kept, not done.
#[derive(Deserialize)]
struct Application {
    image: String,
    command: Option<String>,
}

/// Reads either form; `None` if the text has neither.
pub(super) fn parse(
    file: &str,
    stem: &str,
    text: &str,
) -> Result<Option<StudyFile>, ReadStudyError> {
    if !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    let Ok(keys) = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text) else {
        return Ok(None);
    };
    let form = |error: serde_json::Error| form_error(file, error.line() as u64, &error.to_string());
    if keys.contains_key("tags") && keys.contains_key("uri") {
        let tags = serde_json::from_str(text).map_err(form)?;
        return of_tags(file, stem, tags).map(Some);
    }
    if !keys.is_empty() && keys.keys().all(|key| key.parse::<u32>().is_ok()) {
        let lists = serde_json::from_str(text).map_err(form)?;
        return of_applications(file, stem, lists).map(Some);
    }
    Ok(None)
}

fn of_tags(file: &str, stem: &str, list: Tags) -> Result<StudyFile, ReadStudyError> {
    let references = list
        .tags
        .iter()
        .map(|tag| reference(file, "tags", &format!("{}:{tag}", list.uri)))
        .collect::<Result<_, _>>()?;
    Ok(as_published(stem, ImageSource::References(references)))
}

fn of_applications(
    file: &str,
    stem: &str,
    lists: BTreeMap<u32, Vec<Application>>,
) -> Result<StudyFile, ReadStudyError> {
    let mut images = BTreeMap::new();
    let mut commands = BTreeMap::new();
    for (nodes, applications) in lists {
        let mut list: Vec<Reference> = Vec::new();
        for application in applications {
            let image = reference(file, &nodes.to_string(), &application.image)?;
            if let Some(command) = application.command {
                commands.insert(image.to_string(), command);
            }
            // An application may be run several times; its image is pulled once.
            if !list.contains(&image) {
                list.push(image);
            }
        }
        images.insert(nodes, list);
    }
    let nodes = images.keys().copied().collect();
    let mut study = as_published(stem, ImageSource::ByNodes(images));
    study.nodes = nodes;
    study.flux_commands = commands;
    Ok(study)
}

/// The published runner pulled in the order of the file, each image once onto each new cluster, and removed nothing.
fn as_published(stem: &str, images: ImageSource) -> StudyFile {
    let mut study = StudyFile::new(stem, images);
    study.order = Order::AsWritten;
    study.cache = CachePolicy::Check;
    study
}

fn reference(file: &str, key: &str, text: &str) -> Result<Reference, ReadStudyError> {
    text.parse().map_err(
        |error: pullstudy_image::ParseReferenceError| ReadStudyError::Value {
            file: file.to_owned(),
            key: key.to_owned(),
            reason: error.to_string(),
        },
    )
}
