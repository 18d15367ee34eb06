//! The tree of a cluster map.

use pullstudy_similarity::{Dendrogram, Merge};

use super::super::canvas::{Canvas, GREY, RULE};
use super::layout::Layout;

/// What lies closer together is drawn as one, in parts of the side.
const NARROWEST: f64 = 1.0 / 400.0;

/// In a tree of more leaves these hang from where they join, and do not stand on the ground.
const MAX_STANDING: usize = 200;
const DENSE: &str = "Single images hang from where they join a cluster; clusters too narrow to be seen are drawn as one image.";

/// How far they hang, in parts of the height.
const HANG: f64 = 0.06;

/// A tree that is drawn. Merges of the same height that follow one another are one fork with more than two arms: which of
/// them came first is chance.
pub(super) struct Tree {
    forks: Vec<Fork>,
    height: f64,
    is_dense: bool,
}

/// Clusters that come together.
struct Fork {
    height: f64,
    /// Where each arm begins: across from 0 to 1, and up.
    arms: Vec<(f64, f64)>,
}

/// A leaf or a merge, while the tree is being put together.
struct Node {
    height: f64,
    /// First and last leaf in the order.
    first: usize,
    last: usize,
    /// What comes together here; empty for leaves, and for merges that are part of a fork further up.
    children: Vec<usize>,
}

impl Tree {
    /// Puts the leaves in order; `None` if that is an order in which not every cluster lies together.
    pub(super) fn of(tree: &Dendrogram, order: &[usize]) -> Option<Self> {
        let mut nodes = leaves(tree.leaves(), order)?;
        for merge in tree.merges() {
            let node = join(&mut nodes, merge)?;
            nodes.push(node);
        }
        // Of identical images all heights are 0; they still have a tree.
        let highest = tree.merges().last().map_or(0.0, |merge| merge.height);
        Some(Self {
            forks: forks(&mut nodes, order.len() as f64),
            height: if highest > 0.0 { highest } else { 1.0 },
            is_dense: order.len() > MAX_STANDING,
        })
    }

    /// Returns how high the picture of the tree is: the distance at its top.
    pub(super) fn height(&self) -> f64 {
        self.height
    }

    /// Says how to read a tree whose leaves do not stand on the ground.
    pub(super) fn note(&self) -> Option<&'static str> {
        self.is_dense.then_some(DENSE)
    }

    /// Draws the tree at the top and at the left.
    pub(super) fn draw(&self, canvas: &mut Canvas, layout: &Layout) {
        let lines: Vec<_> = self
            .forks
            .iter()
            .flat_map(|fork| self.lines(fork))
            .collect();
        let color = if self.is_dense { RULE } else { GREY };
        let above = lines.iter();
        let above = above.map(|line| line.map(|(across, up)| layout.above(across, up)));
        canvas.strokes(above, color, 1.0);
        let beside = lines.iter();
        let beside = beside.map(|line| line.map(|(down, out)| layout.beside(down, out)));
        canvas.strokes(beside, color, 1.0);
    }

    /// Returns the lines of a fork, in parts of width and height.
    fn lines(&self, fork: &Fork) -> Vec<[(f64, f64); 2]> {
        let up = fork.height / self.height;
        let arm = |&(across, from): &(f64, f64)| {
            // Thousands of lines down to the leaves would be a dark mass.
            let hangs = self.is_dense && from == 0.0;
            let from = if hangs {
                (up - HANG).max(0.0)
            } else {
                from / self.height
            };
            [(across, from), (across, up)]
        };
        let mut lines: Vec<_> = fork.arms.iter().map(arm).collect();
        if let (Some(first), Some(last)) = (fork.arms.first(), fork.arms.last()) {
            lines.push([(first.0, up), (last.0, up)]);
        }
        lines
    }
}

/// Returns the leaves with their places, if each has one.
fn leaves(count: usize, order: &[usize]) -> Option<Vec<Node>> {
    let mut places = vec![None; count];
    for (place, &leaf) in order.iter().enumerate() {
        if places.get_mut(leaf)?.replace(place).is_some() {
            return None;
        }
    }
    let leaf = |place: Option<usize>| {
        Some(Node {
            height: 0.0,
            first: place?,
            last: place?,
            children: Vec::new(),
        })
    };
    places.into_iter().map(leaf).collect()
}

/// Joins two nodes that lie side by side, and takes over what came together at the same height.
fn join(nodes: &mut [Node], merge: &Merge) -> Option<Node> {
    let (first, last) = {
        let [left, right] = [merge.left, merge.right].map(|node| &nodes[node]);
        let (near, far) = if left.first < right.first {
            (left, right)
        } else {
            (right, left)
        };
        (near.last + 1 == far.first).then_some((near.first, far.last))?
    };
    let mut children = Vec::new();
    for side in [merge.left, merge.right] {
        let node = &mut nodes[side];
        if node.height == merge.height && !node.children.is_empty() {
            let mut taken = std::mem::take(&mut node.children);
            // The longer list is kept: chains of merges are long on one side.
            if taken.len() > children.len() {
                std::mem::swap(&mut taken, &mut children);
            }
            children.append(&mut taken);
        } else {
            children.push(side);
        }
    }
    Some(Node {
        height: merge.height,
        first,
        last,
        children,
    })
}

/// Returns the forks that are wide enough to be seen.
fn forks(nodes: &mut [Node], leaves: f64) -> Vec<Fork> {
    let mut forks = Vec::new();
    // Where each node stands, and how high what is drawn of it is.
    let mut drawn: Vec<(f64, f64)> = Vec::with_capacity(nodes.len());
    for node in 0..nodes.len() {
        let mut children = std::mem::take(&mut nodes[node].children);
        let Node {
            first,
            last,
            height,
            ..
        } = nodes[node];
        let middle = (first + last + 1) as f64 / 2.0 / leaves;
        if children.is_empty() || ((last - first) as f64) < NARROWEST * leaves {
            drawn.push((middle, 0.0));
            continue;
        }
        children.sort_unstable_by_key(|&child| nodes[child].first);
        let arms = apart(children.iter().map(|&child| drawn[child]));
        drawn.push(((arms[0].0 + arms[arms.len() - 1].0) / 2.0, height));
        forks.push(Fork { height, arms });
    }
    forks
}

/// Leaves arms out that stand where another is, but the last.
fn apart(arms: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut apart: Vec<(f64, f64)> = Vec::new();
    for arm in arms {
        match apart.last_mut() {
            // The one that reaches further down hides the other.
            Some(other) if arm.0 - other.0 < NARROWEST => other.1 = other.1.min(arm.1),
            _ => apart.push(arm),
        }
    }
    apart
}
