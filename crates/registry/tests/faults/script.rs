//! At which request which fault strikes.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::dice::Dice;
use crate::fault::{self, Fault};
use crate::step::Step;

/// A fault that strikes from one request of a kind on, once or more.
#[derive(Clone, Debug)]
pub(crate) struct Strike {
    step: Step,
    /// So many requests of the kind pass before.
    after: u32,
    /// How often it strikes; `None` is for ever.
    times: Option<u32>,
    pub(crate) fault: Fault,
}

impl Strike {
    pub(crate) fn draw(among: &[Step], dice: &mut Dice) -> Self {
        let step = *dice.pick(among);
        let fault = fault::draw(step, dice);
        let times = match dice.below(10) {
            0 => None,
            1 => Some(3),
            2 => Some(2),
            _ => Some(1),
        };
        let after = *dice.pick(&[0, 0, 0, 1, 2, 3]);
        Self {
            step,
            after,
            times,
            fault,
        }
    }

    /// How many tries it takes to get past it, if it can be got past.
    pub(crate) fn tries(&self) -> Option<u32> {
        // A digest that is wrong twice is wrong, and so is a new token that is refused.
        let once = matches!(self.fault, Fault::WrongByte | Fault::ExpiredToken);
        let times = self.times.filter(|&times| !once || times == 1);
        times.filter(|_| self.fault.passes(self.step))
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            step,
            after,
            times,
            fault,
        } = self;
        write!(f, "{fault:?} at {step:?} after {after} ")?;
        match times {
            Some(times) => write!(f, "{times} times"),
            None => write!(f, "for ever"),
        }
    }
}

/// All strikes of one host, and how far each has come.
#[derive(Debug, Default)]
pub(crate) struct Script {
    strikes: Mutex<Vec<Progress>>,
}

#[derive(Debug)]
struct Progress {
    strike: Strike,
    passed: u32,
    struck: u32,
}

impl Script {
    pub(crate) fn new(strikes: &[Strike]) -> Self {
        let progress = |strike: &Strike| Progress {
            strike: strike.clone(),
            passed: 0,
            struck: 0,
        };
        Self {
            strikes: Mutex::new(strikes.iter().map(progress).collect()),
        }
    }

    /// Returns what befalls the next request of a kind.
    pub(crate) fn strike(&self, step: Step) -> Option<Fault> {
        let mut strikes = self.strikes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = strikes
            .iter_mut()
            .filter(|progress| progress.strike.step == step);
        waiting.find_map(Progress::advance)
    }

    /// The faults that did strike.
    pub(crate) fn struck(&self) -> Vec<Fault> {
        let strikes = self.strikes.lock().unwrap_or_else(PoisonError::into_inner);
        let struck = strikes.iter().filter(|progress| progress.struck > 0);
        struck
            .map(|progress| progress.strike.fault.clone())
            .collect()
    }
}

impl Progress {
    fn advance(&mut self) -> Option<Fault> {
        if self.passed < self.strike.after {
            self.passed += 1;
            return None;
        }
        if self.strike.times.is_some_and(|times| self.struck >= times) {
            return None;
        }
        self.struck += 1;
        Some(self.strike.fault.clone())
    }
}
