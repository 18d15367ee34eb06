//! Queues, back-off, limits of requests.

use pullstudy_simulator::{
    Constraint, FailureCause, Image, PullEnd, Scenario, direct_limit_seconds, simulate,
};

fn scenario(images: u32, bytes: u64) -> Scenario {
    let mut scenario = Scenario::default();
    scenario.images = (0..images)
        .map(|at| Image::of_equal_layers(format!("app:{at}"), 2, bytes, Some(bytes), 0))
        .collect();
    scenario
}

#[test]
fn more_pulls_than_the_kubelet_allows_are_backed_off() {
    let mut scenario = scenario(14, 1000);
    scenario.kubelet.parallel_pulls = 100;
    let outcome = simulate(&scenario).unwrap();
    let failed = outcome
        .pulls
        .iter()
        .filter(|pull| !pull.failed_attempts.is_empty());
    let causes: Vec<_> = failed.map(|pull| pull.failed_attempts[0].cause).collect();
    // Ten at once, as registryBurst says; the others come back after ten seconds.
    assert_eq!(causes, [FailureCause::PullQps; 4]);
    assert!(outcome.pulls.iter().all(|pull| pull.end == PullEnd::Pulled));
    assert!(outcome.pulls[13].spent.seconds(Constraint::BackOff) >= 10.0);
}

#[test]
fn a_pull_that_always_fails_is_given_up() {
    let mut scenario = scenario(1, 1_000_000);
    scenario.download_failure_probability = 0.99;
    scenario.kubelet.tries = 3;
    scenario.seed = 3;
    let outcome = simulate(&scenario).unwrap();
    let pull = &outcome.pulls[0];
    assert_eq!((pull.end, pull.failed_attempts.len()), (PullEnd::Failed, 3));
    // 10 seconds after the first, 20 after the second.
    assert!((30.0..31.0).contains(&pull.seconds()), "{}", pull.seconds());
}

#[test]
fn back_off_doubles_up_to_five_minutes() {
    let mut scenario = scenario(1, 1_000_000);
    scenario.download_failure_probability = 0.99;
    scenario.kubelet.tries = 9;
    scenario.seed = 3;
    let pull = simulate(&scenario).unwrap().pulls.remove(0);
    let waits: Vec<f64> = pull
        .failed_attempts
        .windows(2)
        .map(|pair| (pair[1].pulling_at_seconds - pair[0].failed_at_seconds).round())
        .collect();
    assert_eq!(waits, [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0]);
}

#[test]
fn a_registry_that_refuses_requests_is_asked_again() {
    let mut scenario = scenario(1, 10_000);
    scenario.nodes = 100;
    scenario.registry.requests_per_second = Some(50.0);
    scenario.registry.burst_requests = Some(50.0);
    let outcome = simulate(&scenario).unwrap();
    assert!(outcome.pulls.iter().all(|pull| pull.end == PullEnd::Pulled));
    let requests = outcome.resource("requests").unwrap().total;
    let refused = outcome.resource("refused requests").unwrap().total;
    // Each node needs five answers: two of them for its layers.
    assert!(
        (requests - refused - 500.0).abs() < 1e-6,
        "{requests} {refused}"
    );
    // 450 of them come at 50 a second.
    assert!(outcome.ended_at_seconds() >= 9.0);
    assert!(outcome.spent().most() == Some(Constraint::RateLimit));
}

#[test]
fn what_is_present_is_not_pulled() {
    let mut scenario = scenario(2, 1_000_000);
    scenario.present = vec!["app:0".to_owned()];
    let outcome = simulate(&scenario).unwrap();
    assert_eq!(outcome.pulls[0].end, PullEnd::Present);
    assert_eq!(outcome.pulls[1].end, PullEnd::Pulled);
    assert_eq!(
        outcome.resource("registry").unwrap().total.round(),
        1_000_000.0
    );
    assert!(direct_limit_seconds(&scenario) < 0.001);
    scenario.present = vec!["app:7".to_owned()];
    let error = simulate(&scenario).unwrap_err().to_string();
    assert!(
        error.contains("\"app:7\" is present on the nodes, but no image"),
        "{error}"
    );
}

#[test]
fn a_layer_that_two_pulls_want_comes_once() {
    let mut scenario = scenario(2, 100_000_000);
    for image in &mut scenario.images {
        image.layers[0].shared = Some("base".to_owned());
    }
    scenario.kubelet.parallel_pulls = 2;
    let outcome = simulate(&scenario).unwrap();
    assert_eq!(
        outcome.resource("registry").unwrap().total.round(),
        150_000_000.0
    );
    let received: u64 = outcome.pulls.iter().map(|pull| pull.received_bytes).sum();
    assert_eq!(received, 150_000_000);
}
