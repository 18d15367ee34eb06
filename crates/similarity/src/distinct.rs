//! Identical sets, taken together.

use std::collections::HashMap;

use crate::measure::Measure;
use crate::sets::Sets;
use crate::sets::csr::Csr;

/// The different ones among many sets, and who is alike.
pub(crate) struct Distinct {
    /// Each set once, in the order in which they came first; items without weight are left out where
    /// weights count.
    pub(crate) sets: Csr,
    /// Which sets are identical, ascending, for each of `sets`.
    pub(crate) groups: Csr,
    /// What each item weighs.
    pub(crate) weights: Vec<u64>,
}

impl Distinct {
    pub(crate) fn of(sets: &Sets, measure: Measure) -> Self {
        let weights = match measure {
            Measure::Items => vec![1; sets.items()],
            Measure::Weights => sets.weights.clone(),
        };
        let counting = Self::counting(sets, &weights);
        let counting = counting.as_ref().unwrap_or(&sets.sets);
        let mut distinct = Csr::default();
        let mut numbers = HashMap::with_capacity(sets.len());
        let mut group_of = Csr::default();
        for set in counting.iter() {
            let new = u32::try_from(numbers.len()).expect("sets are numbered in 32 bits");
            let number = *numbers.entry(set).or_insert_with(|| {
                distinct.push(set.iter().copied());
                new
            });
            group_of.push([number]);
        }
        Self {
            groups: group_of.transposed(distinct.len()),
            sets: distinct,
            weights,
        }
    }

    /// Returns the sets without the items that weigh nothing, if there are any.
    fn counting(sets: &Sets, weights: &[u64]) -> Option<Csr> {
        let counts = |item: &u32| weights[*item as usize] > 0;
        weights.contains(&0).then(|| {
            let mut counting = Csr::default();
            for set in sets.sets.iter() {
                counting.push(set.iter().copied().filter(counts));
            }
            counting
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }
}
