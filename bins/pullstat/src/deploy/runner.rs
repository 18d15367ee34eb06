//! `pullstat deploy runner`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use pullstudy_console::UsageError;
use pullstudy_image::Reference;
use pullstudy_runner::{Runner, StudyFile, StudyJob};

use super::output;
use super::site::{SiteArgs, StorageArgs};

/// Let `pullstat run --engine kubernetes` do its work: an account with the rights it needs, and the run as a Job.
///
/// A study that names its namespace (`kubernetes: {namespace: …}`, or --study-namespace) gets that namespace, and rights in
/// it alone; it stays when the study has ended. Without a name the run makes a namespace of its own, and its rights reach
/// into all namespaces. Without --study and --image the account alone is printed. The volume is 10Gi unless told
/// otherwise.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  pullstat deploy runner --study study.yaml --image ghcr.io/my-org/pullstat:0.1 | kubectl apply -f -\n\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted"
)]
pub(super) struct Args {
    /// The study's file: its namespace bounds the rights, and with --image the study is run
    #[arg(long, value_name = "FILE")]
    study: Option<PathBuf>,
    /// An image that has `pullstat` in its path: run the study in the cluster
    #[arg(long, value_name = "REFERENCE", requires = "study")]
    image: Option<Reference>,
    /// The study's namespace, in place of --study
    #[arg(long, value_name = "NAMESPACE", conflicts_with = "study")]
    study_namespace: Option<String>,
    #[command(flatten)]
    storage: StorageArgs,
    #[command(flatten)]
    site: SiteArgs,
}

/// Runs the command; manifests go to `results`.
pub(super) fn run(args: &Args, results: &mut dyn Write) -> anyhow::Result<()> {
    let site = args.site.site("runner")?;
    let mut runner = Runner::default();
    runner.study_namespace = args.study_namespace.clone();
    if let Some(path) = &args.study {
        let (name, text, study) = read(path)?;
        runner.study_namespace = study.kubernetes.namespace;
        runner.secrets = study.kubernetes.pull_secrets;
        runner.job = args.image.clone().map(|image| {
            let mut job = StudyJob::new(image, &name, &text);
            job.storage = args.storage.storage("10Gi");
            job
        });
    }
    output::print(runner.manifests(&site), args.site.format, results)
}

/// The study's file: its name, its text and what it says.
fn read(path: &Path) -> Result<(String, String, StudyFile), UsageError> {
    let failed = |error| UsageError(format!("failed to read {}: {error}", path.display()));
    let text = fs::read_to_string(path).map_err(failed)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let key = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
    if !name.chars().all(key) {
        let message = format!(
            "the name of {} must be letters, digits, dots and hyphens",
            path.display()
        );
        return Err(UsageError(message));
    }
    let study = StudyFile::parse(&name, &text)
        .map_err(|error| UsageError(format!("{:#}", anyhow::Error::from(error))))?;
    Ok((name.into_owned(), text, study))
}
