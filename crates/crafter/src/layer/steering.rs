//! Chooses the style of each segment so that the wire bytes come out as asked.

use super::limits::Rest;
use super::noise::Noise;
use super::painter::Style;
use super::recipe::Codec;
use super::segment::Segment;

/// Bytes a stored or raw segment may take beyond its length: block headers, bits up to the next byte, the end of
/// a block that was open.
const STORED_OVERHEAD_BYTES: u64 = 16;

/// A style that content may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) style: Style,
    /// Wire bytes that a tar byte takes.
    pub(super) cost: f64,
    /// Share of the segments, where no certain wire bytes are asked for.
    pub(super) weight: f64,
}

/// Chooses styles, one segment after the other.
///
/// To reach another mean cost than the natural one, the weights are tilted by the exponential of the cost, which
/// is the smallest change of a mix with that effect, and tilted anew before each segment for what is left of the
/// budget. A smooth round robin then chooses, so that the shares come out right even in few segments.
pub(super) struct Steering {
    candidates: Vec<Candidate>,
    /// How far each candidate is behind its share.
    credits: Vec<f64>,
    rest: Rest,
    budget: Option<Budget>,
}

/// The wire bytes to be met.
#[derive(Clone, Copy, Debug)]
struct Budget {
    codec: Codec,
    wire_bytes: u64,
    /// What is left for the current segment and all later ones.
    left_bytes: u64,
}

impl Steering {
    /// `noise` decides which of the candidates come early.
    pub(super) fn new(candidates: Vec<Candidate>, rest: Rest, mut noise: Noise) -> Self {
        // Less than a whole share each: enough to change the order, not the shares.
        let credits = tilted_weights(&candidates, 0.0)
            .into_iter()
            .map(|weight| weight * (noise.word() >> 40) as f64 / (1 << 24) as f64)
            .collect();
        Self {
            candidates,
            credits,
            rest,
            budget: None,
        }
    }

    /// Steers towards exactly so many wire bytes, which must be within the limits of the rest.
    pub(super) fn towards(mut self, wire_bytes: u64, codec: Codec) -> Self {
        self.budget = Some(Budget {
            codec,
            wire_bytes,
            left_bytes: wire_bytes,
        });
        self
    }

    /// Chooses the style of the next segment, when `charged_bytes` of the budget are used up.
    ///
    /// What a texture really takes is known only when it is painted; see [`Self::admits`].
    pub(super) fn choose(&mut self, segment: &Segment, charged_bytes: u64) -> Style {
        let tar_bytes = segment.len() as u64;
        if let Some(budget) = &mut self.budget {
            budget.left_bytes = budget.wire_bytes.saturating_sub(charged_bytes);
        }
        let tilt = self.budget.map_or(0.0, |budget| {
            self.tilt_for(budget.left_bytes as f64 / self.rest.tar_bytes as f64)
        });
        self.rest = self.rest.after(tar_bytes, segment.header_count());
        for (credit, weight) in self
            .credits
            .iter_mut()
            .zip(tilted_weights(&self.candidates, tilt))
        {
            *credit += weight;
        }
        let mut order: Vec<usize> = (0..self.candidates.len()).collect();
        order.sort_by(|a, b| self.credits[*b].total_cmp(&self.credits[*a]));
        let chosen = order
            .into_iter()
            .find(|index| self.may_admit(&self.candidates[*index], segment));
        match chosen {
            Some(index) => {
                self.credits[index] -= 1.0;
                self.candidates[index].style
            }
            None => self.fallback(segment),
        }
    }

    /// Says whether the budget of what comes after stays within reach if the current segment takes `cost_bytes`.
    pub(super) fn admits(&self, cost_bytes: u64) -> bool {
        let Some(budget) = self.budget else {
            return true;
        };
        let Some(left_bytes) = budget.left_bytes.checked_sub(cost_bytes) else {
            return false;
        };
        let reach =
            self.rest.fewest_wire_bytes(budget.codec)..=self.rest.most_wire_bytes(budget.codec);
        reach.contains(&left_bytes)
    }

    /// Returns the style that keeps the budget within reach when no other does.
    pub(super) fn fallback(&self, segment: &Segment) -> Style {
        let most = segment.len() as u64 + STORED_OVERHEAD_BYTES;
        if self.admits(most) {
            Style::Stored
        } else {
            Style::Zeros
        }
    }

