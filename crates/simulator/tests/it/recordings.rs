//! Simulated runs read as real ones.

use std::io::Cursor;
use std::time::SystemTime;

use pullstudy_events::{Clock, EventLogs, FoundLogs, PullOutcome, ReadOptions};
use pullstudy_simulator::{Constraint, Image, Options, Recording, Scenario, simulate_with};

fn scenario() -> Scenario {
    let mut scenario = Scenario::default();
    scenario.nodes = 8;
    scenario.images = vec![
        Image::of_equal_layers("registry.local/app:1", 3, 300_000_000, None, 100),
        Image::of_equal_layers("registry.local/app:2", 5, 900_000_000, None, 100),
    ];
    scenario.kubelet.start_spread_seconds = 3.0;
    scenario.node.speed_spread = 0.2;
    scenario
}

#[test]
fn events_tell_the_pulls_that_were_simulated() {
    let mut scenario = scenario();
    scenario.download_failure_probability = 0.05;
    scenario.kubelet.tries = 100;
    let outcome = simulate_with(&scenario, &Options::default()).unwrap();
    let recording = Recording::new("as-is", SystemTime::UNIX_EPOCH);
    let lines: Vec<String> = recording
        .events(&scenario, &outcome)
        .map(|event| serde_json::to_string(&event).unwrap())
        .collect();
    let mut found = FoundLogs::default();
    found.add_stream("simulated", Cursor::new(lines.join("\n")));
    let pulls = EventLogs::read(found, &ReadOptions::default()).pulls();
    assert_eq!(pulls.len(), 16);
    assert!(
        outcome
            .pulls
            .iter()
            .any(|pull| !pull.failed_attempts.is_empty())
    );
    for pull in &pulls {
        assert_eq!(pull.outcome, PullOutcome::Pulled);
        let name = pull.pod.as_deref().unwrap();
        let simulated = outcome
            .pulls
            .iter()
            .find(|simulated| name == format!("pull-{}-{}", simulated.image, simulated.node))
            .unwrap();
        let seconds = pull.seconds(Clock::PullOnly).unwrap();
        assert!(
            (seconds - simulated.pull_seconds()).abs() < 0.001,
            "{seconds}"
        );
        assert_eq!(pull.attempts as usize, simulated.failed_attempts.len() + 1);
    }
}

#[test]
fn traces_say_what_the_simulation_says_of_where_the_time_went() {
    let scenario = scenario();
    let outcome = simulate_with(&scenario, &Options::default().keep_layers(true)).unwrap();
    let recording = Recording::new("as-is", SystemTime::UNIX_EPOCH);
    let traces: Vec<_> = recording.traces(&scenario, &outcome).collect();
    assert_eq!(traces.len(), 16);
    for (trace, simulated) in traces.iter().zip(&outcome.pulls) {
        let path = trace.pull.critical_path.as_ref().unwrap();
        let seconds = simulated.pull_seconds();
        assert!(
            (path.total_seconds() - seconds).abs() < 1e-3,
            "{path:?} {seconds}"
        );
        let inflating = simulated.spent.seconds(Constraint::Inflating);
        assert!(
            (path.decompress_seconds - inflating).abs() < 0.01 * seconds,
            "{path:?} {inflating}"
        );
    }
}
