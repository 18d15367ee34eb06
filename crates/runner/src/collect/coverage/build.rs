//! From pods and events to rows.

use std::time::SystemTime;

use k8s_openapi::api::core::v1::Pod;
use pullstudy_events::{ContainerKind, PullError, PullOutcome};

use super::container::{SeenContainer, condition, containers, since};
use super::expected::PodFacts;
use super::failures::{self, Nodes};
use super::row::{CoverageNote, CoverageRow, CoverageStep, FailureSource, Known, SeenBy};
use super::seen_event::{PodEvents, SeenEvent};
use super::told::Told;

/// Events tell whole seconds, or fractions of them: less than this is no wrong order.
const TELLABLE_SECONDS: f64 = 1.0;

/// The rows of a pod that was seen: one for each container.
pub(super) fn of_pod(pod: &Pod, events: &[SeenEvent], nodes: &Nodes<'_>) -> Vec<CoverageRow> {
    let facts = PodFacts::of(pod);
    let template = CoverageRow {
        seen_by: SeenBy::Status,
        namespace: Some(facts.namespace),
        job: facts.job,
        pod: Some(facts.name),
        pod_uid: pod.metadata.uid.clone(),
        node: pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        ..CoverageRow::unknown()
    };
    PodRows {
        template,
        pod: Some(pod),
        events,
        nodes,
    }
    .rows(containers(pod))
}

/// The rows of a pod that only events tell of: one for each container that they name.
pub(super) fn of_events(pod: &PodEvents, nodes: &Nodes<'_>) -> Vec<CoverageRow> {
    let template = CoverageRow {
        seen_by: SeenBy::Events,
        namespace: Some(pod.namespace.clone()).filter(|namespace| !namespace.is_empty()),
        pod: Some(pod.name.clone()),
        pod_uid: Some(pod.uid.clone()).filter(|uid| !uid.is_empty()),
        ..CoverageRow::unknown()
    };
    PodRows {
        template,
        pod: None,
        events: &pod.events,
        nodes,
    }
    .rows(Vec::new())
}

/// What all rows of a pod have in common.
struct PodRows<'a> {
    template: CoverageRow,
    pod: Option<&'a Pod>,
    events: &'a [SeenEvent],
    nodes: &'a Nodes<'a>,
}

impl<'a> PodRows<'a> {
    /// A pod of which no container is known has a row, too.
    fn rows(&self, mut seen: Vec<SeenContainer<'a>>) -> Vec<CoverageRow> {
        self.add_unlisted(&mut seen);
        let is_only = seen.len() == 1;
        match seen.is_empty() {
            true => vec![self.without_container()],
            false => seen
                .iter()
                .map(|container| self.row(container, is_only))
                .collect(),
        }
    }

    /// Containers that only events name: their pod was not seen, or before they were added.
    fn add_unlisted(&self, seen: &mut Vec<SeenContainer<'a>>) {
        let named = self.events.iter();
        for (kind, name) in named.filter_map(|event| event.container.as_ref()) {
            if !seen.iter().any(|known| known.name == name) {
                seen.push(SeenContainer {
                    kind: *kind,
                    name,
                    image: None,
                    policy: None,
                    status: None,
                });
            }
        }
    }

    fn without_container(&self) -> CoverageRow {
        let told = Told::by(self.events.iter());
        let mut row = self.template.clone();
        self.set_pod(&mut row, &told);
        row.failures = self.failures(&row, self.events.iter());
        row.image.clone_from(&told.image);
        set_notes(&mut row, &told);
        row
    }

    fn row(&self, container: &SeenContainer<'_>, is_only: bool) -> CoverageRow {
        let own = || {
            let events = self.events.iter();
            events.filter(|event| event.is_about(container.name, container.image, is_only))
        };
        let told = Told::by(own());
        let image = container.image.map(str::to_owned);
        let mut row = CoverageRow {
            container: Some(container.name.to_owned()),
            kind: Some(container.kind),
            image: image.or_else(|| told.image.clone()),
            image_pull_policy: container.policy.map(str::to_owned),
            restarts: container.restarts(),
            ..self.template.clone()
        };
        self.set_pod(&mut row, &told);
        set_container(&mut row, container, &told);
        row.ready = self.ready(container);
        row.failures = failures::of_container(container);
        row.failures.extend(self.failures(&row, own()));
        set_notes(&mut row, &told);
        let not_yet = container.waiting().map(|(reason, _)| reason);
        let not_yet = not_yet.filter(|reason| failures::is_not_yet(reason));
        row.notes
            .extend(not_yet.map(|reason| CoverageNote::Waiting {
                reason: reason.to_owned(),
            }));
        row
    }

