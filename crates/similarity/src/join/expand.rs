//! From pairs of different sets back to pairs of all sets.

use std::sync::mpsc::SyncSender;

use super::Pair;
use crate::sets::csr::Csr;

/// How many pairs travel together.
const LOT: usize = 4096;

/// Hands on the pairs that stand behind a pair of groups of identical sets.
pub(super) struct Expansion<'a> {
    groups: &'a Csr,
    lot: Vec<Pair>,
    out: SyncSender<Vec<Pair>>,
}

impl<'a> Expansion<'a> {
    pub(super) fn new(groups: &'a Csr, out: SyncSender<Vec<Pair>>) -> Self {
        let lot = Vec::with_capacity(LOT);
        Self { groups, lot, out }
    }

    /// Hands on the pairs within one group.
    pub(super) fn identical(&mut self, group: u32) {
        let members = self.groups.get(group as usize);
        for (at, &a) in members.iter().enumerate() {
            for &b in &members[at + 1..] {
                self.push(a, b, 1.0);
            }
        }
    }

    /// Hands on the pairs between two groups.
    pub(super) fn pair(&mut self, one: u32, other: u32, similarity: f64) {
        for &a in self.groups.get(one as usize) {
            for &b in self.groups.get(other as usize) {
                self.push(a.min(b), a.max(b), similarity);
            }
        }
    }

    /// Hands on what is left.
    pub(super) fn send(&mut self) {
        let lot = std::mem::replace(&mut self.lot, Vec::with_capacity(LOT));
        // Fails only where the receiver panicked, and then that is the error to be seen.
        let _ = self.out.send(lot);
    }

    fn push(&mut self, a: u32, b: u32, similarity: f64) {
        self.lot.push(Pair { a, b, similarity });
        if self.lot.len() == LOT {
            self.send();
        }
    }
}
