//! What pulling costs, from outside: rows, sums, prices and what is said beside them.

use std::path::Path;

use serde_json::Value;

use crate::events::{LAID_OUT, log, printed, pullstat, rows, said};
use crate::similarity::{IMAGES, archive};

/// A file of `fixtures/costs`.
pub(crate) fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/costs");
    folder.join(name).display().to_string()
}

fn number(row: &Value, key: &str) -> f64 {
    row[key]
        .as_f64()
        .unwrap_or_else(|| panic!("{key} of {row}"))
}

fn is_near(row: &Value, key: &str, expected: f64) {
    let found = number(row, key);
    assert!(
        (found - expected).abs() < 5e-4,
        "{key}: {found}, not {expected}: {row}"
    );
}

#[test]
fn help_says_what_each_command_does() {
    for command in [
        "",
        "break-even",
        "machines",
        "prices",
        "scenario",
        "totals",
        "waiting",
    ] {
        let mut arguments = vec!["cost"];
        arguments.extend((!command.is_empty()).then_some(command));
        arguments.push("--help");
        let help = printed(&pullstat(&arguments));
        assert!(help.contains("Example"), "{command} has an example");
        assert!(help.contains("Exit codes: 0 done, 1 failed, 2 wrong usage"));
        insta::assert_snapshot!(format!("cost-{command}").trim_end_matches('-'), help);
    }
}

#[test]
fn pulls_cost_their_seconds_at_the_price_of_their_machine() {
    let log = log(LAID_OUT);
    let all = rows(&["cost", &log, "--machine", "c2d-standard-112"]);
    assert_eq!(all.len(), 3, "two experiments and their sum");
    for row in &all {
        let seconds = number(row, "node_seconds");
        assert!(seconds > 0.0);
        is_near(row, "cost_usd", seconds * 5.09 / 3600.0);
    }
    let sum = number(&all[0], "cost_usd") + number(&all[1], "cost_usd");
    assert_eq!(all[2]["row"], "total");
    assert_eq!(all[2]["experiment"], Value::Null);
    is_near(&all[2], "cost_usd", sum);
}

#[test]
fn each_experiment_may_have_its_machine() {
    let log = log(LAID_OUT);
    let machines = [
        "--machine",
        "run1=c2d-standard-112",
        "--machine",
        "n1-standard-16",
    ];
    let all = rows(
        &[
            &["cost", &log][..],
            &machines,
            &["--by", "experiment,nodes"],
        ]
        .concat(),
    );
    let named: Vec<&str> = all
        .iter()
        .filter_map(|row| row["machine"].as_str())
        .collect();
    assert_eq!(
        named,
        [
            "c2d-standard-112",
            "n1-standard-16",
            "c2d-standard-112, n1-standard-16"
        ]
    );
    assert_eq!(all[2]["usd_per_hour"], Value::Null);
    is_near(
        &all[2],
        "cost_usd",
        number(&all[0], "cost_usd") + number(&all[1], "cost_usd"),
    );
}

#[test]
fn prices_of_a_file_count_before_those_that_come_along() {
    let (log, prices) = (log(LAID_OUT), file("prices.yaml"));
    let rate = |machine: &str| {
        let all = rows(&["cost", &log, "--machine", machine, "--prices", &prices]);
        number(&all[0], "usd_per_hour")
    };
    assert_eq!(rate("c2d-standard-112"), 4.0);
    // 1000 GB at 0.073 a month of 730 hours are 0.10 an hour.
    assert!((rate("ourselves/rack-7") - 1.2).abs() < 1e-9);
    let output = pullstat(&["cost", &log, "--machine", "rack-7", "--prices", &prices]);
    assert!(
        said(&output).contains("rack-7 at 1.20 USD an hour, noted 2026-05: finance department")
    );
}

#[test]
fn the_studys_table_comes_out_row_by_row() {
    let expected = [
        ("google gke cpu", 45.3204, 8.9, 45.301),
        ("google gke gpu", 224.5437, 9.6, 224.256),
        ("aws eks cpu", 25.7206, 8.46, 25.718),
        ("aws eks gpu", 144.6077, 4.19, 144.5131),
        ("azure aks cpu", 71.3544, 19.83, 71.39),
        ("azure aks gpu", 147.1549, 6.68, 147.17),
    ];
    let exact = rows(&["cost", "totals"]);
    let typed = rows(&["cost", "totals", "--method", "published"]);
    for ((exact, typed), (label, cost_usd, hours, typed_usd)) in
        exact.iter().zip(&typed).zip(expected)
    {
        assert_eq!(
            (exact["label"].as_str(), typed["label"].as_str()),
            (Some(label), Some(label))
        );
        is_near(exact, "cost_usd", cost_usd);
        assert_eq!(
            (number(typed, "hours"), number(typed, "cost_usd")),
            (hours, typed_usd)
        );
    }
    assert_eq!((exact.len(), typed.len()), (7, 7));
    is_near(&exact[6], "cost_usd", 658.7018);
    assert!((number(&typed[6], "cost_usd") - 658.3481).abs() < 1e-9);
}