    /// Sets what is the same for all containers.
    fn set_pod(&self, row: &mut CoverageRow, told: &Told) {
        let node = row.node.take();
        row.node = node
            .or_else(|| told.node.clone())
            .or_else(|| told.scheduled_node.clone());
        let bound = self
            .pod
            .and_then(|pod| condition(pod, "PodScheduled", "True"));
        row.scheduled = told.scheduled.or(|| match bound {
            Some(condition) => Known::by_condition(since(condition)),
            None if self.template.node.is_some() => Known::by_status(None),
            None => Known::default(),
        });
    }

    /// Only a pod says since when it is ready.
    fn ready(&self, container: &SeenContainer<'_>) -> Known {
        let is_ready = container.kind == ContainerKind::Container && container.is_ready();
        let pod = self.pod.filter(|_| is_ready);
        let ready = pod.and_then(|pod| condition(pod, "Ready", "True"));
        ready.map_or_else(Known::default, |condition| {
            Known::by_condition(since(condition))
        })
    }

    fn failures<'e>(
        &self,
        row: &CoverageRow,
        events: impl Iterator<Item = &'e SeenEvent>,
    ) -> Vec<super::CoverageFailure> {
        let of_pod = self.pod.map(failures::of_pod).unwrap_or_default();
        let node = row.node.as_deref();
        let of_node = node.map(|node| failures::of_node(self.nodes, node));
        let of_events = failures::of_events(FailureSource::Event, events);
        let all = of_pod.into_iter().chain(of_node.unwrap_or_default());
        all.chain(of_events).collect()
    }
}

fn set_container(row: &mut CoverageRow, container: &SeenContainer<'_>, told: &Told) {
    row.pulling = told.pulling;
    row.started = told.started.or(|| match container.started_at() {
        Some(at) => Known::by_status(Some(at)),
        None => Known::default(),
    });
    if container.is_finished() {
        row.finished = Known::by_status(container.finished_at());
    }
    // A status tells of the last lives only; an event may know of the first.
    let first_start = container.started_at().into_iter().chain(told.started.at);
    let first_start: Option<SystemTime> = first_start.min();
    let had_image = container.had_image() && told.allows_start(first_start);
    let image_by = match had_image {
        true => Known::by_status(first_start),
        false => Known::default(),
    };
    row.pulled = told.pulled.or(|| image_by);
    let is_pulled_always = container.policy == Some("Always");
    row.outcome = told.outcome(image_by, is_pulled_always);
    let waiting = container.waiting();
    let image_error = waiting.and_then(|(reason, _)| PullError::at_start_of(reason));
    if image_error.is_some() && !row.pulled.is_known() {
        row.outcome = Some(PullOutcome::Failed);
    }
}

fn set_notes(row: &mut CoverageRow, told: &Told) {
    let known: Vec<_> = row
        .steps()
        .into_iter()
        .filter(|(step, known)| {
            // An upper bound says nothing of the order.
            let is_bound = *step == CoverageStep::Pulled && !told.pulled.is_known();
            known.at.is_some() && !is_bound && *step != CoverageStep::Ready
        })
        .collect();
    for pair in known.windows(2) {
        row.notes.extend(out_of_order(pair[0], pair[1]));
    }
    // A status knows of two lives: this one and the one before.
    if row.restarts > 1 && !told.started.is_known() {
        let restarts = row.restarts;
        row.notes.push(CoverageNote::FirstStartUnknown { restarts });
    }
    if told.is_combined {
        row.notes.push(CoverageNote::CombinedEvents);
    }
}

fn out_of_order(
    (first, before): (CoverageStep, Known),
    (second, after): (CoverageStep, Known),
) -> Option<CoverageNote> {
    let early = before.at?.duration_since(after.at?).ok()?;
    let seconds = early.as_secs_f64();
    (seconds >= TELLABLE_SECONDS).then_some(CoverageNote::OutOfOrder {
        first,
        second,
        seconds,
    })
}
