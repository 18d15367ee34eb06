//! What is wrong with a page is found, and what is right is not told as wrong.

use std::path::Path;

use crate::page::{Page, Scope};

/// Blocks that are right.
const RIGHT: [&str; 7] = [
    "```console\n$ echo one; echo two >&2\none\ntwo\n```",
    "```console\n$ printf '1\\n2\\n3\\n'\n...\n3\n```",
    "```console\n$ echo a \\\n    b\na b\n```",
    "```console measured\n$ echo 'took   12.5 s'\ntook 3 s\n```",
    "```yaml\n# a.yaml\nkey: 1\n```\n```console\n$ tail -1 a.yaml\nkey: 1\n```",
    "```console no_run\n$ X=1 sudo pullstat summary 'a b' --by nodes 2> log | head   # --no-such-flag\n```",
    "```console no_run\n$ cat file\nany text\n$ kubectl get pods | pullstat pulls - > out && crafter plan a.yaml\n```",
];

/// Blocks that are wrong, each in one way.
const WRONG: [&str; 8] = [
    "```console\n$ echo one\ntwo\n```",
    "```console\n$ echo one\n```",
    "```console\n$ true\nsomething\n```",
    "```console\n$ false\n```",
    "```console measured\n$ echo 'took 12.5 s'\ntook 3 ms\n```",
    "```console no_run\n$ pullstat summary a --no-such-flag\n```",
    "```console no_run\n$ true && pullstat no-such-command\n```",
    "```console study\n$ cargo run --release -p pullstat -- wall a --top 3\n```",
];

/// Returns the blocks that were taken for something else than they are.
pub(crate) fn are_found() -> Vec<String> {
    let right = RIGHT.iter().filter(|block| problems(block) != 0);
    let wrong = WRONG.iter().filter(|block| problems(block) != 1);
    let told_as_wrong = right.map(|block| format!("told as wrong:\n{block}"));
    let not_found = wrong.map(|block| format!("not told as one mistake:\n{block}"));
    told_as_wrong.chain(not_found).collect()
}

fn problems(block: &str) -> usize {
    let page = Page::of(Path::new("made-up.md"), block);
    page.mistakes(Scope::WithoutStudy)
}
