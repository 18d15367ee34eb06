//! What events tell of one container.

use std::time::{Duration, SystemTime};

use pullstudy_events::{FilledEvents, Message, PullOutcome};

use super::row::Known;
use super::seen_event::SeenEvent;

/// The steps of a container that its events tell.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) scheduled: Known,
    pub(super) scheduled_node: Option<String>,
    pub(super) pulling: Known,
    pub(super) pulled: Known,
    /// How the pull ended, if it did.
    ended: Option<PullOutcome>,
    pub(super) started: Known,
    /// When the kubelet asked for the image, and when it failed, as far as is known; each with whether it failed.
    attempts: Vec<(Option<SystemTime>, bool)>,
    /// The image as the kubelet writes it.
    pub(super) image: Option<String>,
    pub(super) node: Option<String>,
    pub(super) is_combined: bool,
}

impl Told {
    /// Takes the events of a container and of its pod, the earliest first.
    pub(super) fn by<'a>(events: impl Iterator<Item = &'a SeenEvent>) -> Self {
        let mut told = Self::default();
        events.for_each(|event| told.take(event));
        told
    }

    fn take(&mut self, event: &SeenEvent) {
        self.is_combined |= event.is_combined;
        if event.container.is_some() {
            self.node = self.node.take().or_else(|| event.node.clone());
        }
        let known = Known::by_event(event.first);
        match Message::parse(&event.reason, &event.message) {
            Message::Scheduled { node } => {
                self.scheduled = self.scheduled.or(|| known);
                self.scheduled_node.get_or_insert_with(|| node.to_owned());
            }
            Message::Pulling { image } => {
                self.pulling = self.pulling.or(|| known);
                self.attempt(event, false);
                self.name(image);
            }
            Message::Pulled { image, .. } => self.end(PullOutcome::Pulled, known, image),
            Message::Present { image } => self.end(PullOutcome::Present, known, image),
            Message::PullFailed { image, .. }
            | Message::InvalidName { image }
            | Message::ImageNeverPull { image }
            | Message::BackOff { image }
            | Message::InspectFailed { image } => {
                self.attempt(event, true);
                self.name(image);
            }
            Message::PullError { .. } => self.attempt(event, true),
            Message::Started => self.started = self.started.or(|| known),
            _ => {}
        }
    }

    fn name(&mut self, image: &str) {
        self.image.get_or_insert_with(|| image.to_owned());
    }

    fn end(&mut self, outcome: PullOutcome, known: Known, image: &str) {
        self.pulled = self.pulled.or(|| known);
        self.ended.get_or_insert(outcome);
        self.name(image);
    }

    /// Tells whether a container that started at a moment can have had the image of this pull by then.
    pub(super) fn allows_start(&self, at: Option<SystemTime>) -> bool {
        let early = self.pulling.at.zip(at);
        let early = early.and_then(|(pulling, at)| pulling.duration_since(at).ok());
        early.is_none_or(|early| early <= FilledEvents::EARLIER_LIFE)
    }

    fn attempt(&mut self, event: &SeenEvent, is_failure: bool) {
        let moments = [event.first, event.last];
        self.attempts.extend(moments.map(|at| (at, is_failure)));
    }

    /// Returns whether the last that is known of the attempts up to a moment is a failure; `None` without any.
    fn is_failing(&self, by: Option<SystemTime>) -> Option<bool> {
        let attempts = self.attempts.iter();
        let by_then = attempts.filter(|(at, _)| by.is_none_or(|by| at.is_none_or(|at| at <= by)));
        by_then.max().map(|&(_, is_failure)| is_failure)
    }

    /// Returns how the pull ended as far as events tell; `image_by` is what the status tells of the image, and
    /// `is_pulled_always` the policy.
    pub(super) fn outcome(&self, image_by: Known, is_pulled_always: bool) -> Option<PullOutcome> {
        if self.ended.is_some() {
            return self.ended;
        }
        if image_by.is_known() {
            // A status cuts moments to whole seconds.
            let by = image_by.at.filter(|&at| self.pulling.at <= Some(at));
            let is_pulling = self.is_failing(by.map(|at| at + Duration::from_millis(999)));
            let is_pulled = is_pulled_always || is_pulling == Some(false);
            return is_pulled.then_some(PullOutcome::Pulled);
        }
        self.is_failing(None).map(|is_failing| match is_failing {
            true => PullOutcome::Failed,
            false => PullOutcome::Unfinished,
        })
    }
}
