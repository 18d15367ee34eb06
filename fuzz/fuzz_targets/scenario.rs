//! A scenario: any text as a file, any numbers as a small cluster, which must come to an end and keep the laws.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pullstudy_simulator::{
    Image, Layer, Outcome, PullEnd, Scenario, Strategy, UnpackOrder, simulate,
};

fuzz_target!(|input: (&str, &[u8])| {
    let (text, bytes) = input;
    let _ = Scenario::from_yaml("fuzz.yaml", text);
    let Some(scenario) = scenario(&mut Numbers(bytes)) else {
        return;
    };
    let strategy = text.parse().unwrap_or_else(|_| Strategy::as_is());
    let scenario = strategy.applied_to(&scenario);
    if let Ok(outcome) = simulate(&scenario) {
        check(&outcome);
    }
});

fn check(outcome: &Outcome) {
    for pull in &outcome.pulls {
        assert_ne!(pull.end, PullEnd::Unfinished);
        let (spent, seconds) = (pull.spent.total_seconds(), pull.seconds());
        assert!(seconds.is_finite() && seconds >= 0.0, "{pull:?}");
        assert!(
            (spent - seconds).abs() <= 1e-6 * seconds.max(1.0),
            "{spent} {seconds} {pull:?}"
        );
    }
}

/// Numbers out of bytes, until there are no more.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn small(&mut self, most: u32) -> Option<u32> {
        self.byte().map(|byte| 1 + u32::from(byte) % most)
    }

    /// From a thousandth to 10^12, evenly by logarithm.
    fn wide(&mut self) -> Option<f64> {
        let (high, low) = (self.byte()?, self.byte()?);
        Some(10_f64.powf(f64::from(u16::from_be_bytes([high, low])) / 65_535.0 * 15.0 - 3.0))
    }
}

fn scenario(numbers: &mut Numbers<'_>) -> Option<Scenario> {
    let mut scenario = Scenario::default();
    scenario.nodes = numbers.small(6)?;
    scenario.registry.bytes_per_second = numbers.wide()?;
    scenario.registry.connection_bytes_per_second = numbers.wide()?;
    scenario.registry.latency_seconds = numbers.wide()? * 1e-6;
    // Slower registries answer some day, too, after more retries than a fuzzer waits for.
    scenario.registry.requests_per_second = Some(numbers.wide()?.max(1.0));
    scenario.node.link_bytes_per_second = numbers.wide()?;
    scenario.node.inflate_bytes_per_second = Some(numbers.wide()?);
    scenario.node.disk.bytes_per_second = numbers.wide()?;
    scenario.node.disk.burst_bytes_per_second = Some(numbers.wide()?);
    scenario.node.disk.burst_bytes = numbers.wide()? as u64;
    scenario.node.parallel_downloads = numbers.small(5)?;
    scenario.node.cores = numbers.small(3)?;
    scenario.kubelet.parallel_pulls = numbers.small(4)?;
    scenario.kubelet.start_spread_seconds = numbers.wide()? * 1e-6;
    scenario.kubelet.tries = numbers.small(6)?;
    scenario.download_failure_probability = f64::from(numbers.byte()?) / 512.0;
    if numbers.byte()? % 2 == 0 {
        scenario.node.unpack_order = UnpackOrder::AsTheyCome;
    }
    for image in 0..numbers.small(4)? {
        scenario.images.push(self::image(image, numbers)?);
    }
    Some(scenario)
}

fn image(number: u32, numbers: &mut Numbers<'_>) -> Option<Image> {
    let layers = numbers.small(8)?;
    let mut layer = || {
        let shared = numbers.byte()?;
        Some(match shared {
            0..128 => Layer {
                wire_bytes: 1000 * u64::from(shared % 4),
                shared: Some(format!("shared-{}", shared % 4)),
                ..Layer::default()
            },
            _ => Layer {
                wire_bytes: numbers.wide()? as u64,
                unpacked_bytes: Some(numbers.wide()? as u64),
                files: u64::from(shared),
                shared: None,
            },
        })
    };
    let layers: Option<Vec<Layer>> = (0..layers).map(|_| layer()).collect();
    Some(Image::new(format!("image-{number}"), layers?))
}
