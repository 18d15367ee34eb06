//! What holds whatever the scenario.

use proptest::prelude::*;
use pullstudy_simulator::{
    Image, Layer, Outcome, PullEnd, Scenario, Strategy as Change, UnpackOrder,
    direct_limit_seconds, simulate,
};

/// Any scenario of a few nodes and images, some layers of which they share.
fn scenarios() -> impl Strategy<Value = Scenario> {
    let layer = (
        0_u64..200_000_000,
        0_u64..500_000_000,
        0_u64..1000,
        prop::option::of(0_u8..3),
    );
    let images = prop::collection::vec(prop::collection::vec(layer, 1..7), 1..4);
    let numbers = (1_u32..12, 1_u32..5, 1_u32..4, any::<bool>(), any::<u64>());
    let rates = (
        1e7_f64..1e9,
        1e6_f64..2e9,
        1e6_f64..1e9,
        1e7_f64..1e9,
        1e7_f64..1e9,
    );
    let others = (0.0_f64..0.1, 0.0_f64..0.2, 0.0_f64..3.0, 0.0_f64..0.3);
    (images, numbers, rates, others).prop_map(|(images, numbers, rates, others)| {
        let mut scenario = Scenario::default();
        scenario.images = images
            .iter()
            .enumerate()
            .map(|(at, layers)| image(at, layers))
            .collect();
        (scenario.nodes, scenario.node.parallel_downloads) = (numbers.0, numbers.1);
        scenario.kubelet.parallel_pulls = numbers.2;
        if numbers.3 {
            scenario.node.unpack_order = UnpackOrder::AsTheyCome;
        }
        scenario.seed = numbers.4;
        scenario.node.link_bytes_per_second = rates.0;
        scenario.registry.bytes_per_second = rates.1;
        scenario.registry.connection_bytes_per_second = rates.2;
        scenario.node.inflate_bytes_per_second = Some(rates.3);
        scenario.node.disk.bytes_per_second = rates.4;
        scenario.registry.latency_seconds = others.0;
        scenario.node.layer_seconds = others.1;
        scenario.kubelet.start_spread_seconds = others.2;
        scenario.node.speed_spread = others.3;
        scenario
    })
}

type AnyLayer = (u64, u64, u64, Option<u8>);

fn image(number: usize, layers: &[AnyLayer]) -> Image {
    let layer = |&(wire, unpacked, files, shared): &AnyLayer| match shared {
        // A shared layer has one size.
        Some(shared) => Layer {
            wire_bytes: 50_000_000 * (u64::from(shared) + 1),
            unpacked_bytes: Some(100_000_000),
            files: 10,
            shared: Some(format!("shared-{shared}")),
        },
        None => Layer {
            wire_bytes: wire,
            unpacked_bytes: Some(unpacked),
            files,
            shared: None,
        },
    };
    Image::new(format!("app:{number}"), layers.iter().map(layer).collect())
}

fn total(outcome: &Outcome, name: &str) -> f64 {
    outcome
        .resource(name)
        .map_or(0.0, |resource| resource.total)
}

fn received(outcome: &Outcome) -> f64 {
    outcome
        .pulls
        .iter()
        .map(|pull| pull.received_bytes as f64)
        .sum()
}

fn near(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-6 * right.abs() + 100.0
}

