//! Nothing of a cluster outlives whoever started it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use pullstudy_test_cluster::{Part, until};

use crate::scene::PATIENCE;

/// Tells whether a process still runs: one that nobody has waited for yet has ended too.
fn runs(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = stat
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.chars().next());
    !matches!(state, None | Some('Z'))
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_kill_leaves_no_process_and_no_folder() {
    let mut starter = Command::new(env!("CARGO_BIN_EXE_test-cluster"))
        .args(["--nodes", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(starter.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let kubeconfig = line.trim().strip_prefix("export KUBECONFIG=").unwrap();
    let folder = Path::new(kubeconfig).parent().unwrap();
    let processes = Part::ALL
        .map(|part| fs::read_to_string(folder.join(format!("{}.pid", part.name()))).unwrap());
    assert!(processes.iter().all(|process| runs(process)));

    starter.kill().unwrap();
    starter.wait().unwrap();

    until("the end of all", PATIENCE, || {
        let all_ended = !processes.iter().any(|process| runs(process));
        (all_ended && !folder.exists()).then_some(())
    })
    .unwrap();
}

#[test]
#[ignore = "needs a control plane: cargo xtask test --cluster"]
fn a_part_that_refuses_to_start_is_named_with_its_last_words() {
    let output = Command::new(env!("CARGO_BIN_EXE_test-cluster"))
        .args(["--api-server-argument", "--no-such-flag"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("kube-apiserver has ended; its log ends with:"),
        "{message}"
    );
    assert!(
        message.contains("unknown flag: --no-such-flag"),
        "{message}"
    );
}
