//! Many short lists of numbers in two vectors.

/// Lists of numbers, one after the other: no allocation and no pointer a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Csr {
    /// Where each list begins, and where the last one ends.
    offsets: Vec<usize>,
    numbers: Vec<u32>,
}

impl Default for Csr {
    fn default() -> Self {
        Self {
            offsets: vec![0],
            numbers: Vec::new(),
        }
    }
}

impl Csr {
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Returns how many numbers there are in all lists together.
    pub(crate) fn total(&self) -> usize {
        self.numbers.len()
    }

    pub(crate) fn get(&self, list: usize) -> &[u32] {
        &self.numbers[self.offsets[list]..self.offsets[list + 1]]
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.offsets
            .windows(2)
            .map(|bounds| &self.numbers[bounds[0]..bounds[1]])
    }

    pub(crate) fn push(&mut self, list: impl IntoIterator<Item = u32>) {
        self.numbers.extend(list);
        self.offsets.push(self.numbers.len());
    }

    /// Sorts the last list, drops what it holds twice, and returns how many that were.
    pub(crate) fn make_last_a_set(&mut self) -> usize {
        let start = self.offsets[self.len() - 1];
        let before = self.numbers.len();
        let last = &mut self.numbers[start..];
        last.sort_unstable();
        let mut kept = start;
        for at in start..before {
            if at == start || self.numbers[at] != self.numbers[kept - 1] {
                self.numbers[kept] = self.numbers[at];
                kept += 1;
            }
        }
        self.numbers.truncate(kept);
        *self.offsets.last_mut().expect("there is always an end") = kept;
        before - kept
    }

    /// Takes the last list away.
    pub(crate) fn pop(&mut self) {
        self.offsets.pop();
        let end = *self.offsets.last().expect("only a pushed list is popped");
        self.numbers.truncate(end);
    }

    /// Gives memory back that was only needed while the lists grew.
    pub(crate) fn shrink(&mut self) {
        self.offsets.shrink_to_fit();
        self.numbers.shrink_to_fit();
    }

    /// Returns for each number below `numbers` the lists that hold it, in ascending order.
    pub(crate) fn transposed(&self, numbers: usize) -> Self {
        let mut offsets = vec![0; numbers + 1];
        for &number in &self.numbers {
            offsets[number as usize + 1] += 1;
        }
        for number in 0..numbers {
            offsets[number + 1] += offsets[number];
        }
        let mut next = offsets.clone();
        let mut lists = vec![0; self.numbers.len()];
        for (list, members) in (0..).zip(self.iter()) {
            for &number in members {
                lists[next[number as usize]] = list;
                next[number as usize] += 1;
            }
        }
        Self {
            offsets,
            numbers: lists,
        }
    }
}

impl FromIterator<Vec<u32>> for Csr {
    fn from_iter<I: IntoIterator<Item = Vec<u32>>>(lists: I) -> Self {
        let mut csr = Self::default();
        lists.into_iter().for_each(|list| csr.push(list));
        csr
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_turned_round() {
        let lists: Csr = [vec![0, 2], vec![], vec![2]].into_iter().collect();
        let turned: Csr = [vec![0], vec![], vec![0, 2]].into_iter().collect();
        assert_eq!(lists.transposed(3), turned);
        assert_eq!(lists.transposed(3).transposed(3), lists);
    }

    #[test]
    fn a_list_becomes_a_set_without_touching_the_one_before() {
        let mut lists = Csr::default();
        lists.push([9, 9]);
        lists.push([3, 1, 3, 3, 2]);
        assert_eq!(lists.make_last_a_set(), 2);
        assert_eq!(lists.get(0), [9, 9]);
        assert_eq!(lists.get(1), [1, 2, 3]);
        lists.pop();
        assert_eq!(lists.total(), 2);
    }
}
