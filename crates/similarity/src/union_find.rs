//! Who belongs together, learnt pair by pair.

/// Numbers that are joined into ever larger sets.
pub(crate) struct UnionFind {
    parents: Vec<u32>,
}

impl UnionFind {
    pub(crate) fn new(len: usize) -> Self {
        Self {
            parents: (0..).take(len).collect(),
        }
    }

    /// Returns the number that stands for the set of `member`.
    pub(crate) fn root(&mut self, mut member: u32) -> u32 {
        while self.parents[member as usize] != member {
            let grandparent = self.parents[self.parents[member as usize] as usize];
            self.parents[member as usize] = grandparent;
            member = grandparent;
        }
        member
    }

    /// Joins two sets, which the lower of their roots stands for from now on.
    pub(crate) fn join_to_lower(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b) as usize] = a.min(b);
    }

    /// Has `root` stand for the set of `member`.
    pub(crate) fn join_under(&mut self, member: u32, root: u32) {
        self.parents[member as usize] = root;
    }
}
