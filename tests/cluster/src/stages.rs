//! The stages that the fake nodes' pods go through, put together from the files in `stages/`.

use std::fmt::Write as _;

/// kwok's configuration and the stages, by file name.
const FILES: [(&str, &str); 5] = [
    ("kwok.yaml", include_str!("../stages/kwok.yaml")),
    ("node.yaml", include_str!("../stages/node.yaml")),
    ("pod.yaml", include_str!("../stages/pod.yaml")),
    ("pull.yaml", include_str!("../stages/pull.yaml")),
    ("faults.yaml", include_str!("../stages/faults.yaml")),
];

/// What the stages share: templates cannot include one another.
const PARTS: [(&str, &str); 9] = [
    ("@again@", include_str!("../stages/parts/again")),
    ("@alive@", include_str!("../stages/parts/alive")),
    ("@current@", include_str!("../stages/parts/current")),
    ("@event@", include_str!("../stages/parts/event")),
    ("@running@", include_str!("../stages/parts/running")),
    ("@started@", include_str!("../stages/parts/started")),
    ("@stays@", include_str!("../stages/parts/stays")),
    ("@terminated@", include_str!("../stages/parts/terminated")),
    ("@turn@", include_str!("../stages/parts/turn")),
];

/// Returns kwok's configuration files: their names and their texts.
pub(crate) fn files() -> impl Iterator<Item = (&'static str, String)> {
    FILES.iter().map(|&(name, text)| (name, expanded(text)))
}

/// Replaces `@part@` by the part, indented as the line it stands in, and so on in what came of it.
fn expanded(text: &str) -> String {
    let mut result = String::with_capacity(text.len() * 4);
    for line in text.lines() {
        match PARTS.iter().find(|(mark, _)| line.contains(mark)) {
            Some((mark, part)) => result.push_str(&expanded(&put_in(line, mark, part))),
            None => writeln!(result, "{line}").expect("a string takes all"),
        }
    }
    result
}

fn put_in(line: &str, mark: &str, part: &str) -> String {
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let lines: Vec<&str> = part.lines().collect();
    line.replace(mark, &lines.join(&format!("\n{indent}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_is_left_out() {
        for (name, text) in files() {
            let marked: Vec<&str> = text.lines().filter(|line| line.contains('@')).collect();
            let expected = |line: &&str| line.contains("@sha256:");
            assert!(marked.iter().all(expected), "{name}: {marked:?}");
        }
    }

    #[test]
    fn a_part_is_indented_as_its_line() {
        assert_eq!(put_in("  - @x@", "@x@", "a\nb\n"), "  - a\n  b");
    }
}
