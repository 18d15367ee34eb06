//! Pulls of the study's synthetic images.

use std::path::Path;

use pullstudy_costmodel::Observation;
use pullstudy_events::{Clock, EventLogs, FoundLogs, Layout, Pull, PullOutcome, ReadOptions};

/// A pull of one of the synthetic images.
pub(crate) struct StudyPull {
    pub(crate) run: String,
    pub(crate) nodes: u32,
    pub(crate) node: String,
    pub(crate) image: String,
    pub(crate) payload_bytes: u64,
    pub(crate) message_bytes: u64,
    pub(crate) seconds: f64,
}

impl StudyPull {
    pub(crate) fn observation(&self) -> Observation {
        Observation::new(&*self.image, self.seconds)
            .unpacked_bytes(self.payload_bytes)
            .nodes(self.nodes)
            .on_node(&*self.node)
            .in_run(&*self.run)
            .layers(9)
    }
}

/// Every pull of the study's five applications without streaming, by the bytes that the kubelets named, with its image.
pub(crate) fn applications(data: &Path) -> Vec<Observation> {
    let run = data.join("pulling/without-streaming");
    let found = FoundLogs::find(&[run], &Layout::default()).unwrap();
    let logs = EventLogs::read(found, &ReadOptions::default());
    let observation = |pull: &Pull| {
        let image = pull.image.as_deref()?;
        let is_one = image.contains("/ensemble-") || image.contains("/flux-view-ubuntu:");
        let seconds = pull
            .seconds(Clock::IncludingWaiting)
            .filter(|_| is_one && pull.outcome == PullOutcome::Pulled)?;
        let observation = Observation::new(image, seconds)
            .wire_bytes(pull.image_size_bytes?)
            .nodes(pull.place.nodes?);
        Some(observation.on_node(pull.node.as_deref()?))
    };
    logs.pulls().iter().filter_map(observation).collect()
}

/// Every pull of the synthetic images in run1 to run4.
pub(crate) fn pulls(data: &Path) -> Vec<StudyPull> {
    let runs = ["run1", "run2", "run3", "run4"].map(|run| data.join("pulling").join(run));
    let found = FoundLogs::find(&runs, &Layout::default()).unwrap();
    let logs = EventLogs::read(found, &ReadOptions::default());
    let pulls = logs.pulls();
    let pulled = pulls
        .iter()
        .filter(|pull| pull.outcome == PullOutcome::Pulled);
    pulled
        .filter_map(|pull| {
            let image = pull.image.as_deref()?;
            let (_, size) = image.split_once("-size-")?;
            Some(StudyPull {
                run: pull.place.experiment.as_deref()?.to_owned(),
                nodes: pull.place.nodes?,
                node: pull.node.as_deref()?.to_owned(),
                image: image.to_owned(),
                payload_bytes: size.trim_end_matches("-bytes").parse().ok()?,
                message_bytes: pull.image_size_bytes?,
                seconds: pull.seconds(Clock::IncludingWaiting)?,
            })
        })
        .collect()
}
