//! Where the images to be inspected are.

use std::path::{Path, PathBuf};

use pullstudy_console::{Place, UsageError, say};
use pullstudy_image::Reference;

/// A registry, or one of the folders that images lie in.
#[derive(Debug)]
pub(super) enum InspectPlace {
    Registry(Reference),
    Folder { path: PathBuf, tag: Option<String> },
}

impl InspectPlace {
    /// Reads an argument. In contrast to commands that write, a folder with images in it need not start like a path: a
    /// stranger who made `crafted` with another command writes `crafted`.
    pub(super) fn parse(text: &str, tag: Option<&str>) -> Result<Self, UsageError> {
        let place = match folder_without_start(text) {
            Some(place) => place,
            None => Place::parse(text)?,
        };
        match place {
            Place::Layout { tag: Some(_), .. } if tag.is_some() => Err(two_tags(text)),
            Place::Layout { path, tag: own } => Ok(Self::Folder {
                path,
                tag: own.or_else(|| tag.map(str::to_owned)),
            }),
            Place::Registry(reference) => of_registry(text, reference, tag),
        }
    }
}

fn of_registry(
    text: &str,
    reference: Reference,
    tag: Option<&str>,
) -> Result<InspectPlace, UsageError> {
    let Some(tag) = tag else {
        return Ok(InspectPlace::Registry(reference));
    };
    if reference.tag().is_some() || reference.digest().is_some() {
        return Err(two_tags(text));
    }
    let tagged = reference.with_tag(tag);
    tagged
        .map(InspectPlace::Registry)
        .map_err(|error| UsageError(error.to_string()))
}

fn two_tags(text: &str) -> UsageError {
    UsageError(format!("{text} names an image already: leave --tag out"))
}

/// Finds a folder that is written like a reference, if images are in it.
fn folder_without_start(text: &str) -> Option<Place> {
    let starts = ["/", "./", "../", "oci:"];
    if starts.iter().any(|start| text.starts_with(start)) {
        return None;
    }
    let place = Place::parse(&format!("./{text}")).ok()?;
    let Place::Layout { path, .. } = &place else {
        return None;
    };
    if !path.is_dir() || !holds_images(path) {
        return None;
    }
    let is_reference = text.parse::<Reference>();
    if let Ok(reference) = is_reference {
        let (path, name) = (path.display(), reference);
        say(format_args!(
            "reading the folder {path}; the image of that name in a registry is {name}"
        ));
    }
    Some(place)
}

pub(super) fn is_layout(path: &Path) -> bool {
    path.join("oci-layout").exists()
}

fn holds_images(path: &Path) -> bool {
    is_layout(path) || pullstudy_image::Archive::open(path).is_ok()
}
