//! For every pod and container expected: what is known, and from which source.

mod build;
mod collected;
mod container;
mod expected;
mod failures;
mod fill;
mod row;
mod seen_event;
mod told;
mod totals;

use std::collections::BTreeMap;
use std::time::SystemTime;

use k8s_openapi::api::core::v1::{Node, Pod};
use pullstudy_events::Event;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use collected::ReadCollectedError;
pub use expected::{ExpectedOf, ExpectedPods};
pub use row::{
    CoverageFailure, CoverageNote, CoverageRow, CoverageStep, FailureSource, Known, KnownBy, SeenBy,
};
pub use totals::CoverageTotals;

use expected::{PodFacts, place_of};
use failures::Nodes;
use seen_event::{SeenEvent, SeenEvents};

/// Version of the form in which a coverage is written.
const FORMAT_VERSION: u32 = 1;

/// For every pod and container what is known, and from which source.
///
/// Events are lost by design: they are kept for an hour, a source may send 25 of them at once about an object, and from the
/// eleventh alike they are put together. What pod statuses tell in their place is known here as such, and
/// [`fill`](Self::fill) makes events of it that readers know as made.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Coverage {
    format_version: u32,
    /// A row for each container; for each pod of which no container is known; and for each pod that was never created.
    pub rows: Vec<CoverageRow>,
    /// Counts over the rows.
    pub totals: CoverageTotals,
    #[serde(skip)]
    as_of: SystemTime,
}

/// What a cluster said.
#[derive(Clone, Debug)]
pub(crate) struct ClusterSays<'a> {
    /// Pods as they were last seen, also those that are gone. Of one that comes several times the newest counts.
    pub(crate) pods: Vec<&'a Pod>,
    /// Nodes as they were last seen; without any, nothing is said of them.
    pub(crate) nodes: Vec<&'a Node>,
    /// Events of either API, in any number and order.
    pub(crate) events: &'a [Value],
}

impl Coverage {
    /// Puts together what is known of the pods expected, and of any others; where nothing is expected, every pod is. `as_of` is the moment at which the pods were
    /// looked at.
    #[must_use]
    pub(crate) fn of(expected: &[ExpectedPods], says: &ClusterSays<'_>, as_of: SystemTime) -> Self {
        let events = SeenEvents::of(says.events);
        Self::put_together(expected, &says.pods, &says.nodes, events, as_of)
    }

    fn put_together(
        expected: &[ExpectedPods],
        pods: &[&Pod],
        nodes: &[&Node],
        mut events: SeenEvents,
        as_of: SystemTime,
    ) -> Self {
        let mut rows = Rows::new(expected);
        let named = nodes.iter().copied();
        let nodes: Nodes<'_> = named
            .filter_map(|node| Some((node.metadata.name.as_deref()?, node)))
            .collect();
        for pod in newest(pods) {
            let own = events.take_pod(pod);
            rows.add(&PodFacts::of(pod), build::of_pod(pod, &own, &nodes));
        }
        let (others, jobs) = events.into_others();
        for pod in &others {
            let of_pod = build::of_events(pod, &nodes);
            rows.add(&facts_of(&of_pod), of_pod);
        }
        rows.add_missing(&jobs);
        let mut coverage = Self {
            format_version: FORMAT_VERSION,
            totals: CoverageTotals::of(&rows.rows, rows.pods_expected()),
            rows: rows.rows,
            as_of,
        };
        let filled = coverage.filled().filter(|events| !events.is_empty());
        coverage.totals.filled = filled.count() as u64;
        coverage
    }

    /// The same of objects as a cluster's API or the collector's files have them. What is no pod or node is left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use pullstudy_runner::{Coverage, ExpectedPods, KnownBy};
    /// use serde_json::json;
    ///
    /// let pod = json!({
    ///     "metadata": {"name": "pull-0001-0-x2x9z", "namespace": "study", "uid": "4f44ba2a-61dc-4970-965f-1f39e3235a47"},
    ///     "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "app:1", "imagePullPolicy": "Always"}]},
    ///     "status": {"containerStatuses": [{
    ///         "name": "app", "image": "app:1", "imageID": "sha256:00", "ready": true, "restartCount": 0,
    ///         "state": {"running": {"startedAt": "2026-03-02T09:15:09Z"}},
    ///     }]},
    /// });
    /// let expected = [ExpectedPods::of_job("pull-0001", "app:1", 2)];
    /// let coverage = Coverage::of_json(&expected, &[pod], &[], &[], SystemTime::UNIX_EPOCH);
    /// assert_eq!(coverage.rows[0].pulled.by, KnownBy::Status);
    /// assert_eq!(coverage.totals.pods_never_created, 1);
    /// assert_eq!(coverage.fill().len(), 2);
    /// ```
    #[must_use]
    pub fn of_json(
        expected: &[ExpectedPods],
        pods: &[Value],
        nodes: &[Value],
        events: &[Value],
        as_of: SystemTime,
    ) -> Self {
        let (pods, nodes): (Vec<Pod>, Vec<Node>) = (objects(pods), objects(nodes));
        let says = ClusterSays {
            pods: pods.iter().collect(),
            nodes: nodes.iter().collect(),
            events,
        };
        Self::of(expected, &says, as_of)
    }

