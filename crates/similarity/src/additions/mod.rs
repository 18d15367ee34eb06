//! What each set adds to those before it.

mod least_early;

use crate::sets::Sets;

/// What a set has, and what of it is new after those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Addition {
    /// The number of the set.
    pub set: usize,
    /// How many items it has.
    pub items: u64,
    /// What they weigh.
    pub weight: u64,
    /// How many of them no set before it has.
    pub new_items: u64,
    /// What these weigh.
    pub new_weight: u64,
}

/// What sets add one after the other, and the totals.
///
/// Made by [`Sets::additions`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Additions {
    steps: Vec<Addition>,
}

impl Sets {
    /// Returns what each of the sets adds to those before it, in the order given.
    ///
    /// Where items are layers and weights are their bytes, that is what a node that is empty at first and keeps
    /// everything pulls for each image. Sets may be left out; one that comes again adds nothing the second time.
    /// Whatever the order of the same sets, what they add comes to the same total.
    ///
    /// # Panics
    ///
    /// If there is no such set.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_similarity::SetsBuilder;
    ///
    /// let mut builder = SetsBuilder::new();
    /// builder.push_weighted([("base", 300), ("x", 100)])?;
    /// builder.push_weighted([("base", 300), ("y", 50)])?;
    /// let sets = builder.finish();
    ///
    /// let additions = sets.additions([1, 0]);
    /// let new: Vec<u64> = additions.steps().iter().map(|step| step.new_weight).collect();
    /// assert_eq!(new, [350, 100]);
    /// assert_eq!((additions.weight(), additions.new_weight()), (750, 450));
    /// assert_eq!((additions.items(), additions.new_items()), (4, 3));
    /// # Ok::<(), pullstudy_similarity::SetTooHeavy>(())
    /// ```
    #[must_use]
    pub fn additions(&self, order: impl IntoIterator<Item = usize>) -> Additions {
        let mut present = vec![false; self.items()];
        let steps = order.into_iter();
        Additions {
            steps: steps.map(|set| self.add(set, &mut present)).collect(),
        }
    }

    fn add(&self, set: usize, present: &mut [bool]) -> Addition {
        let items = self.items_of(set);
        let mut addition = Addition {
            set,
            items: items.len() as u64,
            weight: self.totals[set],
            new_items: 0,
            new_weight: 0,
        };
        for &item in items {
            if !std::mem::replace(&mut present[item as usize], true) {
                addition.new_items += 1;
                addition.new_weight += self.weights[item as usize];
            }
        }
        addition
    }
}

impl Additions {
    /// Returns what each set adds, in order.
    #[must_use]
    pub fn steps(&self) -> &[Addition] {
        &self.steps
    }

    /// Returns how many items the sets have if each is counted for itself.
    #[must_use]
    pub fn items(&self) -> u64 {
        self.steps.iter().map(|step| step.items).sum()
    }

    /// Returns what the sets weigh if each is weighed for itself; many together may weigh more than one may.
    #[must_use]
    pub fn weight(&self) -> u128 {
        self.steps.iter().map(|step| u128::from(step.weight)).sum()
    }

    /// Returns how many different items the sets have together.
    #[must_use]
    pub fn new_items(&self) -> u64 {
        self.steps.iter().map(|step| step.new_items).sum()
    }

    /// Returns what these different items weigh.
    #[must_use]
    pub fn new_weight(&self) -> u128 {
        let new = self.steps.iter().map(|step| u128::from(step.new_weight));
        new.sum()
    }
}
