//! Events as the study's exporter printed them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use libtest_mimic::Failed;
use pullstudy_events::{Event, GoDuration, PodContainer, PodEvents, PulledImage};
use serde_json::Value;

/// Calls `visit` with each line that is an event, and the file it stands in; returns how many there were.
pub(crate) fn for_each_event(
    data: &Path,
    mut visit: impl FnMut(&Path, &str, Value) -> Result<(), Failed>,
) -> Result<usize, Failed> {
    let mut count = 0;
    for file in event_files(&data.join("pulling"))? {
        for line in fs::read_to_string(&file)?.lines() {
            match serde_json::from_str::<Value>(line) {
                Ok(value) if value.get("reason").is_some() => {
                    visit(&file, line, value)?;
                    count += 1;
                }
                // Log lines of the exporter, and a message of kubectl.
                _ => {}
            }
        }
    }
    Ok(count)
}

fn event_files(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(event_files(&path)?);
        } else if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("events"))
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub(crate) fn every_event_is_written_back(data: &Path) -> Result<(), Failed> {
    let count = for_each_event(data, |_, line, value| {
        let event: Event = serde_json::from_str(line)?;
        let back = serde_json::to_string(&event)?;
        // Go writes < > & as escapes, we do not; all else is the same, byte for byte.
        let is_same = if line.contains("\\u00") {
            serde_json::from_str::<Value>(&back)? == value
        } else {
            back == line
        };
        if is_same {
            Ok(())
        } else {
            Err(format!("{line}\nis written back as\n{back}").into())
        }
    })?;
    if count == 0 {
        Err("there are no events in the data".into())
    } else {
        Ok(())
    }
}

/// Rebuilds the first pod of run1 from what its messages say, and compares all that a kubelet decides.
pub(crate) fn a_pod_of_the_study_can_be_rebuilt(data: &Path) -> Result<(), Failed> {
    let mut published: Vec<Event> = Vec::new();
    for_each_event(data, |_, line, value| {
        let object = &value["involvedObject"];
        let is_of_the_pod =
            |first: &Event| object["uid"].as_str() == first.involved_object.uid.as_deref();
        let starts_a_pod = value["reason"] == "Scheduled" && object["namespace"] == "default";
        let is_wanted = published.first().map_or(starts_a_pod, is_of_the_pod);
        if is_wanted
            && !published
                .iter()
                .any(|event| value["reason"] == event.reason)
        {
            published.push(serde_json::from_str(line)?);
        }
        Ok(())
    })?;
    let rebuilt = rebuild(&published)?;
    if rebuilt.len() != 5 || published.len() != 5 {
        return Err(format!(
            "{} of {} events were rebuilt",
            rebuilt.len(),
            published.len()
        )
        .into());
    }
    for (ours, theirs) in rebuilt.iter().zip(&published) {
        let (ours, theirs) = (
            without_the_clusters_part(ours),
            without_the_clusters_part(theirs),
        );
        if ours != theirs {
            return Err(format!("{ours:?}\nis not\n{theirs:?}").into());
        }
    }
    Ok(())
}

fn rebuild(published: &[Event]) -> Result<Vec<Event>, Failed> {
    let pod = published.first().ok_or("no pod was found")?;
    let node = published.iter().find_map(|event| event.source.host.clone());
    let object = &pod.involved_object;
    let field = |field: &Option<String>| field.clone().ok_or("a field is missing");
    let mut events = PodEvents::new(PodContainer {
        namespace: field(&object.namespace)?,
        pod: field(&object.name)?,
        pod_uid: field(&object.uid)?,
        node: field(&node)?,
        container: container(published)?,
    });
    for event in published {
        let at = moment_in_name(&event.metadata.name)?;
        let message = event.message.as_deref().unwrap_or_default();
        let image = message.split('"').nth(1).unwrap_or_default();
        match event.reason.as_str() {
            "Scheduled" => events.scheduled(at),
            "Pulling" => events.pulling(image, at),
            "Pulled" => events.pulled(image, pulled(message)?, at),
            "Created" => events.created(at),
            "Started" => events.started(at),
            reason => return Err(format!("unexpected reason {reason}").into()),
        }
    }
    Ok(events.into_events())
}

/// The container stands in the field path of the kubelet's events: `spec.containers{app}`.
fn container(published: &[Event]) -> Result<String, Failed> {
    let field_path = published
        .iter()
        .find_map(|event| event.involved_object.field_path.as_deref());
    let name = field_path.and_then(|path| path.split(['{', '}']).nth(1));
    Ok(name.ok_or("no container is named")?.to_owned())
}

fn pulled(message: &str) -> Result<PulledImage, Failed> {
    let words: Vec<&str> = message.split([' ', '(']).collect();
    let after = |word: &str, steps: usize| {
        let position = words.iter().position(|&other| other == word)?;
        words.get(position + steps).copied()
    };
    let duration = |text: Option<&str>| -> Result<Duration, Failed> {
        let duration: GoDuration = text.ok_or("no duration")?.parse()?;
        Ok(Duration::from_nanos(u64::try_from(duration.as_nanos())?))
    };
    Ok(PulledImage {
        pull: duration(after("in", 1))?,
        including_waiting: duration(after("in", 3))?,
        image_size_bytes: after("size:", 1).ok_or("no size")?.parse()?,
    })
}

/// The nanoseconds of an event's first occurrence stand in its name, in hexadecimal.
fn moment_in_name(name: &str) -> Result<SystemTime, Failed> {
    let (_, hex) = name.rsplit_once('.').ok_or("no dot in the event's name")?;
    Ok(SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::from_str_radix(hex, 16)?))
}

/// Leaves out uids, revisions, and what the exporter looked up in the cluster.
fn without_the_clusters_part(event: &Event) -> Event {
    let mut event = event.clone();
    event.metadata.uid.clear();
    event.metadata.resource_version = None;
    let object = &mut event.involved_object;
    (object.resource_version, object.labels, object.annotations) = (None, None, None);
    object.owner_references = None;
    event
}
