//! What a group of rows has in common.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// One value of a [`Key`].
///
/// Null comes first, then numbers, then texts; runs of digits in texts are compared as numbers, so that
/// `size-9-bytes` comes before `size-10-bytes`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyValue {
    /// It is not known, or nothing matches.
    Null,
    /// A count, such as of nodes.
    Number(u64),
    /// A text.
    Text(Arc<str>),
}

/// The values of a group, one a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub Vec<KeyValue>);

impl KeyValue {
    /// Returns the value as text; `None` for null.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Number(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.to_string()),
        }
    }
}

impl From<Option<u32>> for KeyValue {
    fn from(number: Option<u32>) -> Self {
        number.map_or(Self::Null, |number| Self::Number(number.into()))
    }
}

impl From<Option<&str>> for KeyValue {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }
}

impl From<&Option<Arc<str>>> for KeyValue {
    fn from(text: &Option<Arc<str>>) -> Self {
        text.as_ref()
            .map_or(Self::Null, |text| Self::Text(Arc::clone(text)))
    }
}

/// Prints null as `-`.
impl fmt::Display for KeyValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.pad("-"),
            Self::Number(number) => fmt::Display::fmt(number, formatter),
            Self::Text(text) => formatter.pad(text),
        }
    }
}

impl Ord for KeyValue {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => natural_order(a, b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for KeyValue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl KeyValue {
    /// The text, shared; `None` for what is none.
    pub(super) fn to_shared(&self) -> Option<Arc<str>> {
        match self {
            Self::Text(text) => Some(Arc::clone(text)),
            Self::Null | Self::Number(_) => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Number(_) => 1,
            Self::Text(_) => 2,
        }
    }
}

/// Compares runs of digits as numbers and all else as text. Texts that differ are never equal: `01` and `1`
/// are told apart as text.
pub(super) fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while !left.is_empty() && !right.is_empty() {
        let (run_a, rest_a) = first_run(left);
        let (run_b, rest_b) = first_run(right);
        let order = compare_runs(run_a, run_b);
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (rest_a, rest_b);
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// Splits off the digits that a text starts with, or else all before the first digit.
fn first_run(text: &str) -> (&str, &str) {
    let starts_with_digit = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != starts_with_digit);
    text.split_at(end.unwrap_or(text.len()))
}

fn compare_runs(a: &str, b: &str) -> Ordering {
    if a.starts_with(|c: char| c.is_ascii_digit()) && b.starts_with(|c: char| c.is_ascii_digit()) {
        let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
        a.len().cmp(&b.len()).then_with(|| a.cmp(b))
    } else {
        a.cmp(b)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_in_texts_count_as_numbers() {
        let sorted = [
            "", "0", "00", "01", "1", "2", "10", "a", "a9", "a9b", "a10", "a10-1", "a10-02", "b",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(natural_order(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
    }

    #[test]
    fn null_comes_before_numbers_and_numbers_before_texts() {
        let text = KeyValue::from(Some("1"));
        let number = KeyValue::from(Some(4_u32));
        assert!(KeyValue::Null < number && number < KeyValue::from(Some(16_u32)) && number < text);
    }

    proptest! {
        #[test]
        fn the_order_is_one(
            a in "[ab0-2]{0,5}", b in "[ab0-2]{0,5}", c in "[ab0-2]{0,5}",
        ) {
            prop_assert_eq!(natural_order(&a, &b), natural_order(&b, &a).reverse());
            prop_assert_eq!(natural_order(&a, &b) == Ordering::Equal, a == b);
            if natural_order(&a, &b).is_le() && natural_order(&b, &c).is_le() {
                prop_assert!(natural_order(&a, &c).is_le());
            }
        }
    }
}
