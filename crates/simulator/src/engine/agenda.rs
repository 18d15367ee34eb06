//! What will happen when.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Things to come, by their moment; of one moment, in the order in which they were put down.
#[derive(Debug)]
pub(crate) struct Agenda<E> {
    entries: BinaryHeap<Entry<E>>,
    written: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at: f64,
    number: u64,
    event: E,
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_moment = other.at.total_cmp(&self.at);
        by_moment.then_with(|| other.number.cmp(&self.number))
    }
}

impl<E> Agenda<E> {
    pub(crate) fn new() -> Self {
        Self {
            entries: BinaryHeap::new(),
            written: 0,
        }
    }

    /// Puts down what happens at a moment, in seconds.
    pub(crate) fn put(&mut self, at: f64, event: E) {
        self.written += 1;
        self.entries.push(Entry {
            at,
            number: self.written,
            event,
        });
    }

    /// Returns the next moment.
    pub(crate) fn next(&self) -> Option<f64> {
        self.entries.peek().map(|entry| entry.at)
    }

    /// Takes what comes next, if it comes by `now`.
    pub(crate) fn take(&mut self, now: f64) -> Option<E> {
        self.next().filter(|&at| at <= now)?;
        self.entries.pop().map(|entry| entry.event)
    }
}
