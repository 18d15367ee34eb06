//! `report` from outside: what it shows is what the commands print, and `--compare` decides as it says.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::events::{LAID_OUT, log, printed, pullstat, rows, said};

const SEED_TEXT: &str = "4f44ba2a-61dc-4970-965f";

/// Pulls of `app:1`, a log a run, each node's seconds listed.
fn runs(folder: &Path, nodes: u32, runs: &[&[f64]]) {
    runs_of("app", 1, folder, nodes, runs);
}

/// Pulls of `app:{tag}` in an experiment.
fn runs_of(experiment: &str, tag: usize, folder: &Path, nodes: u32, runs: &[&[f64]]) {
    let place = folder.join(format!("{experiment}/{nodes}"));
    fs::create_dir_all(&place).unwrap();
    for (run, seconds) in runs.iter().enumerate() {
        let lines = seconds
            .iter()
            .enumerate()
            .map(|(node, seconds)| pulled(tag, run, node, *seconds))
            // No two experiments have the same pods.
            .map(|line| line.replace("uid\":\"", &format!("uid\":\"{experiment}-")));
        let text: Vec<String> = lines.collect();
        fs::write(
            place.join(format!("events-{tag}-{run}.json")),
            text.join("\n"),
        )
        .unwrap();
    }
}

fn pulled(tag: usize, run: usize, node: usize, seconds: f64) -> String {
    event(
        10 * (tag - 1) + run,
        node,
        "Pulled",
        &format!(
            "Successfully pulled image \\\"r.io/app:{tag}\\\" in {seconds}s ({seconds}s including waiting)"
        ),
    )
}

fn event(run: usize, node: usize, reason: &str, message: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"p{run}-{node}.{reason}","namespace":"default","uid":"{SEED_TEXT}-{run}-{node}-{reason}"}},"reason":"{reason}","message":"{message}","firstTimestamp":"2026-03-02T09:15:{run:02}Z","source":{{"component":"kubelet","host":"node-{node}"}},"involvedObject":{{"kind":"Pod","name":"p{run}-{node}","namespace":"default","uid":"pod-{run}-{node}","fieldPath":"spec.containers{{app}}"}}}}"#
    )
}

fn html(arguments: &[&str]) -> String {
    printed(&pullstat(&[&["report"], arguments].concat()))
}

/// The part of a page that is one table.
fn table<'a>(page: &'a str, id: &str) -> &'a str {
    let begin = page.find(&format!("id=\"{id}\"")).unwrap();
    let end = page[begin..].find("</table>").unwrap();
    &page[begin..begin + end]
}

/// Every number of these rows stands in the table as exactly as the command prints it.
fn assert_holds(table: &str, rows: &[Value], keys: &[&str]) {
    assert!(!rows.is_empty());
    for row in rows {
        for key in keys {
            let value = &row[*key];
            if value.is_number() {
                let (title, whole) = (format!("title=\"{value}\""), format!(">{value}<"));
                assert!(
                    table.contains(&title) || table.contains(&whole),
                    "{key} is {value} in {row}, and not in {table}"
                );
            }
        }
    }
}

#[test]
fn the_numbers_of_the_page_are_those_of_the_commands() {
    let logs = log(LAID_OUT);
    let page = html(&[&logs, "--machine", "n1-standard-16"]);
    let summary = rows(&["summary", &logs]);
    let keys = ["count", "sum_seconds", "median_seconds", "max_seconds"];
    assert_holds(table(&page, "summary"), &summary, &keys);
    let spread = rows(&["spread", &logs]);
    assert_holds(table(&page, "spread"), &spread, &["count", "range_seconds"]);
    let pulls = rows(&["pulls", &logs]);
    assert_holds(
        table(&page, "pulls"),
        &pulls,
        &["including_waiting_seconds"],
    );
    let by = ["--machine", "n1-standard-16", "--by", "experiment,nodes"];
    let costs = rows(&[&["cost", &logs], &by[..]].concat());
    assert_holds(table(&page, "costs"), &costs, &["node_seconds", "cost_usd"]);
    let waiting = rows(&["cost", "waiting", &logs, "--machine", "n1-standard-16"]);
    assert_holds(
        table(&page, "waiting"),
        &waiting,
        &["gang_usd", "gang_node_seconds"],
    );
    for id in [
        "at-a-glance",
        "pull-times",
        "node-coordination",
        "experiments",
        "failures",
        "method",
    ] {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    assert!(page.contains("no traces: where the time of a pull went is not known"));
}

#[test]
fn the_same_folder_gives_the_same_page() {
    let logs = log(LAID_OUT);
    assert_eq!(html(&[&logs]), html(&[&logs]));
}

#[test]
fn a_page_goes_to_its_file_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.html");
    let path = path.to_str().unwrap();
    let logs = log(LAID_OUT);
    assert_eq!(html(&[&logs, "-o", path]), "");
    assert_eq!(fs::read_to_string(path).unwrap(), html(&[&logs]));
}

