//! Some of the different sets, numbered anew.

use std::borrow::Cow;

use crate::distinct::Distinct;
use crate::sets::csr::Csr;
use crate::weighed::Weighed;

/// Some of many sets, with only the items they hold, both numbered from 0.
pub(crate) struct Part {
    sets: Csr,
    postings: Csr,
    weights: Vec<u64>,
    totals: Vec<u64>,
}

/// Numbers items anew for one part after the other.
pub(crate) struct Renumbering {
    /// The new number of each item, or [`NONE`].
    numbers: Vec<u32>,
}

/// No number.
const NONE: u32 = u32::MAX;

impl Renumbering {
    pub(crate) fn new(items: usize) -> Self {
        Self {
            numbers: vec![NONE; items],
        }
    }

    /// Takes the sets with these numbers.
    pub(crate) fn part(&mut self, distinct: &Distinct, members: &[u32]) -> Part {
        let mut known: Vec<u32> = Vec::new();
        let mut sets = Csr::default();
        for &member in members {
            let items = distinct.sets.get(member as usize).iter();
            sets.push(items.map(|&item| {
                let number = &mut self.numbers[item as usize];
                if *number == NONE {
                    *number = u32::try_from(known.len()).expect("items are numbered in 32 bits");
                    known.push(item);
                }
                *number
            }));
        }
        for &item in &known {
            self.numbers[item as usize] = NONE;
        }
        let weight = |item: &u32| distinct.weights[*item as usize];
        let total = |member: &u32| distinct.sets.get(*member as usize).iter().map(weight).sum();
        Part {
            postings: sets.transposed(known.len()),
            sets,
            weights: known.iter().map(weight).collect(),
            totals: members.iter().map(total).collect(),
        }
    }
}

impl Part {
    pub(crate) fn weighed(&self) -> Weighed<'_> {
        Weighed {
            sets: &self.sets,
            postings: &self.postings,
            weights: Cow::Borrowed(&self.weights),
            totals: Cow::Borrowed(&self.totals),
        }
    }
}
