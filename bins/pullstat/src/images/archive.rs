//! Which images of an archive a command looks at.

use std::path::PathBuf;

use pullstudy_console::{UsageError, warn};
use pullstudy_image::{Archive, Platform, StepsWanted};
use pullstudy_survey::{Collection, CollectionOptions, ImageChoice, Method, Tally};

/// So many of what is not counted are named.
const EXAMPLES_TOLD: usize = 3;

/// The images of a command.
#[derive(Debug, clap::Args)]
pub(crate) struct ArchiveArgs {
    /// An archive of manifests, as `pullstat manifests fetch` writes it, or the published study's
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Whose method says what an image is, and what the figures are over
    #[arg(long, value_enum, default_value_t)]
    method: MethodArg,
    /// One image a repository: of the tag `latest`, else of the first tag
    #[arg(long)]
    one_per_repository: bool,
    /// Only images for one platform
    #[arg(long, value_name = "OS/ARCH")]
    platform: Option<Platform>,
}

/// Whose method says what an image is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MethodArg {
    /// Every image of every tag; indexes are followed
    #[default]
    Corrected,
    /// The published study's scripts: only manifests with a media type and a config
    Published,
}

impl ArchiveArgs {
    pub(crate) fn method(&self) -> MethodArg {
        self.method
    }

    /// Reads the images, and tells which were lost.
    pub(crate) fn read(&self, steps: StepsWanted) -> anyhow::Result<Collection> {
        let archive = Archive::open(&self.folder)?;
        let mut options = CollectionOptions::default();
        options.method = match self.method {
            MethodArg::Corrected => Method::Corrected,
            MethodArg::Published => Method::Published,
        };
        if self.one_per_repository {
            options.choice = ImageChoice::OnePerRepository;
        }
        options.platform.clone_from(&self.platform);
        options.steps = steps;
        let collection = Collection::read(&archive, &options);
        tell_losses(&collection);
        Ok(collection)
    }
}

/// What is not counted, though nobody asked for that, may change every figure.
fn tell_losses(collection: &Collection) {
    let losses = collection.left_out().tallies();
    for (kind, tally) in losses.filter(|(kind, _)| kind.is_loss()) {
        let (count, meaning) = (tally.count, kind.meaning());
        warn(&format_args!(
            "not counted: {count} {meaning}: {}",
            examples(tally)
        ));
    }
    if collection.is_empty() {
        warn(&"no image of the archive counts");
    }
}

fn examples(tally: &Tally) -> String {
    let told = tally.examples.len().min(EXAMPLES_TOLD);
    let more = tally.count - told as u64;
    let examples = tally.examples[..told].join(", ");
    match more {
        0 => examples,
        more => format!("{examples}, and {more} more"),
    }
}

/// Finds an image by its name, or by a part of it that no other name has.
pub(crate) fn find(names: &[String], option: &str, wanted: &str) -> Result<usize, UsageError> {
    if let Some(exact) = names.iter().position(|name| name == wanted) {
        return Ok(exact);
    }
    let similar: Vec<usize> = (0..names.len())
        .filter(|&image| names[image].contains(wanted))
        .collect();
    match similar[..] {
        [one] => Ok(one),
        [] => Err(UsageError(format!(
            "{option} {wanted}: there is no such image; names are as in --format json"
        ))),
        [first, second, ..] => Err(UsageError(format!(
            "{option} {wanted}: {} images have that in their names, such as {} and {}",
            similar.len(),
            names[first],
            names[second]
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_shortened_until_it_is_anothers_too() {
        let names = ["r.io/app:1", "r.io/app:10", "r.io/lib:1"].map(str::to_owned);
        let found = |wanted| find(&names, "--image", wanted);
        assert_eq!(found("r.io/app:1").unwrap(), 0);
        assert_eq!(found("lib").unwrap(), 2);
        let error = found("app").unwrap_err().0;
        assert!(
            error.contains("2 images") && error.contains("r.io/app:10"),
            "{error}"
        );
        assert!(found("none").unwrap_err().0.contains("no such image"));
    }
}
