//! The study's images as sets: of layer digests, and of build commands.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use libtest_mimic::Failed;
use pullstudy_similarity::Sets;
use serde_json::Value;

/// One image of a set: its manifest and its config.
pub(crate) struct Image {
    manifest: Value,
    config: Value,
}

/// The images of one of the study's sets, by full name.
pub(crate) type Images = BTreeMap<String, Image>;

/// Which items an image has.
pub(crate) type ItemsOf = fn(&Image) -> Vec<String>;

/// Reads every `manifests-config-layers.json` under the folder of a set.
pub(crate) fn read(set: &Path) -> Result<Images, Failed> {
    let mut images = Images::new();
    let mut folders = vec![(String::new(), set.to_owned())];
    while let Some((repository, folder)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                let name = entry.file_name().to_string_lossy().into_owned();
                folders.push((format!("{repository}/{name}"), entry.path()));
            } else {
                let file: Value = serde_json::from_slice(&fs::read(entry.path())?)?;
                images.extend(images_of(&repository[1..], &file));
            }
        }
    }
    Ok(images)
}

fn images_of(repository: &str, file: &Value) -> Vec<(String, Image)> {
    let manifests = file["manifests"].as_object().into_iter().flatten();
    let images = manifests.map(|(tag, manifest)| {
        let config = file["configs"][tag].clone();
        let manifest = manifest.clone();
        (format!("{repository}:{tag}"), Image { manifest, config })
    });
    images.collect()
}

/// The digests of an image's layers.
pub(crate) fn digests(image: &Image) -> Vec<String> {
    let layers = image.manifest["layers"].as_array().into_iter().flatten();
    layers
        .filter_map(|layer| Some(layer["digest"].as_str()?.to_owned()))
        .collect()
}

/// The build commands of an image as the study compares them: without spaces, in lower case.
pub(crate) fn content(image: &Image) -> Vec<String> {
    commands(image, |_| true)
}

/// The same without those that made no layer.
pub(crate) fn content_of_layers(image: &Image) -> Vec<String> {
    commands(image, |entry| entry["empty_layer"] != true)
}

fn commands(image: &Image, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let history = image.config["history"].as_array().into_iter().flatten();
    let commands = history
        .filter(|entry| wanted(entry))
        .filter_map(|entry| entry["created_by"].as_str());
    commands
        .map(|command| command.replace(' ', "").to_lowercase())
        .collect()
}

/// Makes a set of each image named, in that order.
pub(crate) fn sets(images: &Images, names: &[&str], of: ItemsOf) -> Result<Sets, Failed> {
    let missing = names.iter().find(|name| !images.contains_key(**name));
    if let Some(name) = missing {
        return Err(format!("{name} is not among the manifests").into());
    }
    Ok(Sets::of(names.iter().map(|name| of(&images[*name]))))
}
