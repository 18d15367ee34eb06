//! Names that may have been meant.

/// So many names are offered.
const MOST: usize = 3;

/// How alike two names must be, from 0 to 1.
const ALIKE: f64 = 0.5;

/// A name this much less alike than the best one is not what was meant.
const WORSE: f64 = 0.2;

/// Returns the names most like the one given, best first: those it is a part of, and those much like it.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let name = name.to_lowercase();
    let likeness = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let is_part = name.len() > 2 && (candidate.contains(&name) || name.contains(&candidate));
        let alike = strsim::normalized_damerau_levenshtein(&name, &candidate);
        if is_part { 1.0 + alike } else { alike }
    };
    let mut found: Vec<(f64, &str)> = known
        .map(|candidate| (likeness(candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let best = found.first().map_or(0.0, |(likeness, _)| *likeness);
    found.retain(|(likeness, _)| best - likeness <= WORSE);
    let names = found.into_iter().take(MOST);
    names.map(|(_, name)| name.to_owned()).collect()
}

/// Returns a question to put behind an error, empty where no name is near.
pub(crate) fn question(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        [one] => format!(": did you mean {one}?"),
        [first @ .., last] => format!(": did you mean {} or {last}?", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_and_a_part_find_their_name() {
        let known = ["n1-standard-16", "n1-standard-64", "p5.48xlarge"];
        let near = |name: &str| nearest(name, known.into_iter());
        assert_eq!(near("n1-standrad-16")[0], "n1-standard-16");
        assert_eq!(near("p5"), [] as [&str; 0]);
        assert_eq!(near("p5.4"), ["p5.48xlarge"]);
        assert!(near("toaster").is_empty());
    }

    #[test]
    fn several_names_make_one_question() {
        let names = ["a".to_owned(), "b".to_owned()];
        assert_eq!(question(&names), ": did you mean a or b?");
        assert_eq!(question(&[]), "");
    }
}
