//! Whether a machine that pulls faster is worth its price.

/// What pulls take on a machine type, and what that costs.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MachineSide {
    /// Pulls, or other pieces of work of one kind.
    pub pulls: usize,
    /// Seconds of all together.
    pub seconds: f64,
    /// USD an hour of one machine.
    pub usd_per_hour: f64,
}

/// Two machine types that do the same, side by side.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MachineChoice {
    /// How many times faster the second is: seconds a pull of the first by those of the second.
    pub speed_up: f64,
    /// How many times as much an hour of the second costs.
    pub price_ratio: f64,
    /// How many times as much a pull on the second costs: `price_ratio / speed_up`. Below 1 it is worth its price.
    pub cost_ratio: f64,
    /// USD a pull on the first.
    pub usd_per_pull_a: f64,
    /// USD a pull on the second.
    pub usd_per_pull_b: f64,
}

impl MachineSide {
    /// Puts together what is known of one machine type.
    #[must_use]
    pub fn new(pulls: usize, seconds: f64, usd_per_hour: f64) -> Self {
        Self {
            pulls,
            seconds,
            usd_per_hour,
        }
    }

    fn seconds_per_pull(&self) -> f64 {
        self.seconds / self.pulls as f64
    }

    fn usd_per_pull(&self) -> f64 {
        crate::bill::node_cost_usd(self.seconds_per_pull(), self.usd_per_hour)
    }
}

impl MachineChoice {
    /// Compares two machine types; `None` unless both have pulls, seconds and a price above 0.
    ///
    /// # Examples
    ///
    /// ```
    /// use pullstudy_costmodel::{MachineChoice, MachineSide};
    ///
    /// // The published study: the same pulls on four n1-standard-16, then on four n1-standard-64.
    /// let a = MachineSide::new(1, 3254.424793243408, 0.76);
    /// let b = MachineSide::new(1, 3164.1695561408997, 3.03);
    /// let choice = MachineChoice::of(&a, &b).ok_or("nothing to compare")?;
    /// assert!((choice.speed_up - 1.0285).abs() < 1e-4);
    /// assert!((choice.cost_ratio - 3.8763).abs() < 1e-4);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn of(a: &MachineSide, b: &MachineSide) -> Option<Self> {
        let is_known =
            |side: &MachineSide| side.pulls > 0 && side.seconds > 0.0 && side.usd_per_hour > 0.0;
        if !is_known(a) || !is_known(b) {
            return None;
        }
        let (usd_per_pull_a, usd_per_pull_b) = (a.usd_per_pull(), b.usd_per_pull());
        Some(Self {
            speed_up: a.seconds_per_pull() / b.seconds_per_pull(),
            price_ratio: b.usd_per_hour / a.usd_per_hour,
            cost_ratio: usd_per_pull_b / usd_per_pull_a,
            usd_per_pull_a,
            usd_per_pull_b,
        })
    }
}
