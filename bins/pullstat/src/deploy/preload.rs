//! `pullstat deploy preload`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pullstudy_console::{UsageError, in_words};
use pullstudy_image::Reference;
use pullstudy_runner::{ImageSource, Preload, StudyFile};

use super::helper_images::{PauseImage, ToolsImage};
use super::output;
use super::site::SiteArgs;

/// Pull images onto every node before they are needed: a DaemonSet with one init container an image.
///
/// Images are pulled one after the other, in the order given; those without a shell, too. It has no rights in the API
/// and is neither root nor privileged.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat deploy preload --from study.yaml --stagger 10m | kubectl apply -f -\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(super) struct Args {
    /// What to pull
    #[arg(value_name = "REFERENCE", required_unless_present = "from")]
    images: Vec<Reference>,
    /// The images of a study's file (.yaml, .yml, .json), or of a list, one a line, `#` for comments; `-` is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Nodes begin at moments that are spread over so much time, such as 10m [default: all at once]
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    stagger: Option<Duration>,
    /// When the DaemonSet changes, so many nodes or such a share of them (10%) begin at once. A new one begins on all
    #[arg(long, value_name = "N", default_value = "1")]
    max_unavailable: String,
    #[command(flatten)]
    tools: ToolsImage,
    #[command(flatten)]
    pause: PauseImage,
    #[command(flatten)]
    site: SiteArgs,
}

/// Runs the command; manifests go to `results`.
pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let site = args.site.site("preload")?;
    let mut images = args.images.clone();
    if let Some(path) = &args.from {
        images.extend(read(path)?);
    }
    let mut preload = Preload::new(images);
    preload.stagger = args.stagger.unwrap_or_default();
    preload.max_unavailable.clone_from(&args.max_unavailable);
    args.tools.replace(&mut preload.tools_image);
    args.pause.replace(&mut preload.pause_image);
    output::print(preload.manifests(&site), args.site.format, results)
}

fn read(path: &Path) -> Result<Vec<Reference>, UsageError> {
    let failed = |error| UsageError(format!("failed to read {}: {error}", path.display()));
    if path.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin()
            .lock()
            .read_to_string(&mut text)
            .map_err(failed)?;
        return list("standard input", &text);
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    let ending = path.extension().unwrap_or_default();
    match ending.to_str() {
        Some("yaml" | "yml" | "json") => study(path, &text),
        _ => list(&path.display().to_string(), &text),
    }
}

/// The images that a study's file lists, each once.
fn study(path: &Path, text: &str) -> Result<Vec<Reference>, UsageError> {
    let file = path.display().to_string();
    let study = StudyFile::parse(&file, text)
        .map_err(|error| UsageError(format!("{:#}", anyhow::Error::from(error))))?;
    let mut seen = BTreeSet::new();
    match study.images {
        ImageSource::References(images) => Ok(images),
        ImageSource::ByNodes(lists) => Ok(lists
            .into_values()
            .flatten()
            .filter(|image| seen.insert(image.clone()))
            .collect()),
        _ => Err(UsageError(format!(
            "{file} lists no references: name the images, or list them one a line in another file"
        ))),
    }
}

/// One reference a line; a comment begins with `#` at the start of a line or behind white space.
fn list(name: &str, text: &str) -> Result<Vec<Reference>, UsageError> {
    let mut images = Vec::new();
    for (position, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let words = line.split_whitespace();
        let words: Vec<_> = words.take_while(|word| !word.starts_with('#')).collect();
        if words.is_empty() {
            continue;
        }
        let image = words.join(" ").parse();
        images.push(
            image.map_err(|error: pullstudy_image::ParseReferenceError| {
                UsageError(format!(
                    "{name}, line {}: {}",
                    position + 1,
                    in_words(&error)
                ))
            })?,
        );
    }
    Ok(images)
}
