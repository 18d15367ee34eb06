//! The nearest pattern that fits a path.

use std::collections::HashSet;
use std::path::Path;

use super::Layout;
use super::part::Part;

/// How many changes are tried one upon the other: what is further away explains nothing.
const CHANGES: usize = 3;

/// Takes what is left of the pattern; else of the default, which says something of nearly every path.
pub(super) fn nearest(layout: &Layout, path: &Path) -> Option<Layout> {
    nearest_to(layout, path).or_else(|| nearest_to(&Layout::default(), path))
}

/// Tries all patterns by the number of changes, and takes the first of those that keep the most names.
fn nearest_to(layout: &Layout, path: &Path) -> Option<Layout> {
    let mut best: Option<Layout> = None;
    for candidate in within_reach(layout) {
        let kept = best.as_ref().map_or(0, names);
        if names(&candidate) > kept && candidate.fit(path).is_some() {
            best = Some(candidate);
        }
    }
    best
}

/// The pattern and what a few changes make of it, those with fewer changes first.
fn within_reach(layout: &Layout) -> Vec<Layout> {
    let mut reached = vec![layout.clone()];
    let mut seen = HashSet::from([layout.to_string()]);
    let mut start = 0;
    for _ in 0..CHANGES {
        let changed: Vec<Layout> = reached[start..].iter().flat_map(changes).collect();
        start = reached.len();
        let new = changed
            .into_iter()
            .filter(|layout| seen.insert(layout.to_string()));
        reached.extend(new);
    }
    reached
}

fn names(layout: &Layout) -> usize {
    layout.parts.iter().flat_map(Part::names).count()
}

/// The patterns one change away: a `*` behind a part, without the first or the last part, a name without the text
/// around it, a `*` for a part.
fn changes(layout: &Layout) -> Vec<Layout> {
    let parts = &layout.parts;
    let longer = (1..=parts.len()).rev().map(|position| {
        let mut parts = parts.clone();
        parts.insert(position, Part::any());
        parts
    });
    let ends = [1..parts.len(), 0..parts.len() - 1];
    let shorter = ends.into_iter().filter(|rest| !rest.is_empty());
    let shorter = shorter.map(|rest| parts[rest].to_vec());
    let barer = (0..parts.len()).flat_map(|position| {
        let names = parts[position].names();
        names.map(move |name| with(parts, position, Part::named(name)))
    });
    let looser = (0..parts.len()).map(|position| with(parts, position, Part::any()));
    longer
        .chain(shorter)
        .chain(barer)
        .chain(looser)
        .map(|parts| Layout { parts })
        .collect()
}

fn with(parts: &[Part], position: usize, part: Part) -> Vec<Part> {
    let mut parts = parts.to_vec();
    parts[position] = part;
    parts
}
