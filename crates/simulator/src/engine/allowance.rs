//! What comes back with time and is used up: requests that a registry answers, pulls that a kubelet allows.

/// A token bucket: so many a second, and so many at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    per_second: f64,
    most: f64,
    left: f64,
    at: f64,
}

impl Allowance {
    /// Starts full.
    pub(crate) fn new(per_second: f64, most: f64) -> Self {
        Self {
            per_second,
            most,
            left: most,
            at: 0.0,
        }
    }

    /// Takes `count` if there are so many, and tells whether there were.
    ///
    /// More than the bucket holds are let through when it is full: else they would never be.
    pub(crate) fn take(&mut self, now: f64, count: f64) -> bool {
        self.left = (self.left + (now - self.at).max(0.0) * self.per_second).min(self.most);
        self.at = now;
        // Filling up to one is a sum of many small doubles.
        let is_enough = self.left + 1e-9 >= count.min(self.most);
        if is_enough {
            self.left = (self.left - count).max(0.0);
        }
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_comes_back() {
        let mut allowance = Allowance::new(2.0, 3.0);
        let taken: Vec<bool> = [0.0, 0.0, 0.0, 0.0, 0.4, 0.5, 0.6, 100.0]
            .map(|now| allowance.take(now, 1.0))
            .to_vec();
        assert_eq!(taken, [true, true, true, false, false, true, false, true]);
    }

    #[test]
    fn more_than_it_holds_passes_when_it_is_full() {
        let mut allowance = Allowance::new(1.0, 2.0);
        assert!(allowance.take(0.0, 5.0));
        assert!(!allowance.take(1.0, 5.0));
        assert!(allowance.take(2.0, 5.0));
    }
}
