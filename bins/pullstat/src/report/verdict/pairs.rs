//! Which experiments of two folders belong together.

use pullstudy_events::Pull;

use super::super::study::Study;

/// An experiment before and now.
pub(super) struct Pair {
    pub(super) name: String,
    pub(super) base: Vec<Pull>,
    pub(super) now: Vec<Pull>,
}

/// Returns experiments of the same name; where each folder has just one, those, whatever they are called. What has no
/// counterpart is told.
pub(super) fn of(base: &Study, now: &Study) -> (Vec<Pair>, Vec<String>) {
    let (before, after) = (base.experiments(), now.experiments());
    if before.len() <= 1 && after.len() <= 1 {
        let name = after.first().copied().unwrap_or("-").to_owned();
        let pair = Pair {
            name,
            base: base.pulls.clone(),
            now: now.pulls.clone(),
        };
        return (vec![pair], Vec::new());
    }
    let pairs = after.iter().filter(|name| before.contains(name));
    let pair = |name: &&str| Pair {
        name: (*name).to_owned(),
        base: base.of_experiment(name),
        now: now.of_experiment(name),
    };
    let pairs = pairs.map(pair).collect();
    let mut lines = alone(&before, &after, "before");
    lines.extend(alone(&after, &before, "now"));
    (pairs, lines)
}

fn alone(names: &[&str], others: &[&str], when: &str) -> Vec<String> {
    let alone = names.iter().filter(|name| !others.contains(name));
    alone
        .map(|name| {
            format!("experiment {name} is there only {when} and is not compared: experiments are compared by name")
        })
        .collect()
}
