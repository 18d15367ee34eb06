//! What the strategy of an experiment costs, however often it is used.

use std::str::FromStr;

use pullstudy_console::UsageError;

/// More than any strategy costs, and few enough for every sum.
const MAX_USD: f64 = 1e9;

/// An experiment, and what its strategy costs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FixedCost {
    pub(super) experiment: String,
    pub(super) usd: f64,
}

impl FromStr for FixedCost {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || format!("{text:?} is no cost: write EXPERIMENT=USD, such as cache=500");
        // Names of folders may have an equals sign in them, amounts have none.
        let (experiment, usd) = text.rsplit_once('=').ok_or_else(form)?;
        let usd: f64 = usd.parse().map_err(|_| form())?;
        if experiment.is_empty() {
            return Err(form());
        }
        if !(0.0..=MAX_USD).contains(&usd) {
            return Err(format!(
                "{text:?} is no cost: USD must be from 0 to {MAX_USD}"
            ));
        }
        Ok(Self {
            experiment: experiment.to_owned(),
            usd,
        })
    }
}

/// A cost that would be told of nothing is a slip.
pub(super) fn check(
    costs: &[FixedCost],
    experiments: &[&str],
    baseline: Option<&str>,
) -> Result<(), UsageError> {
    for (position, cost) in costs.iter().enumerate() {
        let FixedCost { experiment, usd } = cost;
        let problem = if !experiments.contains(&experiment.as_str()) {
            let there = match experiments {
                [] => "no experiment".to_owned(),
                some => some.join(", "),
            };
            format!("there are no pulls of {experiment}; there are those of {there}")
        } else if baseline == Some(experiment) {
            format!(
                "{experiment} is what the others are compared with; name another experiment with --baseline"
            )
        } else if costs[..position]
            .iter()
            .any(|before| before.experiment == *experiment)
        {
            format!("{experiment} has a cost already; give one for each experiment")
        } else {
            continue;
        };
        return Err(UsageError(format!(
            "--fixed-cost {experiment}={usd}: {problem}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_an_experiment_and_dollars() {
        let cost: FixedCost = "cache=12.5".parse().unwrap();
        assert_eq!((cost.experiment.as_str(), cost.usd), ("cache", 12.5));
        let odd: FixedCost = "size=4=0".parse().unwrap();
        assert_eq!((odd.experiment.as_str(), odd.usd), ("size=4", 0.0));
        for slip in [
            "cache",
            "cache=",
            "=5",
            "cache=-1",
            "cache=NaN",
            "cache=2e9",
            "cache=5USD",
        ] {
            let error = slip.parse::<FixedCost>().unwrap_err();
            assert!(
                error.starts_with(&format!("{slip:?} is no cost: ")),
                "{error}"
            );
        }
    }

    #[test]
    fn costs_of_nothing_and_costs_twice_are_slips() {
        let problem = |costs: &[&str]| {
            let costs: Vec<FixedCost> = costs.iter().map(|cost| cost.parse().unwrap()).collect();
            check(&costs, &["as-is", "cache"], Some("as-is"))
                .err()
                .map(|error| error.0)
        };
        assert_eq!(problem(&["cache=1"]), None);
        let said = |costs: &[&str]| problem(costs).unwrap();
        assert!(
            said(&["cash=1"])
                .contains("there are no pulls of cash; there are those of as-is, cache")
        );
        assert!(said(&["as-is=1"]).contains("--baseline"));
        assert!(said(&["cache=1", "cache=2"]).contains("has a cost already"));
    }
}
