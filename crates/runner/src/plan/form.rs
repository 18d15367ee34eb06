//! `study.yaml`: its keys, and how they become a study.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pullstudy_image::Reference;
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use super::file::{
    CachePolicy, ContainerdSettings, ImageSource, KubernetesSettings, Order, RunContainer,
    Strategy, StudyFile, Timeouts, Toleration,
};
use super::problem::ReadStudyError;
use crate::PullPolicy;

/// So many repeats, at most: more are a slip of the keyboard.
const MOST_REPEATS: u32 = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Form {
    experiment: Option<String>,
    images: Images,
    #[serde(default)]
    nodes: OneOrMore,
    #[serde(default = "one")]
    repeats: u32,
    #[serde(default)]
    strategies: Vec<StrategyForm>,
    #[serde(default)]
    order: OrderForm,
    #[serde(default)]
    cache: Cache,
    #[serde(default)]
    pull_policy: Policy,
    #[serde(default)]
    timeouts: TimeoutsForm,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    run: Option<RunForm>,
    #[serde(default)]
    stop_on_failure: bool,
    #[serde(default)]
    kubernetes: KubernetesForm,
    #[serde(default)]
    containerd: ContainerdForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Images {
    sizes: Option<PathBuf>,
    uri: Option<String>,
    references: Option<Vec<String>>,
    repository: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    #[default]
    None,
    One(u32),
    More(Vec<u32>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct StrategyForm {
    name: String,
    registry: Option<String>,
    pull_policy: Option<Policy>,
    #[serde(default)]
    node_selector: BTreeMap<String, String>,
    runtime_class: Option<String>,
    snapshotter: Option<String>,
    downloads: Option<NonZeroUsize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OrderForm {
    Word(OrderWord),
    Seed(OrderSeed),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OrderWord {
    Random,
    AsWritten,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderSeed {
    seed: u64,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Cache {
    #[default]
    Remove,
    Keep,
    Check,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Policy {
    #[default]
    Always,
    IfNotPresent,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct TimeoutsForm {
    image: Option<Span>,
    scheduling: Option<Span>,
    removal: Option<Span>,
    late_events: Option<Span>,
}

struct Span(Duration);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunForm {
    #[serde(default)]
    command: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct KubernetesForm {
    namespace: Option<String>,
    keep_namespace: bool,
    node_selector: BTreeMap<String, String>,
    tolerations: Vec<Toleration>,
    pull_secrets: Vec<String>,
    hold_image: Option<String>,
    cleaner_image: Option<String>,
    containerd_socket: Option<String>,
    requests: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ContainerdForm {
    addresses: Vec<PathBuf>,
}

fn one() -> u32 {
    1
}

impl Default for OrderForm {
    fn default() -> Self {
        Self::Word(OrderWord::Random)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let span = humantime::parse_duration(&text).map_err(|error| {
            serde::de::Error::custom(format!(
                "{text:?} is no time ({error}); write 30s, 10m or 2h"
            ))
        })?;
        Ok(Self(span))
    }
}

impl From<Policy> for PullPolicy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Always => Self::Always,
            Policy::IfNotPresent => Self::IfNotPresent,
        }
    }
}

/// Reads our own form.
pub(super) fn parse(file: &str, stem: String, text: &str) -> Result<StudyFile, ReadStudyError> {
    let is_content = |line: &str| !line.trim().is_empty() && !line.trim().starts_with('#');
    if !text.lines().any(is_content) {
        return Err(form_error(
            file,
            1,
            "the file is empty: say at least images and nodes",
        ));
    }
    let form: Form = serde_saphyr::from_str(text).map_err(|error| yaml_error(file, &error))?;
    form.into_study(file, stem)
}

impl Form {
    fn into_study(self, file: &str, stem: String) -> Result<StudyFile, ReadStudyError> {
        let experiment = self.experiment.unwrap_or(stem);
        check_name(file, "experiment", &experiment)?;
        let mut study = StudyFile::new(experiment, self.images.source(file)?);
        study.nodes = self.nodes.checked(file)?;
        study.repeats = checked_repeats(file, self.repeats)?;
        if !self.strategies.is_empty() {
            study.strategies = strategies(file, self.strategies)?;
        }
        study.order = match self.order {
            OrderForm::Word(OrderWord::Random) => Order::Random { seed: 0 },
            OrderForm::Word(OrderWord::AsWritten) => Order::AsWritten,
            OrderForm::Seed(OrderSeed { seed }) => Order::Random { seed },
        };
        study.cache = match self.cache {
            Cache::Remove => CachePolicy::Remove,
            Cache::Keep => CachePolicy::Keep,
            Cache::Check => CachePolicy::Check,
        };
        study.policy = self.pull_policy.into();
        study.timeouts = self.timeouts.into_timeouts();
        study.labels = self.labels;
        study.run = self.run.map(|run| RunContainer {
            command: run.command,
        });
        study.stop_on_failure = self.stop_on_failure;
        study.kubernetes = self.kubernetes.into_settings(file)?;
        study.containerd = ContainerdSettings {
            addresses: self.containerd.addresses,
        };
        Ok(study)
    }
}

impl Images {
    fn source(self, file: &str) -> Result<ImageSource, ReadStudyError> {
        let value = |reason: &str| value_error(file, "images", reason);
        match (self.sizes, self.references, self.repository) {
            (Some(sizes), None, None) => {
                let folder = Path::new(file).parent().unwrap_or(Path::new(""));
                Ok(ImageSource::Sizes {
                    file: folder.join(sizes),
                    uri: self.uri,
                })
            }
            _ if self.uri.is_some() => Err(value("has a uri, which goes with sizes only")),
            (None, Some(references), None) => {
                let read = |text: &String| reference(file, "images", text);
                let references = references.iter().map(read).collect::<Result<_, _>>()?;
                Ok(ImageSource::References(references))
            }
            (None, None, Some(repository)) => Ok(ImageSource::Repository(reference(
                file,
                "images",
                &repository,
            )?)),
            _ => Err(value(
                "wants one of sizes (a file of crafter), references (a list) and repository (all its tags)",
            )),
        }
    }
}

impl OneOrMore {
    fn checked(self, file: &str) -> Result<Vec<u32>, ReadStudyError> {
        let nodes = match self {
            Self::None => Vec::new(),
            Self::One(one) => vec![one],
            Self::More(more) => more,
        };
        if nodes.contains(&0) {
            return Err(value_error(
                file,
                "nodes",
                "has a 0; each number is 1 or more",
            ));
        }
        let mut sorted = nodes.clone();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            let reason = format!("has {} twice; use repeats", pair[0]);
            return Err(value_error(file, "nodes", &reason));
        }
        Ok(nodes)
    }
}

impl TimeoutsForm {
    fn into_timeouts(self) -> Timeouts {
        let known = Timeouts::default();
        let or = |span: Option<Span>, known| span.map_or(known, |span| span.0);
        Timeouts {
            image: or(self.image, known.image),
            scheduling: or(self.scheduling, known.scheduling),
            removal: or(self.removal, known.removal),
            late_events: or(self.late_events, known.late_events),
        }
    }
}

impl KubernetesForm {
    fn into_settings(self, file: &str) -> Result<KubernetesSettings, ReadStudyError> {
        let hold_image = match self.hold_image.as_deref() {
            None => KubernetesSettings::default().hold_image,
            Some("none") => None,
            Some(text) => Some(text.to_owned()),
        };
        let images = [
            ("hold-image", &hold_image),
            ("cleaner-image", &self.cleaner_image),
        ];
        for (key, image) in images {
            if let Some(text) = image {
                reference(file, &format!("kubernetes: {key}"), text)?;
            }
        }
        Ok(KubernetesSettings {
            namespace: self.namespace,
            keep_namespace: self.keep_namespace,
            node_selector: self.node_selector,
            tolerations: self.tolerations,
            pull_secrets: self.pull_secrets,
            hold_image,
            cleaner_image: self.cleaner_image,
            containerd_socket: self.containerd_socket,
            requests: self.requests,
        })
    }
}

fn strategies(file: &str, forms: Vec<StrategyForm>) -> Result<Vec<Strategy>, ReadStudyError> {
    let mut strategies: Vec<Strategy> = Vec::new();
    for form in forms {
        check_name(file, "strategies", &form.name)?;
        if strategies.iter().any(|other| other.name == form.name) {
            let reason = format!("has {} twice; give each a name of its own", form.name);
            return Err(value_error(file, "strategies", &reason));
        }
        strategies.push(Strategy {
            name: form.name,
            registry: form.registry,
            policy: form.pull_policy.map(PullPolicy::from),
            node_selector: form.node_selector,
            runtime_class: form.runtime_class,
            snapshotter: form.snapshotter,
            downloads: form.downloads,
        });
    }
    Ok(strategies)
}

fn checked_repeats(file: &str, repeats: u32) -> Result<u32, ReadStudyError> {
    if (1..=MOST_REPEATS).contains(&repeats) {
        return Ok(repeats);
    }
    let reason = format!("is {repeats}; it lies between 1 and {MOST_REPEATS}");
    Err(value_error(file, "repeats", &reason))
}

/// A name becomes part of a folder's.
fn check_name(file: &str, key: &str, name: &str) -> Result<(), ReadStudyError> {
    if matches!(name, "" | "." | "..") || name.contains(['/', '\\', '\0']) {
        let reason = format!("has the name {name:?}, which cannot name a folder");
        return Err(value_error(file, key, &reason));
    }
    Ok(())
}

fn reference(file: &str, key: &str, text: &str) -> Result<Reference, ReadStudyError> {
    text.parse()
        .map_err(|error: pullstudy_image::ParseReferenceError| {
            value_error(file, key, &format!("has {text:?}: {error}"))
        })
}

fn value_error(file: &str, key: &str, reason: &str) -> ReadStudyError {
    ReadStudyError::Value {
        file: file.to_owned(),
        key: key.to_owned(),
        reason: reason.to_owned(),
    }
}

pub(super) fn form_error(file: &str, line: u64, reason: &str) -> ReadStudyError {
    ReadStudyError::Form {
        file: file.to_owned(),
        line,
        reason: reason.to_owned(),
    }
}

fn yaml_error(file: &str, error: &Error) -> ReadStudyError {
    let error = error.without_snippet();
    let reason = match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => format!("{field} is unknown; there are {}", expected.join(", ")),
        other => UserMessageFormatter.format_message(other).into_owned(),
    };
    form_error(
        file,
        error.location().map_or(1, |location| location.line()),
        &reason,
    )
}
