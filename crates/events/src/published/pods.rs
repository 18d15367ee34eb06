//! Events by the name of their pod, the last of each reason: the study's way.

use std::collections::HashMap;

use crate::moment::{self, Moment, Stamp};
use crate::reading::TakeEvents;
use crate::record::Record;
use pullstudy_json::RawText;

/// What the study looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    Scheduled,
    Pulling,
    Pulled,
    Created,
    Started,
}

/// The last event of one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LastEvent {
    pub(super) at: Option<Moment>,
    pub(super) instance: String,
    /// Of `Pulled` only.
    pub(super) message: String,
}

/// What is known under the name of one pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NamedPod {
    /// From the last `Pulling`.
    pub(super) image: Option<String>,
    pub(super) last: Vec<(Reason, LastEvent)>,
}

/// The pods of one log, by name.
#[derive(Debug, Default)]
pub(super) struct NamedPods {
    pub(super) by_name: HashMap<String, NamedPod>,
}

impl NamedPod {
    pub(super) fn event(&self, reason: Reason) -> Option<&LastEvent> {
        let mut events = self.last.iter();
        events
            .find(|(other, _)| *other == reason)
            .map(|(_, event)| event)
    }

    fn put(&mut self, reason: Reason, event: LastEvent) {
        self.last.retain(|(other, _)| *other != reason);
        self.last.push((reason, event));
    }

    /// Adds a later log: it replaces what it knows anew.
    pub(super) fn replace_with(&mut self, later: Self) {
        self.image = later.image.or(self.image.take());
        for (reason, event) in later.last {
            self.put(reason, event);
        }
    }
}

impl TakeEvents for NamedPods {
    fn take(&mut self, event: &Record<'_>) {
        // The study knew of nothing but events.
        if event.is_filled() {
            return;
        }
        let name = event.metadata.and_then(|metadata| metadata.name);
        let Some(name) = name.map(RawText::text) else {
            return;
        };
        // Any event founds the pod, whatever its reason: the first log with one gives the experiment.
        let pod_name = name.rsplit_once('.').map_or(&*name, |(pod, _)| pod);
        if !self.by_name.contains_key(pod_name) {
            self.by_name
                .insert(pod_name.to_owned(), NamedPod::default());
        }
        let reason = event.reason.and_then(reason_of);
        let pod = self.by_name.get_mut(pod_name);
        if let Some((reason, pod)) = reason.zip(pod) {
            take(pod, reason, event);
        }
    }
}

fn take(pod: &mut NamedPod, reason: Reason, event: &Record<'_>) {
    let text =
        |raw: Option<RawText<'_>>| raw.map_or_else(String::new, |raw| raw.text().into_owned());
    let message = match reason {
        Reason::Pulling | Reason::Pulled => text(event.message),
        _ => String::new(),
    };
    if reason == Reason::Pulling {
        let image = message.rsplit(' ').next().unwrap_or_default();
        pod.image = Some(image.trim_matches('"').to_owned());
    }
    let stated = event
        .event_time
        .filter(|time| !time.is_empty())
        .or(event.first_timestamp);
    let at = match stated.map(|stated| moment::parse(stated.bytes())) {
        Some(Stamp::At(at)) => Some(at),
        _ => None,
    };
    pod.put(
        reason,
        LastEvent {
            at,
            instance: text(event.reporting_instance),
            message,
        },
    );
}

fn reason_of(raw: RawText<'_>) -> Option<Reason> {
    match raw.text().to_lowercase().as_str() {
        "scheduled" => Some(Reason::Scheduled),
        "pulling" => Some(Reason::Pulling),
        "pulled" => Some(Reason::Pulled),
        "created" => Some(Reason::Created),
        "started" => Some(Reason::Started),
        _ => None,
    }
}
