//! Every link inside the documentation leads to a file that is there, and to a heading that is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::tree;

/// Returns the links that lead nowhere.
pub(crate) fn lead_somewhere() -> Vec<String> {
    let mut problems = Vec::new();
    for path in tree::pages() {
        let text = fs::read_to_string(tree::root().join(&path)).unwrap();
        for (line, link) in links(&text) {
            if let Some(problem) = problem_of(&path, &link) {
                problems.push(format!("{}:{line}: {link}: {problem}", path.display()));
            }
        }
    }
    problems
}

fn problem_of(page: &Path, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = page.parent().expect("a page lies in a folder");
    let file = if target.is_empty() {
        tree::root().join(page)
    } else {
        tree::root().join(folder).join(target)
    };
    if !file.exists() {
        return Some("there is no such file".into());
    }
    let leaves_the_book = page.starts_with("docs") && !is_below_docs(&file);
    if leaves_the_book {
        return Some("it leaves docs/, and the book with it: link to the repository".into());
    }
    if anchor.is_empty() {
        return None;
    }
    let text = fs::read_to_string(&file).unwrap();
    let is_there = anchors(&text).iter().any(|known| known == anchor);
    (!is_there).then(|| "there is no such heading".into())
}

fn is_below_docs(file: &Path) -> bool {
    let docs = tree::root().join("docs").canonicalize().unwrap();
    file.canonicalize().unwrap().starts_with(docs)
}

/// Returns the lines of `text` that are no code, with their numbers, inline code blanked out.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut is_code = false;
    let mut prose = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            let parts = line.split('`').enumerate();
            let outside = parts.map(|(part, text)| if part % 2 == 0 { text } else { "code" });
            prose.push((number + 1, outside.collect()));
        }
    }
    prose
}

/// Returns the targets of all links and pictures, with the numbers of their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        for after in line.split("](").skip(1) {
            let target = after.split(')').next().expect("split gives one part");
            links.push((number, target.to_owned()));
        }
    }
    links
}

/// Returns the anchors of all headings, as GitHub and mdBook make them.
fn anchors(text: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut is_code = false;
    let mut anchors = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        let heading = line.trim_start_matches('#');
        if is_code || !line.starts_with('#') || !heading.starts_with(' ') {
            continue;
        }
        let anchor = slug(heading.trim());
        let times = seen.entry(anchor.clone()).or_default();
        anchors.push(if *times == 0 {
            anchor
        } else {
            format!("{anchor}-{times}")
        });
        *times += 1;
    }
    anchors
}

fn slug(heading: &str) -> String {
    let letters = heading.chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        _ if letter.is_alphanumeric() => Some(letter),
        _ => None,
    });
    letters.flat_map(char::to_lowercase).collect()
}