    fn may_admit(&self, candidate: &Candidate, segment: &Segment) -> bool {
        let most = segment.len() as u64 + STORED_OVERHEAD_BYTES;
        let (from, to) = match candidate.style {
            Style::Stored => (most, most),
            Style::Noise => (segment.hole_bytes() as u64, most),
            Style::Zeros => (0, 0),
            Style::Texture(_) => {
                let expected = (candidate.cost * segment.len() as f64) as u64;
                (expected, expected)
            }
        };
        self.admits(from) && self.admits(to)
    }

    /// Finds the tilt at which the mean cost of the weighted candidates is `cost`.
    fn tilt_for(&self, cost: f64) -> f64 {
        let (mut low, mut high) = (-STEEPEST_TILT, STEEPEST_TILT);
        for _ in 0..40 {
            let middle = (low + high) / 2.0;
            let weights = tilted_weights(&self.candidates, middle);
            let mean: f64 = self
                .candidates
                .iter()
                .zip(weights)
                .map(|(candidate, weight)| candidate.cost * weight)
                .sum();
            if mean < cost {
                low = middle
            } else {
                high = middle
            }
        }
        (low + high) / 2.0
    }
}

/// Beyond this, the cheapest or the dearest style has the weight to itself.
const STEEPEST_TILT: f64 = 4096.0;

/// Returns weights that sum to 1: the natural ones times the exponential of tilt and cost.
fn tilted_weights(candidates: &[Candidate], tilt: f64) -> Vec<f64> {
    let steepest = candidates
        .iter()
        .map(|candidate| tilt * candidate.cost)
        .fold(f64::MIN, f64::max);
    let weights: Vec<f64> = candidates
        .iter()
        .map(|candidate| candidate.weight * exponential(tilt * candidate.cost - steepest))
        .collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// Returns about `e` to the power of `x`, for `x` of at most 0.
///
/// Additions and multiplications give the same result on every machine, which the exponential functions of C
/// libraries do not; and the bytes of a layer depend on it.
fn exponential(x: f64) -> f64 {
    let mut power = (1.0 + x / 1024.0).max(0.0);
    for _ in 0..10 {
        power *= power;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::LayerKey;

    fn steering(costs: &[f64]) -> Steering {
        let weight = 1.0 / costs.len() as f64;
        let candidates = costs.iter().enumerate().map(|(index, cost)| Candidate {
            style: Style::Texture(index),
            cost: *cost,
            weight,
        });
        let rest = Rest {
            tar_bytes: 1 << 40,
            headers: 0,
            segments: 1 << 20,
        };
        Steering::new(
            candidates.collect(),
            rest,
            Noise::new(&LayerKey::new([0; 32]), "order"),
        )
    }

    #[test]
    fn the_tilt_gives_the_mean_cost_asked_for() {
        let steering = steering(&[0.001, 0.1, 0.4, 1.0]);
        for cost in [0.002, 0.05, 0.3, 0.6, 0.99] {
            let weights = tilted_weights(&steering.candidates, steering.tilt_for(cost));
            let mean: f64 = steering
                .candidates
                .iter()
                .zip(weights)
                .map(|(candidate, weight)| candidate.cost * weight)
                .sum();
            assert!((mean - cost).abs() < 1e-3, "{mean} for {cost}");
        }
    }

    #[test]
    fn shares_come_out_right_in_few_segments() {
        let mut steering = steering(&[0.1, 0.2, 0.3, 0.4]);
        let mut segment = Segment::default();
        segment.push_hole(512);
        let mut chosen = [0; 4];
        for _ in 0..20 {
            let Style::Texture(index) = steering.choose(&segment, 0) else {
                panic!("only textures are candidates")
            };
            chosen[index] += 1;
        }
        assert!(
            chosen.iter().all(|count| (4..=6).contains(count)),
            "{chosen:?}"
        );
    }

    #[test]
    fn exponentials_are_near_the_true_ones() {
        for x in [0.0, -0.5, -3.0, -20.0, -1e9] {
            assert!((exponential(x) - f64::exp(x)).abs() < 1e-2, "{x}");
        }
    }
}
