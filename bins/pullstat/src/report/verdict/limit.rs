//! How much slower or dearer a start may be.

use std::str::FromStr;

use pullstudy_console::UsageError;

use super::change::Row;

/// A start may be slower or dearer by so much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) enum Limit {
    /// Per cent of the seconds it took before.
    Percent(f64),
    Seconds(f64),
    Usd(f64),
}

impl Limit {
    pub(super) fn is_exceeded_by(&self, row: &Row) -> bool {
        match *self {
            Self::Percent(most) => row.difference_percent().is_some_and(|more| more > most),
            Self::Seconds(most) => row.difference_seconds > most,
            Self::Usd(most) => row.difference_usd.is_some_and(|more| more > most),
        }
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::Percent(most) => format!("{most} %"),
            Self::Seconds(most) => format!("{most} s"),
            Self::Usd(most) => format!("{most} USD"),
        }
    }
}

/// A check that can never fail is none.
pub(super) fn check(limits: &[Limit], has_machine: bool) -> Result<(), UsageError> {
    match limits.iter().find(|limit| matches!(limit, Limit::Usd(_))) {
        Some(Limit::Usd(most)) if !has_machine => Err(UsageError(format!(
            "--fail-above {most}USD: without a machine there is no price; name it with --machine, such as --machine c2d-standard-112"
        ))),
        _ => Ok(()),
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || format!("{text:?} is no limit: write 5%, 10s or 2USD");
        let digits = text
            .find(|char: char| !(char.is_ascii_digit() || char == '.'))
            .ok_or_else(form)?;
        let (number, unit) = text.split_at(digits);
        let number: f64 = number.parse().map_err(|_| form())?;
        match unit.trim() {
            "%" => Ok(Self::Percent(number)),
            "s" => Ok(Self::Seconds(number)),
            "USD" | "usd" => Ok(Self::Usd(number)),
            _ => Err(form()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_a_unit() {
        assert_eq!("5%".parse(), Ok(Limit::Percent(5.0)));
        assert_eq!("0.5 %".parse(), Ok(Limit::Percent(0.5)));
        assert_eq!("10s".parse(), Ok(Limit::Seconds(10.0)));
        assert_eq!("2USD".parse(), Ok(Limit::Usd(2.0)));
        for text in ["", "5", "-5%", "%", "1e3s", "5m", "."] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }

    #[test]
    fn money_needs_a_price() {
        assert!(check(&[Limit::Usd(2.0)], false).is_err());
        assert!(check(&[Limit::Usd(2.0)], true).is_ok());
        assert!(check(&[Limit::Seconds(2.0)], false).is_ok());
    }
}
