//! A sizes file, and what is planned from it: where a plan is made, its sums are those that were asked for.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_crafter::{Method, Plan, PlanOptions, SizesFile};

/// More cells than this take seconds, which is no finding.
const MOST_CELLS: usize = 400;

fuzz_target!(|text: &str| {
    let Ok(sizes) = SizesFile::parse("fuzz.yaml", text) else {
        return;
    };
    if sizes.entries.len() * sizes.layer_counts.len().max(1) > MOST_CELLS {
        return;
    }
    for method in [Method::Exact, Method::Published] {
        let options = PlanOptions {
            seed: 7,
            repository: "localhost/fuzz".parse().expect("it is a reference"),
            method,
            base: None,
        };
        let Ok(plan) = Plan::new(&sizes, &options) else {
            continue;
        };
        for image in &plan.images {
            for platform in &image.platforms {
                let _ = (platform.wire_bytes(), platform.unpacked_bytes());
            }
        }
    }
});
