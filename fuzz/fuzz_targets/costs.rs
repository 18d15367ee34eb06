//! Prices, totals and scenarios of a cost. What is read can be computed with: no figure is less than nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_costmodel::{Prices, RedundancyScenario, Totals};

fuzz_target!(|text: &str| {
    let _ = Prices::from_yaml("fuzz.yaml", text);
    let _ = Totals::from_yaml("fuzz.yaml", text);
    let Ok(scenario) = RedundancyScenario::from_yaml("fuzz.yaml", text) else {
        return;
    };
    if let Ok(cluster) = scenario.cluster(&Prices::builtin()) {
        let redundancy = scenario.redundancy(&cluster);
        for cost in [&redundancy.best, &redundancy.worst] {
            assert!(cost.seconds.low >= 0.0 && cost.seconds.low <= cost.seconds.high);
        }
    }
});