#[test]
fn the_studys_slip_is_told() {
    for method in ["corrected", "published"] {
        let said = said(&pullstat(&["cost", "totals", "--method", method]));
        assert!(
            said.contains(
                "azure aks cpu: 71354.425 s are 19.8207 hours, 19.82 when rounded; 19.83 was typed"
            ),
            "{said}"
        );
        assert!(
            said.contains("aws eks gpu: the row says 34.49 USD an hour, the list of prices 34.493")
        );
        assert!(
            said.contains("published: 658.3481 USD; unrounded: 658.7018 USD"),
            "{said}"
        );
        assert_eq!(said.matches("was typed").count(), 1, "{said}");
    }
}

#[test]
fn sums_of_our_own_cost_what_they_should() {
    let all = rows(&[
        "cost",
        "totals",
        &file("spent.yaml"),
        "--prices",
        &file("prices.yaml"),
    ]);
    let found: Vec<f64> = all.iter().map(|row| number(row, "cost_usd")).collect();
    assert!((found[0] - 1.2).abs() < 1e-9 && found[1] == 1.0 && (found[2] - 2.2).abs() < 1e-9);
    assert!((number(&all[1], "listed_usd_per_hour") - 1.2).abs() < 1e-9);
}

#[test]
fn the_studys_scenarios_come_out() {
    let exact = rows(&["cost", "scenario"]);
    let cases: Vec<&str> = exact
        .iter()
        .filter_map(|row| row["case"].as_str())
        .collect();
    assert_eq!(
        cases,
        ["best", "worst", "difference", "best", "worst", "difference"]
    );
    assert_eq!(
        (&exact[0]["wire_bytes"], &exact[1]["wire_bytes"]),
        (&192_000_000.into(), &1_920_000_000.into())
    );
    let spans = [
        (38.4, 64.0),
        (384.0, 640.0),
        (345.6, 576.0),
        (731.86, 1219.7667),
        (7318.6, 12197.6667),
        (6586.74, 10977.9),
    ];
    for (row, (low, high)) in exact.iter().zip(spans) {
        is_near(row, "seconds_low", low);
        is_near(row, "seconds_high", high);
    }
    is_near(&exact[2], "cost_usd_low", 302.0390);
    is_near(&exact[2], "cost_usd_high", 503.3984);
    is_near(&exact[5], "cost_usd_low", 5756.5180);
    is_near(&exact[5], "cost_usd_high", 9594.1967);
}

#[test]
fn the_studys_rounding_comes_out() {
    let typed = rows(&["cost", "scenario", "--method", "published"]);
    let spans = [(39.0, 64.0), (384.0, 640.0), (345.0, 576.0)];
    for (row, (low, high)) in typed.iter().zip(spans) {
        assert_eq!(
            (number(row, "seconds_low"), number(row, "seconds_high")),
            (low, high)
        );
    }
    let usd = |row: &Value| (number(row, "cost_usd_low"), number(row, "cost_usd_high"));
    assert_eq!(
        (usd(&typed[2]), usd(&typed[5])),
        ((301.0, 503.0), (5768.0, 9595.0))
    );
    assert_eq!(
        typed[0]["cost_usd_low"],
        Value::Null,
        "the study printed none"
    );
    let minutes = (
        number(&typed[5], "seconds_low") / 60.0,
        number(&typed[5], "seconds_high") / 60.0,
    );
    assert_eq!(minutes, (110.0, 183.0));
    let said = said(&pullstat(&["cost", "scenario"]));
    assert!(said.contains("110 to 183 min more, USD 5768 to 9595; unrounded 6,587 to 10,978 s, USD 5,756.52 to 9,594.20"), "{said}");
}

#[test]
fn a_strategy_pays_from_some_pull_on() {
    let all = rows(&["cost", "break-even", &file("ours.yaml")]);
    // Sharing saves 9/10 of 2.5 to 10 s a pull, at 5.09 USD an hour.
    let saved = 0.9 * 2.5 * 5.09 / 3600.0;
    is_near(&all[0], "saved_usd_per_pull_low", saved);
    let pulls = (500.0 / saved).ceil();
    assert_eq!(number(&all[0], "break_even_pulls_high"), pulls);
    assert_eq!(
        number(&all[0], "break_even_nodes_high"),
        (pulls / 10.0).ceil()
    );
    assert_eq!(all[0]["pays"], false);
    is_near(&all[1], "fixed_usd", 8.0 * 0.76);
    assert_eq!(
        all[2]["break_even_pulls_high"],
        Value::Null,
        "what saves nothing never pays"
    );
}

#[test]
fn a_gang_pays_for_its_slowest_node() {
    let log = log(LAID_OUT);
    let all = rows(&["cost", "waiting", &log, "--machine", "n1-standard-16"]);
    assert_eq!(all.last().unwrap()["row"], "total");
    for row in &all {
        assert!(
            number(row, "gang_usd") >= number(row, "elastic_usd"),
            "{row}"
        );
        is_near(
            row,
            "waiting_usd",
            number(row, "gang_usd") - number(row, "elastic_usd"),
        );
    }
    for row in &all[..all.len() - 1] {
        let gang = number(row, "pulled_nodes") * number(row, "slowest_seconds");
        is_near(row, "gang_node_seconds", gang);
    }
}

