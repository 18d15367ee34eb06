//! Images to be inspected, found in archives of manifests.

use pullstudy_image::{
    ArchivedDocument, ArchivedImage, ArchivedRepository, ArchivedTag, Missing, MissingPart,
    Platform,
};

use super::subject::{Subject, SubjectContent, SubjectError, checked, is_statement, of_platform};

/// Finds the images that a tag of an archive stands for; otherwise like [`find_subjects`](crate::find_subjects).
///
/// # Errors
///
/// Each image's [`SubjectError`] stands in its place.
pub fn archived_subjects(
    repository: &ArchivedRepository,
    tag: &ArchivedTag,
    platform: Option<&Platform>,
) -> Vec<Result<Subject, SubjectError>> {
    let name = Name::of(repository, tag);
    let content = repository.read(tag);
    let mut found: Vec<_> = content
        .root
        .and_then(|root| name.alone(root))
        .into_iter()
        .collect();
    let images = content.images.into_iter();
    let images = images.filter(|image| !image.entry.as_ref().is_some_and(is_statement));
    found.extend(images.map(|image| name.image(image)));
    // A missing config leaves an image to be inspected, which says so.
    let missing = content
        .missing
        .iter()
        .filter(|missing| missing.part != MissingPart::Config && is_wanted(missing, platform));
    found.extend(missing.map(|missing| Err(name.not_archived(missing))));
    of_platform(&name.reference, platform, found, Vec::new())
}

/// What a tag's images are called.
struct Name {
    reference: String,
    tag: Option<String>,
}

impl Name {
    fn of(repository: &ArchivedRepository, tag: &ArchivedTag) -> Self {
        let separator = if tag.tag().is_some() { ':' } else { '@' };
        Self {
            reference: format!("{}{separator}{}", repository.name(), tag.name()),
            tag: tag.tag().map(str::to_owned),
        }
    }

    fn subject(&self, platform: Option<Platform>, content: SubjectContent) -> Subject {
        Subject {
            reference: self.reference.clone(),
            tag: self.tag.clone(),
            platform,
            content,
        }
    }

    /// Returns what stands for itself: no manifest of layers, and no index of those.
    fn alone(&self, root: ArchivedDocument) -> Option<Result<Subject, SubjectError>> {
        match root {
            ArchivedDocument::Schema1(document) => {
                Some(Ok(self.subject(None, SubjectContent::Schema1(document))))
            }
            ArchivedDocument::Other(other) => Some(Err(SubjectError::NotAnImage {
                reference: self.reference.clone(),
                reason: other.reason,
            })),
            _ => None,
        }
    }

    fn image(&self, image: ArchivedImage) -> Result<Subject, SubjectError> {
        let platform = image.platform();
        let config = image.config;
        let config = config.ok_or_else(|| "it is not in the archive".to_owned());
        let content = checked(&self.reference, image.manifest, config)?;
        Ok(self.subject(platform, content))
    }

    fn not_archived(&self, missing: &Missing) -> SubjectError {
        let reason = missing.reason.name();
        SubjectError::NotArchived {
            reference: match &missing.platform {
                Some(platform) => format!("{} for {platform}", self.reference),
                None => self.reference.clone(),
            },
            part: missing.part.name(),
            reason: match &missing.message {
                Some(message) => format!("{reason}: {message}"),
                None => reason.to_owned(),
            },
        }
    }
}

fn is_wanted(missing: &Missing, platform: Option<&Platform>) -> bool {
    match (&missing.platform, platform) {
        (Some(own), _) if own.os == "unknown" => false,
        (Some(own), Some(asked)) => asked.accepts(own),
        _ => true,
    }
}
