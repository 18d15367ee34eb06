//! Pulls of the study's synthetic images.

use std::path::Path;

use pullstudy_costmodel::Observation;
use pullstudy_events::{Clock, EventLogs, FoundLogs, Layout, PullOutcome, ReadOptions};

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
