//! A simulated run as a real one would have left it: kubelets' events, and traces of pulls.

use std::time::{Duration, SystemTime};

use pullstudy_events::{
    Event, Phase, PhaseRecord, PodContainer, PodEvents, PullOutcome, PullRecord, PullTrace,
    PulledImage, Stage, TraceLayer, derive_uid,
};
use pullstudy_image::Digest;

use crate::outcome::{FailureCause, LayerTimes, Outcome, PullEnd, SimulatedPull};
use crate::scenario::Scenario;

/// How a simulated run is written down. Nodes and namespace carry `simulated` in their names, so that nobody takes it for
/// a measured one.
///
/// # Examples
///
/// ```
/// use std::time::SystemTime;
/// use pullstudy_simulator::{Image, Recording, Scenario, simulate};
///
/// let mut scenario = Scenario::default();
/// scenario.images = vec![Image::of_equal_layers("app:1", 2, 100_000_000, None, 0)];
/// let outcome = simulate(&scenario)?;
/// let recording = Recording::new("zstd", SystemTime::UNIX_EPOCH);
/// let events: Vec<_> = recording.events(&scenario, &outcome).collect();
/// let reasons: Vec<&str> = events.iter().map(|event| event.reason.as_str()).collect();
/// assert_eq!(reasons, ["Scheduled", "Pulling", "Pulled", "Created", "Started"]);
/// # Ok::<(), pullstudy_simulator::ScenarioError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    experiment: String,
    started_at: SystemTime,
}

/// One pull with all that its records name.
struct Written<'a> {
    recording: &'a Recording,
    scenario: &'a Scenario,
    pull: &'a SimulatedPull,
}

impl Recording {
    /// A run of that name, which began at `started_at` for those who read it.
    #[must_use]
    pub fn new(experiment: impl Into<String>, started_at: SystemTime) -> Self {
        Self {
            experiment: experiment.into(),
            started_at,
        }
    }

    /// Returns the events of all pods, pod after pod.
    pub fn events<'a>(
        &'a self,
        scenario: &'a Scenario,
        outcome: &'a Outcome,
    ) -> impl Iterator<Item = Event> + 'a {
        let pulls = outcome.pulls.iter();
        pulls.flat_map(move |pull| self.written(scenario, pull).events())
    }

    /// Returns the traces of all pulls that came to their end, if the simulation kept the moments of layers
    /// ([`Options::keep_layers`](crate::Options::keep_layers)); else traces without layers.
    pub fn traces<'a>(
        &'a self,
        scenario: &'a Scenario,
        outcome: &'a Outcome,
    ) -> impl Iterator<Item = PullTrace> + 'a {
        let pulls = outcome.pulls.iter();
        let pulled = pulls.filter(|pull| pull.end == PullEnd::Pulled);
        pulled.map(move |pull| self.written(scenario, pull).trace())
    }

    fn written<'a>(&'a self, scenario: &'a Scenario, pull: &'a SimulatedPull) -> Written<'a> {
        Written {
            recording: self,
            scenario,
            pull,
        }
    }

    fn at(&self, seconds: f64) -> SystemTime {
        self.started_at + duration(seconds)
    }
}

