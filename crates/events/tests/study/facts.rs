//! Facts of the study's raw events, against values that were computed elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, SystemTime};

use libtest_mimic::Failed;
use pullstudy_events::{Event, Message};
use serde_json::{Value, json};

use crate::events::for_each_event;
use crate::logs::{check, expected};

/// Messages of failures stand in two lists, of which one cuts them.
const CUT_AT: usize = 60;

/// A folder of logs, and the name of a pod in them.
type PodName = (String, Option<String>);

/// A pod's uid and the container's path in it.
type Container = (Option<String>, Option<String>);

#[derive(Default)]
struct Facts {
    timestamps: BTreeMap<(String, &'static str, &'static str), u64>,
    without_message: BTreeMap<String, u64>,
    /// Events and their occurrences.
    repeated: BTreeMap<String, (u64, u64)>,
    failures: BTreeMap<String, u64>,
    pods: BTreeSet<Option<String>>,
    uids_by_name: BTreeMap<PodName, BTreeSet<Option<String>>>,
    pulled: BTreeMap<String, u64>,
    pulled_containers: BTreeSet<Container>,
    failed_containers: BTreeSet<Container>,
    pods_backoff: BTreeSet<Option<String>>,
    pods_evicted: BTreeSet<Option<String>>,
}

impl Facts {
    fn add(&mut self, folder: &Path, event: &Event) {
        let reason = event.reason.as_str();
        *self.timestamps.entry(timestamp(event)).or_default() += 1;
        if event.message.is_none() {
            *self.without_message.entry(reason.to_owned()).or_default() += 1;
        }
        let count = u64::from(event.count.unwrap_or_default());
        if count > 1 {
            let (events, occurrences) = self.repeated.entry(reason.to_owned()).or_default();
            (*events, *occurrences) = (*events + 1, *occurrences + count);
        }
        if reason == "Failed" {
            let message = event.message.clone().unwrap_or_default();
            *self
                .failures
                .entry(format!("Failed: {message}"))
                .or_default() += 1;
        }
        if event.involved_object.kind.as_deref() == Some("Pod") {
            self.add_of_pod(folder, event, count);
        }
    }

    fn add_of_pod(&mut self, folder: &Path, event: &Event, count: u64) {
        let object = &event.involved_object;
        self.pods.insert(object.uid.clone());
        let name = (folder.display().to_string(), object.name.clone());
        let uids = self.uids_by_name.entry(name).or_default();
        uids.insert(object.uid.clone());
        let container = (object.uid.clone(), object.field_path.clone());
        let message = event.message.as_deref().unwrap_or_default();
        let pulled = match Message::parse(&event.reason, message) {
            Message::Pulled { .. } => "pulled",
            Message::Present { .. } => "present",
            other => return self.add_trouble(other, container),
        };
        let is_repeated = if count > 1 { "True" } else { "False" };
        let key = format!("{pulled} count>1={is_repeated}");
        *self.pulled.entry(key).or_default() += 1;
        if pulled == "pulled" {
            self.pulled_containers.insert(container);
        }
    }

    fn add_trouble(&mut self, message: Message<'_>, container: Container) {
        match message {
            Message::PullFailed { .. } | Message::PullError { .. } => {
                self.failed_containers.insert(container);
            }
            Message::BackOff { .. } => {
                self.pods_backoff.insert(container.0);
            }
            Message::Evicted => {
                self.pods_evicted.insert(container.0);
            }
            _ => {}
        }
    }

    fn as_listed(&self) -> Value {
        let repeated = self.repeated.iter().map(|(reason, (events, occurrences))| {
            let both = json!({"events": events, "occurrences": occurrences});
            (reason.clone(), both)
        });
        let timestamps = self.timestamps.iter().map(|((reason, field, resolution), count)| {
            json!({"reason": reason, "field": field, "resolution": resolution, "count": count})
        });
        json!({
            "timestamps": timestamps.collect::<Vec<_>>(),
            "events_without_message": self.without_message,
            "count_greater_than_1": repeated.collect::<BTreeMap<_, _>>(),
            "failures": self.failures,
        })
    }

    fn as_listed_of_containers(&self) -> Value {
        let several = self.uids_by_name.values().filter(|uids| uids.len() > 1);
        let failed_pods: BTreeSet<_> = self.failed_containers.iter().map(|(pod, _)| pod).collect();
        let later = self.failed_containers.intersection(&self.pulled_containers);
        json!({
            "pods": self.pods.len(),
            "failures": self.failures.iter().map(|(text, count)| (cut(text), count)).collect::<BTreeMap<_, _>>(),
            "pods_with_failed_pull": failed_pods.len(),
            "of_those_containers_later_pulled": later.count(),
            "pods_backoff": self.pods_backoff.len(),
            "pods_evicted": self.pods_evicted.len(),
            "pod_name_keys_with_more_than_one_pod_uid": several.count(),
            "pulled_events_count_gt1": self.pulled,
        })
    }
}

/// The message is cut, not what stands before it.
fn cut(failure: &str) -> String {
    failure.chars().take("Failed: ".len() + CUT_AT).collect()
}

/// Which field tells when an event was, and how well.
fn timestamp(event: &Event) -> (String, &'static str, &'static str) {
    let reason = match event.reason.as_str() {
        reason @ ("Created" | "Pulled" | "Pulling" | "Scheduled" | "Started") => reason,
        _ => "other",
    };
    let (field, at) = match event.event_time {
        Some(at) => ("eventTime", Some(at)),
        None => ("firstTimestamp", event.first_timestamp),
    };
    let resolution = match at.map(subsecond) {
        Some(Duration::ZERO) => "whole seconds",
        Some(_) => "fraction",
        None => "none",
    };
    (reason.to_owned(), field, resolution)
}

fn subsecond(at: SystemTime) -> Duration {
    let since = at.duration_since(SystemTime::UNIX_EPOCH);
    Duration::from_nanos(since.unwrap_or_default().subsec_nanos().into())
}

pub(crate) fn every_listed_fact(data: &Path) -> Result<(), Failed> {
    let mut facts = Facts::default();
    for_each_event(data, |file, line, _| {
        let event: Event = serde_json::from_str(line)?;
        facts.add(file.parent().unwrap_or(file), &event);
        Ok(())
    })?;
    let expected = expected(data, "event-facts.json")?;
    check_all(&facts.as_listed(), &expected)?;
    check_all(&facts.as_listed_of_containers(), &expected["containers"])
}

fn check_all(actual: &Value, expected: &Value) -> Result<(), Failed> {
    for (key, value) in actual.as_object().into_iter().flatten() {
        check(*value == expected[key], || {
            format!("{key} is {value}, not {}", expected[key])
        })?;
    }
    Ok(())
}