    /// Returns what statuses tell and no event does, as events of the component
    /// [`COLLECTOR`](pullstudy_events::COLLECTOR), to be written beside the cluster's own.
    #[must_use]
    pub fn fill(&self) -> Vec<Event> {
        let filled = self.filled();
        filled.flatten().collect()
    }

    /// What is filled of each row.
    fn filled(&self) -> impl Iterator<Item = Vec<Event>> {
        let previous = std::iter::once(None).chain(self.rows.iter().map(Some));
        self.rows.iter().zip(previous).map(|(row, previous)| {
            let is_first = previous.is_none_or(|previous| previous.pod_uid != row.pod_uid);
            fill::of_row(row, is_first, self.as_of)
        })
    }
}

/// The rows so far, and how many pods of those expected have one.
struct Rows<'a> {
    /// Where nothing is, every pod is.
    expected: &'a [ExpectedPods],
    found: Vec<u32>,
    pods: u64,
    rows: Vec<CoverageRow>,
}

impl<'a> Rows<'a> {
    fn new(expected: &'a [ExpectedPods]) -> Self {
        Self {
            expected,
            found: vec![0; expected.len()],
            pods: 0,
            rows: Vec::new(),
        }
    }

    fn pods_expected(&self) -> u64 {
        match self.expected {
            [] => self.pods,
            expected => expected.iter().map(|it| u64::from(it.pods)).sum(),
        }
    }

    fn add(&mut self, facts: &PodFacts, of_pod: Vec<CoverageRow>) {
        self.pods += 1;
        let place = place_of(self.expected, facts);
        let job = place.and_then(|place| self.expected[place].job());
        for mut row in of_pod {
            row.is_expected = place.is_some() || self.expected.is_empty();
            row.job = row.job.or_else(|| job.map(str::to_owned));
            self.rows.push(row);
        }
        if let Some(place) = place {
            self.found[place] += 1;
        }
    }

    /// Adds a row for each pod that should be there and is not, with what its job says of it.
    fn add_missing(&mut self, jobs: &std::collections::HashMap<String, Vec<SeenEvent>>) {
        for (expected, found) in self.expected.iter().zip(&self.found) {
            let warnings = expected.job().and_then(|job| jobs.get(job));
            let warnings = warnings.into_iter().flatten();
            let failures = failures::of_events(FailureSource::Job, warnings);
            let (namespace, pod) = match &expected.of {
                ExpectedOf::Pod { namespace, name } => (Some(namespace), Some(name)),
                _ => (None, None),
            };
            let missing = CoverageRow {
                is_expected: true,
                namespace: namespace.cloned(),
                job: expected.job().map(str::to_owned),
                pod: pod.cloned(),
                image: expected.image.clone(),
                failures,
                ..CoverageRow::unknown()
            };
            let count = expected.pods.saturating_sub(*found) as usize;
            self.rows.extend(std::iter::repeat_n(missing, count));
        }
    }
}

/// What events tell of a pod by which it may be one of those expected.
fn facts_of(rows: &[CoverageRow]) -> PodFacts {
    let first = rows.first();
    PodFacts {
        namespace: first
            .and_then(|row| row.namespace.clone())
            .unwrap_or_default(),
        name: first.and_then(|row| row.pod.clone()).unwrap_or_default(),
        job: None,
        images: rows.iter().filter_map(|row| row.image.clone()).collect(),
    }
}

/// Each pod once, as it was last; in the order of names, so that the order in which they came does not show.
fn newest<'a>(pods: &[&'a Pod]) -> Vec<&'a Pod> {
    let mut newest: BTreeMap<_, &Pod> = BTreeMap::new();
    for pod in pods {
        let metadata = &pod.metadata;
        let key = (&metadata.namespace, &metadata.name, &metadata.uid);
        let known = newest.entry(key).or_insert(pod);
        if version(pod) >= version(known) {
            *known = pod;
        }
    }
    newest.into_values().collect()
}

/// Versions are numbers that grow; of what has none, the one that comes last is the newest.
fn version(pod: &Pod) -> u64 {
    let version = pod.metadata.resource_version.as_deref();
    version
        .and_then(|version| version.parse().ok())
        .unwrap_or(0)
}

fn objects<T: DeserializeOwned>(values: &[Value]) -> Vec<T> {
    let read = values.iter().map(|value| T::deserialize(value).ok());
    read.flatten().collect()
}