impl Written<'_> {
    fn image(&self) -> &str {
        &self.scenario.images[self.pull.image as usize].image
    }

    fn pod(&self) -> String {
        format!("pull-{}-{}", self.pull.image, self.pull.node)
    }

    fn node(&self) -> String {
        format!("simulated-node-{}", self.pull.node)
    }

    fn uid(&self) -> String {
        let scenario = self.scenario;
        let run = format!(
            "simulated {} {} {} {:?}",
            self.recording.experiment, scenario.nodes, scenario.seed, self.recording.started_at
        );
        derive_uid(&run, &self.pod())
    }

    fn events(&self) -> Vec<Event> {
        let mut pod = PodEvents::new(PodContainer {
            namespace: "simulated".to_owned(),
            pod: self.pod(),
            pod_uid: self.uid(),
            node: self.node(),
            container: "app".to_owned(),
        });
        pod.scheduled(self.recording.at(self.pull.asked_at_seconds));
        self.add_failures(&mut pod);
        self.add_end(&mut pod);
        pod.into_events()
    }

    fn add_failures(&self, pod: &mut PodEvents) {
        for attempt in &self.pull.failed_attempts {
            let failed_at = self.recording.at(attempt.failed_at_seconds);
            pod.pulling(self.image(), self.recording.at(attempt.pulling_at_seconds));
            pod.pull_failed(self.image(), words(attempt.cause), failed_at);
            pod.backing_off(self.image(), failed_at);
        }
    }

    fn add_end(&self, pod: &mut PodEvents) {
        let (image, ended_at) = (self.image(), self.recording.at(self.pull.ended_at_seconds));
        match self.pull.end {
            PullEnd::Pulled => {
                pod.pulling(image, self.recording.at(self.pull.pulling_at_seconds));
                pod.pulled(image, self.pulled_image(), ended_at);
            }
            PullEnd::Present => pod.present(image, ended_at),
            PullEnd::Failed | PullEnd::Unfinished => return,
        }
        pod.created(ended_at);
        pod.started(ended_at);
    }

    fn pulled_image(&self) -> PulledImage {
        let image = &self.scenario.images[self.pull.image as usize];
        PulledImage {
            pull: duration(self.pull.pull_seconds()),
            including_waiting: duration(self.pull.including_waiting_seconds()),
            image_size_bytes: image.wire_bytes(),
        }
    }

    fn trace(&self) -> PullTrace {
        let image = &self.scenario.images[self.pull.image as usize];
        let begun_at = self.recording.at(self.pull.begun_at_seconds);
        let mut pull = PullRecord::new(self.uid(), self.image(), begun_at);
        pull.experiment = Some(self.recording.experiment.clone());
        pull.nodes = Some(self.scenario.nodes);
        pull.node = Some(self.node());
        pull.wire_bytes = image.wire_bytes();
        let unpacked = image
            .layers
            .iter()
            .map(|layer| self.scenario.unpacked_bytes(layer));
        pull.unpacked_bytes = unpacked.fold(0, u64::saturating_add);
        pull.layers = image.layers.len() as u32;
        pull.outcome = PullOutcome::Pulled;
        let phases = self.pull.layers.iter().enumerate();
        let phases = phases
            .flat_map(|(at, layer)| self.phases(at, layer))
            .collect();
        PullTrace::finish(pull, phases, duration(self.pull.pull_seconds()), None)
    }

    fn phases(&self, at: usize, times: &LayerTimes) -> Vec<PhaseRecord> {
        let [download, stored] = self.fetched(times);
        let [unpacked, overhead] = self.unpacked(at, times);
        let layer = self.layer(at);
        let rows = [download, stored, unpacked, overhead].into_iter().flatten();
        rows.map(|row| row.with_layer(layer.clone())).collect()
    }

    fn layer(&self, at: usize) -> TraceLayer {
        let layer = &self.scenario.images[self.pull.image as usize].layers[at];
        let own = format!("{} layer {at}", self.image());
        let name = layer.shared.as_deref().unwrap_or(&own);
        TraceLayer {
            index: at as u32,
            digest: Digest::of(name.as_bytes()),
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip".to_owned(),
            wire_bytes: layer.wire_bytes,
        }
    }

    fn fetched(&self, times: &LayerTimes) -> [Option<PhaseRecord>; 2] {
        let row = |phase, from: Option<f64>, to: Option<f64>| {
            Some(self.row(Stage::Fetch, phase, from?, to?))
        };
        let (received, stored) = (times.received_at_seconds, times.stored_at_seconds);
        let is_late = stored > received;
        [
            row(Phase::Download, times.asked_at_seconds, received),
            row(Phase::Write, received, stored).filter(|_| is_late),
        ]
    }

    fn unpacked(&self, at: usize, times: &LayerTimes) -> [Option<PhaseRecord>; 2] {
        let (Some(from), Some(to)) = (times.unpack_started_at_seconds, times.unpacked_at_seconds)
        else {
            return [None, None];
        };
        let layer = &self.scenario.images[self.pull.image as usize].layers[at];
        let bytes = self.scenario.unpacked_bytes(layer);
        let work_from = (from + times.overhead_seconds).min(to);
        let main = match times.is_disk_bound {
            true => Phase::Write,
            false => Phase::Decompress,
        };
        // What every layer and file costs is writing, too: snapshots, folders, modes.
        let other = (main != Phase::Write).then_some((from, work_from));
        let main_from = if other.is_some() { work_from } else { from };
        [
            Some(
                self.row(Stage::Unpack, main, main_from, to)
                    .with_bytes(bytes),
            ),
            other.map(|(from, to)| self.row(Stage::Unpack, Phase::Write, from, to)),
        ]
    }

    fn row(&self, stage: Stage, phase: Phase, from: f64, to: f64) -> PhaseRecord {
        let begun_at = self.pull.begun_at_seconds;
        PhaseRecord::new(
            self.uid(),
            stage,
            phase,
            duration(from - begun_at),
            duration(to - from),
        )
    }
}

fn words(cause: FailureCause) -> &'static str {
    match cause {
        FailureCause::Download => "failed to copy: httpReadSeeker: failed open: unexpected EOF",
        FailureCause::PullQps => "pull QPS exceeded",
    }
}

/// Seconds as a duration; below zero by rounding is zero.
fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()
}