/// What the kubelets' own draws decide is left alone: only what one scenario has more of than the other.
fn ends(scenario: &Scenario) -> f64 {
    simulate(scenario).unwrap().ended_at_seconds()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn bytes_received_are_bytes_sent(scenario in scenarios()) {
        let outcome = simulate(&scenario).unwrap();
        prop_assert!(near(total(&outcome, "registry"), received(&outcome)), "{} {}",
            total(&outcome, "registry"), received(&outcome));
    }

    #[test]
    fn with_failures_too(scenario in scenarios()) {
        let mut scenario = scenario;
        scenario.download_failure_probability = 0.2;
        scenario.kubelet.tries = 1000;
        let outcome = simulate(&scenario).unwrap();
        prop_assert!(outcome.pulls.iter().all(|pull| matches!(pull.end, PullEnd::Pulled | PullEnd::Present)));
        prop_assert!(near(total(&outcome, "registry"), received(&outcome)), "{} {}",
            total(&outcome, "registry"), received(&outcome));
    }

    #[test]
    fn a_cache_asks_once_for_each_layer(scenario in scenarios()) {
        let cached = "pull-through-cache".parse::<Change>().unwrap().applied_to(&scenario);
        let outcome = simulate(&cached).unwrap();
        let mut seen = std::collections::HashSet::new();
        let layers = scenario.images.iter().flat_map(|image| &image.layers);
        let distinct = layers.filter(|layer| layer.shared.as_ref().is_none_or(|name| seen.insert(name)));
        let bytes: f64 = distinct.map(|layer| layer.wire_bytes as f64).sum();
        prop_assert!(near(total(&outcome, "registry"), bytes), "{} {bytes}", total(&outcome, "registry"));
        prop_assert!(near(total(&outcome, "cache"), received(&outcome)));
    }

    #[test]
    fn peers_ask_once_for_each_layer(scenario in scenarios()) {
        let shared = "peer-to-peer".parse::<Change>().unwrap().applied_to(&scenario);
        let outcome = simulate(&shared).unwrap();
        prop_assert!(total(&outcome, "registry") <= received(&outcome) + 100.0);
        prop_assert!(near(total(&outcome, "peers"), received(&outcome)));
    }

    #[test]
    fn nothing_does_more_than_it_can(scenario in scenarios()) {
        let both = "pull-through-cache+peer-to-peer".parse::<Change>().unwrap();
        for scenario in [scenario.clone(), both.applied_to(&scenario)] {
            let outcome = simulate(&scenario).unwrap();
            let bounded = ["registry", "cache"].into_iter().filter_map(|name| outcome.resource(name));
            for resource in bounded {
                let Some(capacity) = resource.capacity else { continue };
                for (at, rate) in resource.timeline.rates() {
                    prop_assert!(rate <= capacity * (1.0 + 1e-9) + 1e-3, "{} {rate} at {at}", resource.resource);
                }
            }
        }
    }

    #[test]
    fn what_is_spent_adds_up(scenario in scenarios()) {
        let outcome = simulate(&scenario).unwrap();
        for pull in &outcome.pulls {
            let (spent, seconds) = (pull.spent.total_seconds(), pull.seconds());
            prop_assert!((spent - seconds).abs() < 1e-6 * seconds.max(1.0), "{spent} {seconds} {pull:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_outcome(scenario in scenarios()) {
        prop_assert_eq!(simulate(&scenario).unwrap(), simulate(&scenario).unwrap());
    }

    #[test]
    fn all_faster_by_a_factor_is_all_sooner_by_it(scenario in scenarios(), factor in 1.0_f64..10.0) {
        let mut plain = scenario;
        plain.registry.latency_seconds = 0.0;
        plain.node.layer_seconds = 0.0;
        plain.node.file_seconds = 0.0;
        plain.kubelet.start_spread_seconds = 0.0;
        let mut fast = plain.clone();
        fast.registry.bytes_per_second *= factor;
        fast.registry.connection_bytes_per_second *= factor;
        fast.node.link_bytes_per_second *= factor;
        fast.node.hash_bytes_per_second *= factor;
        fast.node.inflate_bytes_per_second = fast.node.inflate_bytes_per_second.map(|rate| rate * factor);
        fast.node.disk.bytes_per_second *= factor;
        let (slow, fast) = (ends(&plain), ends(&fast) * factor);
        prop_assert!((slow - fast).abs() < 1e-4 * slow.max(1e-3), "{slow} {fast}");
    }

    #[test]
    fn nothing_is_sooner_than_the_direct_limit(scenario in scenarios()) {
        let mut equal = scenario;
        equal.node.speed_spread = 0.0;
        equal.kubelet.start_spread_seconds = 0.0;
        let limit = direct_limit_seconds(&equal);
        prop_assert!(ends(&equal) >= limit * (1.0 - 1e-9), "{} {limit}", ends(&equal));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Equal nodes, one download slot: nothing can change its turn, so more of anything can only help. With several slots
    /// a faster network may let a later layer overtake, as in any list schedule (R. L. Graham, Bell Syst. Tech. J. 45,
    /// 1966), and one node's gain may be another's loss. A disk serves who comes first: bytes that come sooner over a faster
    /// network may be written before files that somebody waits for, so only the disk itself is made faster where it counts.
    #[test]
    fn more_bandwidth_is_never_slower(scenario in scenarios(), which in 0_usize..5, factor in 1.0_f64..20.0) {
        let mut plain = scenario;
        plain.node.speed_spread = 0.0;
        plain.kubelet.start_spread_seconds = 0.0;
        plain.node.parallel_downloads = 1;
        plain.kubelet.parallel_pulls = 1;
        plain.node.unpack_order = UnpackOrder::InOrder;
        if which < 4 {
            plain.node.disk.bytes_per_second = 1e15;
        }
        let mut more = plain.clone();
        match which {
            0 => more.registry.bytes_per_second *= factor,
            1 => more.registry.connection_bytes_per_second *= factor,
            2 => more.node.link_bytes_per_second *= factor,
            3 => more.node.inflate_bytes_per_second = more.node.inflate_bytes_per_second.map(|rate| rate * factor),
            _ => more.node.disk.bytes_per_second *= factor,
        }
        prop_assert!(ends(&more) <= ends(&plain) + 1e-6, "{} {}", ends(&more), ends(&plain));
    }

    /// With several slots, too, whoever waits for the last byte of all waits no longer when one layer is all there is.
    #[test]
    fn more_bandwidth_is_never_slower_for_single_layers(scenario in scenarios(), factor in 1.0_f64..20.0) {
        let mut plain = scenario;
        plain.node.speed_spread = 0.0;
        plain.kubelet.start_spread_seconds = 0.0;
        for image in &mut plain.images {
            image.layers.truncate(1);
        }
        plain.images.truncate(1);
        let mut more = plain.clone();
        more.registry.bytes_per_second *= factor;
        prop_assert!(ends(&more) <= ends(&plain) + 1e-6);
    }
}
