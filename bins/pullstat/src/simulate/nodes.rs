//! Numbers of nodes on the command line: `nodes=4..4096`.

use std::str::FromStr;

/// Numbers of nodes, ascending, at least one, none of them 0.
#[derive(Debug, Clone)]
pub(super) struct Nodes(Vec<u32>);

impl Nodes {
    pub(super) fn counts(&self) -> &[u32] {
        &self.0
    }
}

impl FromStr for Nodes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let list = text
            .strip_prefix("nodes=")
            .ok_or("only nodes are swept: write nodes=4..4096")?;
        let mut counts = match list.split_once("..") {
            Some((first, last)) => doubling(count(first)?, count(last)?)?,
            None => list.split(',').map(count).collect::<Result<_, _>>()?,
        };
        counts.sort_unstable();
        counts.dedup();
        Ok(Self(counts))
    }
}

fn count(text: &str) -> Result<u32, String> {
    let count = text.trim().parse::<u32>().ok().filter(|&count| count > 0);
    count.ok_or_else(|| format!("{text:?} is no number of nodes: give 1 or more"))
}

/// Doubles from the first as long as it is below the last, which ends the list.
fn doubling(first: u32, last: u32) -> Result<Vec<u32>, String> {
    if last < first {
        return Err(format!(
            "{first}..{last} goes down: write the smaller number first"
        ));
    }
    let mut counts: Vec<u32> = std::iter::successors(Some(first), |count| count.checked_mul(2))
        .take_while(|&count| count < last)
        .collect();
    counts.push(last);
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> Result<Vec<u32>, String> {
        text.parse::<Nodes>().map(|nodes| nodes.0)
    }

    #[test]
    fn nodes_double_or_are_listed() {
        assert_eq!(counts("nodes=4..32"), Ok(vec![4, 8, 16, 32]));
        assert_eq!(counts("nodes=4..20"), Ok(vec![4, 8, 16, 20]));
        assert_eq!(counts("nodes=7..7"), Ok(vec![7]));
        assert_eq!(counts("nodes=16,4,4"), Ok(vec![4, 16]));
    }

    #[test]
    fn what_is_no_number_says_so() {
        for (text, part) in [
            ("4..8", "nodes=4..4096"),
            ("nodes=0..8", "give 1 or more"),
            ("nodes=8..4", "goes down"),
            ("nodes=", "give 1 or more"),
            ("nodes=4..4294967296", "no number of nodes"),
        ] {
            assert!(counts(text).unwrap_err().contains(part), "{text}");
        }
    }
}
