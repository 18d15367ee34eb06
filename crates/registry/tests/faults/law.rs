//! What must hold however a schedule ends.

use std::fs;
use std::path::Path;

use pullstudy_image::{Archive, Digest, Layout};

use crate::access::MARK;
use crate::content::Prospect;
use crate::scene::{Ended, SOURCE, Scene, TAG, TARGET, locked};
use crate::schedule::{Operation, Schedule};

/// `s3cr3t-password` as it is sent: the end of `stu:s3cr3t-password` in base64.
const ENCODED: &str = "OnMzY3IzdC1wYXNzd29yZA";

/// Says which law an ending breaks, if any.
pub(crate) fn broken(schedule: &Schedule, scene: &Scene, ended: Option<&Ended>) -> Option<String> {
    let Some(ended) = ended else {
        return Some("it hangs".into());
    };
    unexpected_end(schedule, ended)
        .or_else(|| wrong_bytes(schedule.operation, scene))
        .or_else(|| incomplete(schedule, scene, ended.is_ok()))
        .or_else(|| leak(scene, ended))
        .or_else(|| unclear(schedule.operation, scene, ended))
}

fn unexpected_end(schedule: &Schedule, ended: &Ended) -> Option<String> {
    match (schedule.prospect(), ended) {
        (Prospect::Good, Err((chain, _))) => {
            Some(format!("it can be got past, but failed: {chain}"))
        }
        (Prospect::Bad, Ok(())) => Some("it cannot end well, but did".into()),
        _ => None,
    }
}

/// Nothing is visible under a digest that is not its own.
fn wrong_bytes(operation: Operation, scene: &Scene) -> Option<String> {
    let wrong = |name: &str, bytes: &[u8]| {
        (Digest::of(bytes).to_string() != name).then(|| format!("wrong bytes under {name}"))
    };
    if matches!(operation, Operation::Pull | Operation::Fetch) {
        let named = files(&scene.folder.path().join("target"));
        return named.iter().find_map(|(name, bytes)| wrong(name, bytes));
    }
    let store = locked(&scene.target_store);
    let repository = store.repositories.get(TARGET)?;
    repository
        .blobs
        .iter()
        .find_map(|(name, bytes)| wrong(name, bytes))
}

/// The files in or below a folder whose path ends in a digest.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if folder.ends_with("sha256") {
            let name = entry.file_name().to_string_lossy().into_owned();
            found.push((format!("sha256:{name}"), fs::read(path).unwrap()));
        }
    }
    found
}

/// What has a tag is whole, and what ended well has a tag.
fn incomplete(schedule: &Schedule, scene: &Scene, ended_well: bool) -> Option<String> {
    let operation = schedule.operation;
    if operation == Operation::Fetch && !ended_well {
        return None;
    }
    match (is_tagged(schedule, scene), ended_well) {
        (false, true) => return Some("it ended well without all tags".into()),
        (false, false) => return None,
        (true, _) => {}
    }
    let with_layers = operation != Operation::Fetch;
    let read = |digest: &Digest| scene.written(operation, digest);
    let missing = scene.content.missing_from(with_layers, read);
    missing.map(|digest| format!("the tag is there, but not {digest}"))
}

fn is_tagged(schedule: &Schedule, scene: &Scene) -> bool {
    let root = scene.content.root.digest;
    if schedule.operation == Operation::Fetch {
        let archive = Archive::open(scene.folder.path().join("target")).unwrap();
        let repository = archive.repositories().next().unwrap().unwrap();
        // Each once, in whatever order.
        let mut tags = repository.listed_tags().to_vec();
        tags.sort_unstable();
        return tags == schedule.tag_names();
    }
    if schedule.operation == Operation::Pull {
        let layout = Layout::open(scene.folder.path().join("target"));
        let images = layout
            .and_then(|layout| layout.images())
            .unwrap_or_default();
        return images.iter().any(|image| image.descriptor.digest == root);
    }
    let store = locked(&scene.target_store);
    let repository = store.repositories.get(TARGET);
    let tagged = repository.and_then(|repository| repository.tags.get(TAG));
    tagged.is_some_and(|digest| *digest == root.to_string())
}

/// No secret in what is shown, none at a host that has no need of it.
fn leak(scene: &Scene, ended: &Ended) -> Option<String> {
    let is_secret = |text: &str| text.contains(MARK) || text.contains(ENCODED);
    let client = format!("{:?}", scene.client);
    let events = locked(&scene.events).clone();
    let (chain, debug) = ended.as_ref().err().cloned().unwrap_or_default();
    let shown = [
        ("client", client),
        ("events", events),
        ("error", chain),
        ("debug", debug),
    ];
    let shown = shown.iter().find(|(_, text)| is_secret(text));
    if let Some((place, text)) = shown {
        return Some(format!("a secret in the {place}: {text}"));
    }
    let heard = scene.elsewhere.heard();
    let told = heard
        .iter()
        .find(|request| request.contains("authorization"));
    told.map(|request| format!("credentials at another host: {request}"))
}

/// An error is one sentence that says where, what and why.
fn unclear(operation: Operation, scene: &Scene, ended: &Ended) -> Option<String> {
    let (chain, _) = ended.as_ref().err()?;
    let complain = |what: &str| Some(format!("the error {what}: {chain}"));
    let hosts = [&scene.source, &scene.target].map(|host| host.address().to_string());
    if !hosts.iter().any(|host| chain.contains(host)) {
        return complain("names no registry");
    }
    if ![SOURCE, TARGET]
        .iter()
        .any(|repository| chain.contains(repository))
    {
        return complain("names no repository");
    }
    // A blob that is being made has no name yet.
    let has_name = !matches!(operation, Operation::Fetch | Operation::Stream);
    if has_name && ![TAG, "sha256:"].iter().any(|name| chain.contains(name)) {
        return complain("names neither tag nor digest");
    }
    if chain.contains('\n') || chain.len() > 2000 {
        return complain("is no sentence");
    }
    // Either there is one beneath, or it is a lie that needs no other: "has digest a, expected b".
    if !chain.contains(": ") && !chain.contains(" has ") {
        return complain("has no cause");
    }
    None
}
