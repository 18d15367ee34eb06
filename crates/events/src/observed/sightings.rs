//! Which events were seen, and what their reasons are.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::identity::EventId;
use crate::keyed_hash::KeyedHash;

/// Every event that was seen, with its reason.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    numbers: HashMap<Arc<str>, u32, KeyedHash>,
    /// Which event, and the number of its reason.
    seen: Vec<(EventId, u32)>,
}

impl Sightings {
    pub(super) fn add(&mut self, event: EventId, reason: &str) {
        let number = match self.numbers.get(reason) {
            Some(&number) => number,
            None => self.number(reason.into()),
        };
        self.seen.push((event, number));
    }

    fn number(&mut self, reason: Arc<str>) -> u32 {
        let next = u32::try_from(self.numbers.len()).expect("there are fewer than 2^32 reasons");
        *self.numbers.entry(reason).or_insert(next)
    }

    /// Returns what was seen in all logs together, each event once.
    pub(crate) fn of_all(logs: &[Self]) -> Self {
        let mut all = Self::default();
        for log in logs {
            all.append(log);
        }
        all.make_distinct();
        all
    }

    /// Adds what was seen in another log.
    fn append(&mut self, other: &Self) {
        let mut numbers = vec![0; other.numbers.len()];
        for (reason, &number) in &other.numbers {
            numbers[number as usize] = self.number(Arc::clone(reason));
        }
        let renumbered = |&(event, reason): &(EventId, u32)| (event, numbers[reason as usize]);
        self.seen.extend(other.seen.iter().map(renumbered));
    }

    /// Takes repeats out of the list: each event stays once.
    pub(crate) fn make_distinct(&mut self) {
        let mut reasons: Vec<_> = self.numbers.iter_mut().collect();
        reasons.sort_unstable_by(|a, b| a.0.cmp(b.0));
        let mut ranks = vec![0; reasons.len()];
        for (rank, (_, number)) in (0..).zip(reasons) {
            ranks[*number as usize] = rank;
            *number = rank;
        }
        for (_, reason) in &mut self.seen {
            *reason = ranks[*reason as usize];
        }
        // Of an event that is told with two reasons, the first by the alphabet: which was heard of first is chance.
        // What comes from several logs is sorted in parts, which this sort makes use of.
        self.seen.sort();
        self.seen.dedup_by_key(|(event, _)| *event);
    }

    /// Returns how many events are in the list.
    pub(crate) fn count(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Returns how many events of the list have each reason.
    pub(crate) fn by_reason(&self) -> BTreeMap<String, u64> {
        let mut counts = vec![0_u64; self.numbers.len()];
        for &(_, reason) in &self.seen {
            counts[reason as usize] += 1;
        }
        let numbers = self.numbers.iter();
        numbers
            .map(|(reason, &number)| (reason.to_string(), counts[number as usize]))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_count_once_whatever_the_order() {
        let seen = [
            (3, "Pulled"),
            (1, "Created"),
            (3, "Pulled"),
            (2, "Created"),
            (3, "Failed"),
        ];
        let mut forward = Sightings::default();
        let mut logs = [Sightings::default(), Sightings::default()];
        for (event, reason) in seen {
            forward.add(event, reason);
        }
        for (position, (event, reason)) in seen.into_iter().rev().enumerate() {
            logs[position % 2].add(event, reason);
        }
        forward.make_distinct();
        for log in &mut logs {
            log.make_distinct();
        }
        let together = Sightings::of_all(&logs);
        let expected = [("Created", 2), ("Failed", 1), ("Pulled", 0)];
        let expected = expected.map(|(reason, count)| (reason.to_owned(), count));
        for sightings in [forward, together] {
            assert_eq!(sightings.by_reason(), expected.clone().into());
            assert_eq!(sightings.count(), 3);
        }
    }
}
