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
    /// Seconds without work until `free_at`.
    idle_seconds: f64,
    /// Of those, all up to here have been used for what was written behind.
    idle_used: f64,
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
            idle_seconds: 0.0,
            idle_used: 0.0,
        }
    }

    /// Takes bytes to write at `asked_at`, and returns when they are being written and when they are.
    ///
    /// Writes are served in the order in which they are asked for. What was idle gains credit.
    pub(crate) fn write(&mut self, asked_at: f64, bytes: f64) -> (f64, f64) {
        let starts_at = self.free_at.max(asked_at);
        let idle = starts_at - self.free_at;
        self.idle_seconds += idle;
        self.credit = (self.credit + idle * self.sustained).min(self.most_credit);
        self.free_at = starts_at + self.spend(bytes);
        (starts_at, self.free_at)
    }

    /// Seconds in which the disk had nothing to do, up to `now`.
    pub(crate) fn idle_seconds(&self, now: f64) -> f64 {
        self.idle_seconds + (now - self.free_at).max(0.0)
    }

    /// Takes bytes that have come bit by bit until `now`, since the disk had been idle for `idle_at_start` seconds: as many
    /// as fit into the time in which it was idle since then are written already. Returns as [`write`](Self::write).
    pub(crate) fn write_behind(&mut self, idle_at_start: f64, now: f64, bytes: f64) -> (f64, f64) {
        let free = self.idle_seconds(now) - idle_at_start.max(self.idle_used);
        let mut ahead = *self;
        let seconds = ahead.spend(bytes);
        let done_share = if seconds > 0.0 {
            (free / seconds).clamp(0.0, 1.0)
        } else {
            1.0
        };
        self.idle_used = idle_at_start.max(self.idle_used) + seconds * done_share;
        self.spend(bytes * done_share);
        // It was not idle while it wrote these: they brought no credit.
        self.credit = (self.credit - seconds * done_share * self.sustained).max(0.0);
        if done_share == 1.0 {
            return (now - seconds.min(now), now);
        }
        self.write(now, bytes * (1.0 - done_share))
    }

    /// Takes the credit for bytes, and returns the seconds that they take.
    fn spend(&mut self, bytes: f64) -> f64 {
        let fast_bytes = bytes.min(self.fast_bytes());
        self.credit -= fast_bytes * (1.0 - self.sustained / self.burst);
        fast_bytes / self.burst + (bytes - fast_bytes) / self.sustained
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
    fn what_came_while_it_was_idle_is_written() {
        let mut disk = Disk::new(100.0, 100.0, 0.0);
        let idle = disk.idle_seconds(0.0);
        // 10 seconds of download, of which an unpacking took 4.
        disk.write(2.0, 400.0);
        let (_, done) = disk.write_behind(idle, 10.0, 600.0);
        assert!(close(done, 10.0), "{done}");
        // Another that came in the same time finds none of it left.
        let (_, done) = disk.write_behind(idle, 10.0, 300.0);
        assert!(close(done, 13.0), "{done}");
    }

    #[test]
    fn without_a_burst_it_is_a_plain_rate() {
        let mut disk = Disk::new(50.0, 50.0, 0.0);
        assert!(close(disk.write(0.0, 100.0).1, 2.0));
        assert!(close(disk.write(0.0, 100.0).1, 4.0));
    }
}