#[test]
fn a_registry_is_asked_once_by_each_node() {
    let dir = tempfile::tempdir().unwrap();
    archive(
        dir.path(),
        &[("ghcr.io/team/laid", "1", &[("base", 3_000), ("app", 500)])],
    );
    let (log, archive) = (log(LAID_OUT), dir.path().to_str().unwrap());
    let all = rows(&[
        "cost",
        "waiting",
        &log,
        "--machine",
        "n1-standard-16",
        "--manifests",
        archive,
        "--transfer",
        "ecr-internet",
    ]);
    for row in &all[..all.len() - 1] {
        let nodes = number(row, "pulled_nodes");
        assert_eq!(number(row, "egress_bytes"), nodes * 3_500.0, "{row}");
        assert_eq!(
            number(row, "requests"),
            nodes * 4.0,
            "manifest, config, two layers: {row}"
        );
        assert!(
            (number(row, "egress_usd") - nodes * 3.5e-6 * 0.09).abs() < 1e-15,
            "{row}"
        );
    }
    assert_eq!(number(all.last().unwrap(), "unknown_layers_nodes"), 0.0);
}

#[test]
fn images_of_an_archive_take_the_place_of_guesses() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path(), &IMAGES);
    let all = rows(&[
        "cost",
        "scenario",
        "--manifests",
        dir.path().to_str().unwrap(),
        "--bandwidth",
        "100,200",
        "--nodes",
        "10",
        "--machine",
        "n1-standard-16",
        "--transfer",
        "ecr-internet",
    ]);
    let found: Vec<(&str, f64)> = all
        .iter()
        .map(|row| (row["case"].as_str().unwrap(), number(row, "wire_bytes")))
        .collect();
    // What one image has twice is pulled once, whoever shares.
    assert_eq!(
        found,
        [
            ("as-shared", 1877.0),
            ("one-base", 1497.0),
            ("nothing-shared", 2277.0),
            ("difference", 400.0)
        ]
    );
    is_near(&all[0], "seconds_high", 18.77);
    is_near(&all[0], "cost_usd_high", 10.0 * 18.77 * 0.76 / 3600.0);
    assert_eq!(number(&all[0], "requests"), 10.0 * (9.0 + 2.0 * 4.0));
    assert_eq!(
        all[1]["requests"],
        Value::Null,
        "nobody knows the layers of a base that is not there"
    );
    assert!((number(&all[2], "storage_usd_per_month") - 2277e-9 * 0.1).abs() < 1e-15);
}

#[test]
fn the_studys_larger_machine_is_not_worth_its_price() {
    let all = rows(&[
        "cost",
        "machines",
        "--seconds-a",
        "3254.424793243408",
        "--seconds-b",
        "3164.1695561408997",
        "--machine-a",
        "n1-standard-16",
        "--machine-b",
        "n1-standard-64",
    ]);
    assert_eq!(all.len(), 1);
    is_near(&all[0], "speed_up", 1.0285);
    is_near(&all[0], "cost_ratio", 3.8763);
    is_near(&all[0], "price_ratio", 3.9868);
    assert_eq!(all[0]["cheaper"], "a");
}

#[test]
fn the_same_pulls_on_the_same_machine_are_as_dear() {
    let log = log(LAID_OUT);
    let machines = [
        "--machine-a",
        "n1-standard-16",
        "--machine-b",
        "n1-standard-16",
    ];
    let all = rows(&[&["cost", "machines", &log, &log][..], &machines].concat());
    for row in &all {
        assert_eq!(
            (number(row, "speed_up"), number(row, "cost_ratio")),
            (1.0, 1.0)
        );
        assert_eq!(row["cheaper"], Value::Null);
    }
}

#[test]
fn prices_have_a_date_and_a_source() {
    let all = rows(&["cost", "prices", "--prices", &file("prices.yaml")]);
    for row in &all {
        assert!(
            !row["date"].as_str().unwrap().is_empty()
                && !row["source"].as_str().unwrap().is_empty()
        );
    }
    let harbour = all.iter().find(|row| row["name"] == "harbour").unwrap();
    assert_eq!(number(harbour, "egress_usd_per_gb"), 0.01);
    assert_eq!(
        harbour["usd_per_million_requests"],
        Value::Null,
        "not known is not free"
    );
}

#[test]
fn a_table_reads_well() {
    let table = printed(&pullstat(&["cost", "totals", "--method", "published"]));
    insta::assert_snapshot!("cost-totals-table", table);
}

#[test]
fn the_tables_of_the_documentation_are_those_printed() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cost.md");
    let page = std::fs::read_to_string(page).unwrap();
    for method in ["corrected", "published"] {
        let table = printed(&pullstat(&["cost", "totals", "--method", method]));
        assert!(
            page.contains(&table),
            "docs/cost.md has another table than\n{table}"
        );
    }
    for row in rows(&["cost", "prices"]) {
        let name = row["name"].as_str().unwrap();
        assert!(
            page.contains(&format!("`{name}`")),
            "docs/cost.md does not have {name}"
        );
    }
}
