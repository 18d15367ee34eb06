//! Sets that have nothing to do with one another, taken apart.

use crate::distinct::Distinct;
use crate::measure::Measure;
use crate::sets::Sets;
use crate::sets::csr::Csr;
use crate::union_find::UnionFind;

/// The components of many sets: sets of different components share no item.
///
/// Made by [`Sets::components`].
#[derive(Debug, Clone)]
pub struct Components {
    groups: Csr,
    components: Csr,
}

/// Sets that share items, directly or by way of others.
#[derive(Debug, Clone, Copy)]
pub struct Component<'a> {
    all_groups: &'a Csr,
    groups: &'a [u32],
}

impl Sets {
    /// Takes sets apart that have nothing to do with one another.
    ///
    /// Two sets are in one component if they share an item, or if a chain of such sets leads from one to
    /// the other; empty sets, being equal, form one component. By [`Measure::Weights`] an item without weight joins
    /// nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_similarity::{Measure, Sets};
    ///
    /// let sets = Sets::of([vec!["a", "b"], vec!["x"], vec!["b", "c"], vec!["x"]]);
    /// let components = sets.components(Measure::Items);
    /// let members: Vec<_> = components.iter().map(|component| component.sets()).collect();
    /// assert_eq!(members, [[0, 2], [1, 3]]);
    /// assert_eq!(components.iter().map(|component| component.distinct()).max(), Some(2));
    /// ```
    #[must_use]
    pub fn components(&self, measure: Measure) -> Components {
        let distinct = Distinct::of(self, measure);
        Components {
            components: components_of(&distinct.sets, self.items()),
            groups: distinct.groups,
        }
    }
}

impl Components {
    /// Returns how many components there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.components.len()
    }

    /// Returns whether there is no set at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the components, the one with the lowest set first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Component<'_>> {
        self.components.iter().map(|groups| Component {
            all_groups: &self.groups,
            groups,
        })
    }
}

impl<'a> Component<'a> {
    /// Returns the numbers of all its sets, ascending.
    #[must_use]
    pub fn sets(&self) -> Vec<u32> {
        let mut sets: Vec<u32> = self.groups().flatten().copied().collect();
        sets.sort_unstable();
        sets
    }

    /// Returns how many different sets it has.
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.groups.len()
    }

    /// Returns the numbers of its sets, those that are identical together.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &'a [u32]> {
        let all_groups = self.all_groups;
        let groups = self.groups.iter();
        groups.map(|&group| all_groups.get(group as usize))
    }
}

/// Returns the numbers of the sets in each component, in order of their lowest.
pub(crate) fn components_of(sets: &Csr, items: usize) -> Csr {
    let mut union = UnionFind::new(sets.len());
    for holders in sets.transposed(items).iter() {
        for pair in holders.windows(2) {
            union.join_to_lower(pair[0], pair[1]);
        }
    }
    let mut numbers = vec![0; sets.len()];
    let mut count = 0;
    let mut component_of = Csr::default();
    for set in (0..).take(sets.len()) {
        // The root is the lowest of its component, so it comes first.
        let root = union.root(set);
        if root == set {
            numbers[set as usize] = count;
            count += 1;
        }
        component_of.push([numbers[root as usize]]);
    }
    component_of.transposed(count as usize)
}
