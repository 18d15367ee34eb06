//! Where a pull's time went: back from its end, from one piece of work to the one that it waited for.

use super::pull::{LayerProgress, PullState};
use super::supply::Constraints;
use crate::outcome::Constraint;

/// Moments that were one differ by rounding at most.
const SAME_MOMENT_SECONDS: f64 = 1e-9;

/// Charges the last attempt of a pull, from its turn to its end.
pub(super) fn charge(state: &mut PullState, constraints: &Constraints) {
    let from = match state.layers.is_empty() {
        true => state.ended_at,
        false => charge_layers(state, constraints),
    };
    charge_preparing(state, from);
}

/// Charges everything after the preparation and returns where what is left ends.
fn charge_layers(state: &mut PullState, constraints: &Constraints) -> f64 {
    let mut end = state.ended_at;
    let mut piece = last_unpacked(state);
    while let Some(at) = piece {
        let layer = state.layers[at];
        state.spent.add(Constraint::Queue, end - layer.unpacked_at);
        charge_unpacking(state, &layer, constraints);
        end = layer.unpack_started_at;
        if same(layer.stored_at, end) {
            return charge_fetching(state, at, constraints);
        }
        piece = unpacked_by(state, at, end);
    }
    end
}

/// The layer that was unpacked last: the highest of those that were at once.
fn last_unpacked(state: &PullState) -> Option<usize> {
    let layers = state.layers.iter().enumerate();
    let unpacked = layers.filter(|(_, layer)| !layer.was_unpacked);
    let last = unpacked.max_by(|left, right| left.1.unpacked_at.total_cmp(&right.1.unpacked_at));
    last.map(|(at, _)| at)
}

/// The layer whose unpacking was over when that of `at` could begin: one below, or whichever made room at that moment.
fn unpacked_by(state: &PullState, at: usize, moment: f64) -> Option<usize> {
    let ended = |layer: &LayerProgress| {
        !layer.was_unpacked && layer.unpacked_at <= moment + SAME_MOMENT_SECONDS
    };
    let made_room = |layer: &LayerProgress| {
        ended(layer) && same(layer.unpacked_at, moment) && layer.unpack_started_at < moment
    };
    let below = state.layers[..at].iter().rposition(ended);
    below.or_else(|| state.layers.iter().rposition(made_room))
}

fn charge_unpacking(state: &mut PullState, layer: &LayerProgress, constraints: &Constraints) {
    let seconds = layer.unpacked_at - layer.unpack_started_at;
    let overhead = layer.overhead_seconds.min(seconds);
    state.spent.add(Constraint::LayerOverhead, overhead);
    let rest = match layer.is_disk_bound {
        true => Constraint::Disk,
        false => constraints.unpacking,
    };
    state.spent.add(rest, seconds - overhead);
}

/// Charges the downloads back from one, and returns where the first of them was asked for.
fn charge_fetching(state: &mut PullState, at: usize, constraints: &Constraints) -> f64 {
    let mut at = at;
    loop {
        let layer = state.layers[at];
        charge_download(state, &layer, constraints);
        if same(layer.asked_at, state.prepared_at) {
            return layer.asked_at;
        }
        let freed = |other: &LayerProgress| same(other.stored_at, layer.asked_at);
        match state.layers[..at].iter().rposition(freed) {
            Some(before) => at = before,
            None => return layer.asked_at,
        }
    }
}

fn charge_download(state: &mut PullState, layer: &LayerProgress, constraints: &Constraints) {
    if layer.received_at.is_nan() {
        // Another pull fetched it.
        return state
            .spent
            .add(Constraint::Queue, layer.stored_at - layer.asked_at);
    }
    let held_up = layer.held_up;
    let answer = layer.answered_at - layer.asked_at - layer.limited_seconds;
    let charges = [
        (Constraint::RateLimit, layer.limited_seconds),
        (Constraint::Latency, answer),
        (constraints.source, held_up.source_seconds),
        (Constraint::Link, held_up.link_seconds),
        (constraints.own, held_up.own_seconds),
        (constraints.above, layer.received_at - layer.transferred_at),
        (Constraint::Disk, layer.stored_at - layer.received_at),
    ];
    for (constraint, seconds) in charges {
        state.spent.add(constraint, seconds);
    }
}

/// Charges what lies between a pull's turn and `until`.
fn charge_preparing(state: &mut PullState, until: f64) {
    if state.prepared_at.is_nan() {
        return;
    }
    state
        .spent
        .add(Constraint::Queue, until - state.prepared_at);
    let seconds = state.prepared_at - state.begun_at;
    state
        .spent
        .add(Constraint::RateLimit, state.limited_seconds);
    state
        .spent
        .add(Constraint::Latency, seconds - state.limited_seconds);
}

fn same(left: f64, right: f64) -> bool {
    (left - right).abs() <= SAME_MOMENT_SECONDS
}
