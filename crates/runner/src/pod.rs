//! A pod that wants an image on its node, and the kubelet that sees to it.

use std::error::Error;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use pullstudy_events::{Event, PodContainer, PodEvents, PullRecord, PulledImage};
use pullstudy_image::Reference;
use pullstudy_registry::Client;

use crate::node::{Node, NodeImage};
use crate::pull::{Pull, PullError, blocking};
use crate::recorder::Recorder;
use crate::{LocalOutcome, LocalPull, PullOptions, PullPolicy, Skipped};

/// Wall-clock time, read once and carried on by the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) started_at: SystemTime,
    start: Instant,
}

impl Clock {
    pub(crate) fn start(started_at: SystemTime, start: Instant) -> Self {
        Self { started_at, start }
    }

    fn at(&self, moment: Instant) -> SystemTime {
        self.started_at + moment.saturating_duration_since(self.start)
    }

    fn now(&self) -> SystemTime {
        self.at(Instant::now())
    }
}

/// A pod about to run.
pub(crate) struct Pod {
    pub(crate) uid: String,
    pub(crate) name: String,
    pub(crate) experiment: String,
    pub(crate) nodes: u32,
    pub(crate) node_number: u32,
    pub(crate) node: Arc<Node>,
    pub(crate) client: Client,
    pub(crate) image: Reference,
    pub(crate) options: Arc<PullOptions>,
    pub(crate) clock: Clock,
}

/// A pod that ran.
pub(crate) struct PodRun {
    pub(crate) node_number: u32,
    pub(crate) pull: LocalPull,
    pub(crate) events: Vec<Event>,
}

impl Pod {
    /// Runs the pod to its end, in a kubelet's steps.
    pub(crate) async fn run(self) -> PodRun {
        let mut events = PodEvents::new(self.container());
        events.scheduled(self.clock.now());
        let pull = if self.is_present().await {
            events.present(&self.image.to_string(), self.clock.now());
            self.present()
        } else {
            self.pull(&mut events).await
        };
        if !matches!(pull.outcome, LocalOutcome::Failed { .. }) {
            events.created(self.clock.now());
            events.started(self.clock.now());
        }
        PodRun {
            node_number: self.node_number,
            pull,
            events: events.into_events(),
        }
    }

    fn container(&self) -> PodContainer {
        PodContainer {
            namespace: "default".to_owned(),
            pod: self.name.clone(),
            pod_uid: self.uid.clone(),
            node: self.node.name().to_owned(),
            container: "app".to_owned(),
        }
    }

    async fn is_present(&self) -> bool {
        if self.options.policy == PullPolicy::Always {
            return false;
        }
        let (node, image) = (self.node.clone(), self.image.clone());
        blocking(move || node.image(&image)).await.is_some()
    }

    fn present(&self) -> LocalPull {
        LocalPull {
            image: self.image.clone(),
            node: self.node.name().to_owned(),
            outcome: LocalOutcome::Present,
            attempts: 0,
            trace: None,
            skipped: Skipped::default(),
            layers_reused: 0,
        }
    }

    async fn pull(&self, events: &mut PodEvents) -> LocalPull {
        let recorder = Arc::new(Recorder::start());
        let pull = Pull {
            node: self.node.clone(),
            client: self.client.clone(),
            reference: self.image.clone(),
            options: self.options.clone(),
            recorder: recorder.clone(),
        };
        let (attempts, ended) = self.try_pulling(&pull, events).await;
        let elapsed = recorder.started().elapsed();
        let error = ended.as_ref().err().map(|error| chain(error));
        let trace = recorder.finish(self.record(&recorder), elapsed, error);
        let (skipped, layers_reused) = recorder.remarks();
        LocalPull {
            image: self.image.clone(),
            node: self.node.name().to_owned(),
            outcome: match ended {
                Ok(image) => LocalOutcome::Pulled {
                    image_size_bytes: image.image_size_bytes,
                },
                Err(error) => LocalOutcome::Failed {
                    error: Box::new(error),
                },
            },
            attempts,
            trace: Some(trace),
            skipped,
            layers_reused,
        }
    }

    /// Pulls until it succeeds or was tried often enough; returns how often, too.
    async fn try_pulling(
        &self,
        pull: &Pull,
        events: &mut PodEvents,
    ) -> (usize, Result<NodeImage, PullError>) {
        let image = self.image.to_string();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let asked = Instant::now();
            events.pulling(&image, self.clock.at(asked));
            let start = Instant::now();
            let ended = pull.attempt().await;
            let end = Instant::now();
            match &ended {
                Ok(pulled) => {
                    let pulled = PulledImage {
                        pull: end - start,
                        including_waiting: end - asked,
                        image_size_bytes: pulled.image_size_bytes,
                    };
                    events.pulled(&image, pulled, self.clock.at(end));
                }
                Err(error) => {
                    events.pull_failed(&image, &chain(error), self.clock.at(end));
                    events.backing_off(&image, self.clock.now());
                }
            }
            if ended.is_ok() || attempts >= self.options.attempts.get() {
                return (attempts, ended);
            }
            tokio::time::sleep(self.options.pause_after(attempts)).await;
        }
    }

    fn record(&self, recorder: &Recorder) -> PullRecord {
        let started_at = self.clock.at(recorder.started());
        let mut record = PullRecord::new(&self.uid, self.image.to_string(), started_at);
        record.experiment = Some(self.experiment.clone());
        record.nodes = Some(self.nodes);
        record.node = Some(self.node.name().to_owned());
        record
    }
}

/// Writes an error with its causes in one line, as Go does.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.join(": ")
}
