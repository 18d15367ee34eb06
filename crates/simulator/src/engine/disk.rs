//! A node's disk: one write after the other, fast as long as there is credit.

/// Bytes a second for ever, and perhaps more for a while.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk {
    sustained: f64,
    /// Rate as long as there is credit; equal to `sustained` where there is none.
    burst: f64,
    /// Bytes that may be written above the sustained rate.
    credit: f64,
    most_credit: f64,
    free_at: f64,
}

impl Disk {
    /// Starts idle, with all its credit: `burst_bytes` can be written at `burst` from there.
    pub(crate) fn new(sustained: f64, burst: f64, burst_bytes: f64) -> Self {
        // While it writes at the burst's rate, the sustained one comes back.
        let credit = burst_bytes * (1.0 - sustained / burst);
        Self {
            sustained,
            burst,
            credit,
            most_credit: credit,
            free_at: 0.0,
        }
    }

    /// Takes bytes that were there to write since `asked_at`, and returns when they are being written and when they are.
    ///
    /// Writes are served in the order in which they are asked for. What was idle gains credit.
    pub(crate) fn write(&mut self, asked_at: f64, bytes: f64) -> (f64, f64) {
        let starts_at = self.free_at.max(asked_at);
        self.credit =
            (self.credit + (starts_at - self.free_at) * self.sustained).min(self.most_credit);
        let fast_bytes = bytes.min(self.fast_bytes());
        let seconds = fast_bytes / self.burst + (bytes - fast_bytes) / self.sustained;
        self.credit -= fast_bytes * (1.0 - self.sustained / self.burst);
        self.free_at = starts_at + seconds;
        (starts_at, self.free_at)
    }

    /// Bytes that the credit lasts for at the burst's rate.
    fn fast_bytes(&self) -> f64 {
        if self.burst > self.sustained {
            self.credit.max(0.0) / (1.0 - self.sustained / self.burst)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9 * right.abs().max(1.0)
    }

    #[test]
    fn the_studys_aws_disk_slows_down_after_seven_gigabytes() {
        let mut disk = Disk::new(131e6, 335e6, 7e9);
        let (_, done) = disk.write(0.0, 10e9);
        assert!(close(done, 7e9 / 335e6 + 3e9 / 131e6), "{done}");
    }

    #[test]
    fn rest_brings_the_burst_back() {
        let mut disk = Disk::new(100.0, 200.0, 1000.0);
        let (_, done) = disk.write(0.0, 1000.0);
        assert!(close(done, 5.0), "{done}");
        // The credit of 500 bytes is back after 5 idle seconds.
        let (starts, done) = disk.write(10.0, 1000.0);
        assert!(close(starts, 10.0) && close(done, 15.0), "{starts} {done}");
        let (starts, done) = disk.write(11.0, 100.0);
        assert!(close(starts, 15.0) && close(done, 16.0), "{starts} {done}");
    }

    #[test]
    fn without_a_burst_it_is_a_plain_rate() {
        let mut disk = Disk::new(50.0, 50.0, 0.0);
        assert!(close(disk.write(0.0, 100.0).1, 2.0));
        assert!(close(disk.write(0.0, 100.0).1, 4.0));
    }
}