#[test]
fn a_slower_start_is_worse_and_says_by_how_much_and_what_it_costs() {
    let dir = tempfile::tempdir().unwrap();
    let (base, now) = (dir.path().join("base"), dir.path().join("now"));
    let before: Vec<[f64; 2]> = (0..5)
        .map(|run| [8.0, 10.0 + f64::from(run) / 10.0])
        .collect();
    let after = before.iter().map(|[_, slowest]| [9.0, slowest + 40.0]);
    let after: Vec<[f64; 2]> = after.collect();
    runs(
        &base,
        2,
        &before.iter().map(<[f64; 2]>::as_slice).collect::<Vec<_>>(),
    );
    runs(
        &now,
        2,
        &after.iter().map(<[f64; 2]>::as_slice).collect::<Vec<_>>(),
    );
    let (base, now) = (base.to_str().unwrap(), now.to_str().unwrap());
    let arguments = ["report", now, "--compare", base, "--format", "md"];

    let output = pullstat(&[&arguments[..], &["--machine", "n1-standard-16"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let markdown = String::from_utf8(output.stdout.clone()).unwrap();
    // 2 nodes that wait 40 s longer, at 0.76 USD an hour.
    let usd = 2.0 * 40.0 * 0.76 / 3600.0;
    for part in [
        "**worse**",
        "adds 40.0 s",
        "2-node start of r.io/app:1",
        "5 starts before, 5 now",
    ] {
        assert!(markdown.contains(part), "{part} is not in {markdown}");
    }
    assert!(
        said(&output).contains(&format!("{usd:.4} USD")),
        "{}",
        said(&output)
    );

    let allowed = pullstat(&[&arguments[..], &["--fail-above", "60s"]].concat());
    assert_eq!(allowed.status.code(), Some(0), "{}", said(&allowed));
    let denied = pullstat(
        &[
            &arguments[..],
            &["--fail-above", "60s", "--fail-above", "5%"],
        ]
        .concat(),
    );
    assert_eq!(denied.status.code(), Some(1));
    let better = pullstat(&["report", base, "--compare", now, "--format", "md"]);
    assert!(printed(&better).contains("**better**"));
    let same = pullstat(&["report", base, "--compare", base, "--format", "md"]);
    assert!(printed(&same).contains("**no difference shown**"));
}

#[test]
fn few_starts_are_compared_by_their_nodes_and_fewer_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let folder = |name: &str, seconds: &[f64]| {
        let folder = dir.path().join(name);
        runs(&folder, 8, &[seconds]);
        folder.display().to_string()
    };
    let many: Vec<f64> = (0..8).map(|node| 10.0 + f64::from(node)).collect();
    let slower: Vec<f64> = many.iter().map(|seconds| seconds + 20.0).collect();
    let (base, now) = (folder("base", &many), folder("now", &slower));
    let compare = ["report", &now, "--compare", &base, "--format", "md"];
    let allowed = printed(&pullstat(
        &[&compare[..], &["--fail-above", "900%"]].concat(),
    ));
    assert!(
        allowed.contains("**worse, within what is allowed**"),
        "{allowed}"
    );
    let output = pullstat(&["report", &now, "--compare", &base, "--format", "md"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("by the pulls of 8 and 8 nodes"),
        "{}",
        said(&output)
    );

    let (base, now) = (
        folder("few", &[10.0, 11.0]),
        folder("few-now", &[30.0, 31.0]),
    );
    let output = pullstat(&["report", &now, "--compare", &base, "--format", "md"]);
    assert!(printed(&output).contains("**not comparable**"));
}

#[test]
fn pulls_that_fail_where_none_did_are_worse() {
    let dir = tempfile::tempdir().unwrap();
    let (base, now) = (dir.path().join("base"), dir.path().join("now"));
    runs(&base, 2, &[&[8.0, 9.0]]);
    runs(&now, 2, &[&[8.0]]);
    let failed = [
        event(0, 1, "Pulling", "Pulling image \\\"r.io/app:1\\\""),
        event(
            0,
            1,
            "Failed",
            "Failed to pull image \\\"r.io/app:1\\\": not found",
        ),
    ];
    fs::write(now.join("app/2/events-failed.json"), failed.join("\n")).unwrap();
    let (base, now) = (base.to_str().unwrap(), now.to_str().unwrap());
    let output = pullstat(&["report", now, "--compare", base, "--format", "md"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("1 pull failed or did not end, 0 did before"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_strategy_that_costs_says_from_how_many_starts_on_it_pays() {
    let dir = tempfile::tempdir().unwrap();
    runs_of(
        "as-is",
        1,
        dir.path(),
        2,
        &[&[9.0, 100.0], &[9.0, 110.0], &[9.0, 120.0]],
    );
    runs_of(
        "cache",
        1,
        dir.path(),
        2,
        &[&[9.0, 50.0], &[9.0, 55.0], &[9.0, 60.0]],
    );
    runs_of("slower", 1, dir.path(), 2, &[&[9.0, 300.0]]);
    runs_of("elsewhere", 1, dir.path(), 3, &[&[9.0, 300.0, 9.0]]);
    let folder = dir.path().to_str().unwrap();
    let machine = ["--machine", "n1-standard-16"];
    let costs = ["cache=10", "slower=10", "elsewhere=10"].map(|cost| ["--fixed-cost", cost]);
    let page = html(&[&[folder], &machine[..], &costs.concat()].concat());
    let table = table(&page, "break-even");
    // A second of 2 nodes costs 2 * 0.76 / 3600 USD; scipy 1.17.1 gives the interval of 55 s saved, as
    // ttest_ind(a, b, equal_var=False).confidence_interval(), and 10 USD by these are 431, from 313 to 693 starts.
    for number in ["0.0232", "0.0144", "0.0320", ">431<", ">313<", ">693<"] {
        assert!(table.contains(number), "{number} is not in {table}");
    }
    assert!(table.contains(">never<"), "{table}");
    assert!(page.contains("elsewhere has no image on the same number of nodes as as-is"));
    assert!(page.contains("From 431 starts on cache is the cheapest"));

    let without = html(&[&[folder], &machine[..]].concat());
    assert!(without.contains("--fixed-cost EXPERIMENT=USD tells"));
    assert!(!without.contains("id=\"break-even\""));
    for (cost, part) in [
        ("cash=10", "there are no pulls of cash"),
        ("as-is=10", "name another experiment with --baseline"),
        ("cache=ten", "is no cost: write EXPERIMENT=USD"),
    ] {
        let output =
            pullstat(&[&["report", folder], &machine[..], &["--fixed-cost", cost]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(part), "{}", said(&output));
    }
    let output = pullstat(&["report", folder, "--fixed-cost", "cache=10"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("--machine"), "{}", said(&output));
}

#[test]
fn several_images_have_their_break_even_together_too() {
    let dir = tempfile::tempdir().unwrap();
    for (tag, before, now) in [(1, 100.0, 40.0), (2, 36.0, 24.0)] {
        runs_of("as-is", tag, dir.path(), 2, &[&[9.0, before]]);
        runs_of("cache", tag, dir.path(), 2, &[&[9.0, now]]);
    }
    let folder = dir.path().to_str().unwrap();
    let asked = ["--machine", "n1-standard-16", "--fixed-cost", "cache=7.5"];
    let page = html(&[&[folder], &asked[..]].concat());
    let table = table(&page, "break-even");
    // 60, 12 and together 72 s of 2 nodes at 0.76 USD an hour: 7.5 USD are 17,763.2 s of that. One
    // start a side has no interval.
    for number in ["all below, each once", ">297<", ">1,481<", ">247<"] {
        assert!(table.contains(number), "{number} is not in {table}");
    }
    assert!(page.contains("From 247 starts on cache is the cheapest"));
}

#[test]
fn a_sweep_is_shown_with_its_break_even() {
    let dir = tempfile::tempdir().unwrap();
    let cluster =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/simulate-cluster.yaml");
    let arguments = [
        "simulate",
        cluster.to_str().unwrap(),
        "--sweep",
        "nodes=4..64",
        "--strategy",
        "peer-to-peer",
        "--format",
        "json",
    ];
    let sweep = printed(&pullstat(&arguments));
    fs::write(dir.path().join("sweep.json"), &sweep).unwrap();
    let page = html(&[dir.path().to_str().unwrap()]);
    let short = html(&[dir.path().to_str().unwrap(), "--format", "md"]);
    assert!(short.contains("## Simulat") && short.contains("peer-to-peer"));
    let sweep: Value = serde_json::from_str(&sweep).unwrap();
    let keys = ["nodes", "median_seconds", "all_ready_seconds"];
    assert_holds(
        table(&page, "simulation-0"),
        sweep["rows"].as_array().unwrap(),
        &keys,
    );
    assert!(page.contains("Break-even of peer-to-peer") && page.contains("id=\"sweep-0\""));
    assert!(page.contains("no logs of events"));
}

#[test]
fn the_ordinary_and_the_slowest_pull_are_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().to_str().unwrap();
    let cluster =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/simulate-cluster.yaml");
    let simulate = ["simulate", cluster.to_str().unwrap(), "--nodes", "9"];
    printed(&pullstat(&[&simulate[..], &["--out", out]].concat()));
    let traces = fs::read_to_string(dir.path().join("as-is/9/trace.jsonl")).unwrap();
    let lines = traces.lines().map(serde_json::from_str::<Value>);
    let mut pulls: Vec<f64> = lines
        .filter_map(|line| line.unwrap()["seconds"].as_f64())
        .collect();
    pulls.sort_by(f64::total_cmp);
    let page = html(&[out]);
    for (which, seconds) in [
        ("The ordinary pull: ", pulls[4]),
        ("The slowest pull of all: ", pulls[8]),
    ] {
        let begin = page.find(which).unwrap();
        let (sentence, _) = page[begin..].split_once("</p>").unwrap();
        let told = sentence
            .split_once(" s; ")
            .and_then(|(told, _)| told.rsplit_once(", "));
        let told: f64 = told.unwrap().1.parse().unwrap();
        assert!(
            (told / seconds - 1.0).abs() < 0.005,
            "{sentence} of {seconds}"
        );
        assert!(sentence.contains("the binding resource is"), "{sentence}");
    }
    assert!(page.contains("id=\"waterfall-median\"") && page.contains("id=\"waterfall-slowest\""));
}

#[test]
fn what_cannot_be_shown_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().to_str().unwrap();
    let logs = log(LAID_OUT);
    // The names of logs, and nothing that a kubelet said.
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("events.md"), "# Events\n").unwrap();
    let other = other.path().to_str().unwrap();
    for (arguments, part) in [
        (vec![empty], "there is nothing in"),
        (vec![other], "no events"),
        (vec![&logs, "--compare", other], "no events"),
        (
            vec![&logs, "--image", "no-such"],
            "there are others, such as",
        ),
        (vec!["none"], "there is no folder none"),
        (vec![&logs, "--compare", empty], "there is nothing in"),
        (
            vec![&logs, "--baseline", "run9"],
            "there are those of run1, run2",
        ),
        (vec![&logs, "--machine", "n1-standard-17"], "n1-standard-16"),
        (vec![&logs, "--fail-above", "5%"], "--compare"),
        (
            vec![&logs, "--compare", &logs, "--fail-above", "5m"],
            "write 5%, 10s or 2USD",
        ),
        (
            vec![&logs, "--compare", &logs, "--fail-above", "5USD"],
            "--machine",
        ),
        (
            vec![&logs, "-o", "none/report.html"],
            "there is no folder none",
        ),
    ] {
        let output = pullstat(&[&["report"], &arguments[..]].concat());
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(
            said(&output).contains(part),
            "{arguments:?}: {}",
            said(&output)
        );
    }
}

#[test]
fn help_says_what_it_does() {
    let help = printed(&pullstat(&["report", "--help"]));
    assert!(help.contains("Examples") && help.contains("Exit codes: 0 done"));
    insta::assert_snapshot!("report", help);
}
