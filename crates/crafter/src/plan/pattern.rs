//! Picking tags by pattern.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// A pattern of tags: `*` stands for any characters, `?` for any one.
///
/// # Examples
///
/// ```
/// use pullstudy_crafter::TagPattern;
///
/// let pattern: TagPattern = "9-layers-*".parse()?;
/// assert!(pattern.matches("9-layers-size-53702097-bytes"));
/// assert!(!pattern.matches("19-layers-size-53702097-bytes"));
/// # Ok::<(), std::convert::Infallible>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagPattern(String);

impl TagPattern {
    /// Returns the pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether a whole tag matches.
    pub fn matches(&self, tag: &str) -> bool {
        matches(self.0.as_bytes(), tag.as_bytes())
    }
}

/// Matches greedily, and goes back to the last `*` when that fails; tags are ASCII.
fn matches(pattern: &[u8], tag: &[u8]) -> bool {
    let (mut at, mut star) = ((0, 0), None);
    while at.1 < tag.len() {
        match pattern.get(at.0) {
            Some(b'*') => {
                star = Some(at);
                at.0 += 1;
            }
            Some(&byte) if byte == b'?' || byte == tag[at.1] => at = (at.0 + 1, at.1 + 1),
            _ => match star {
                Some((pattern_at, tag_at)) => {
                    star = Some((pattern_at, tag_at + 1));
                    at = (pattern_at + 1, tag_at + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at.0..].iter().all(|byte| *byte == b'*')
}

impl FromStr for TagPattern {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for TagPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, tag, expected) in [
            ("*", "", true),
            ("*", "anything", true),
            ("a*c", "abbbc", true),
            ("a*c", "ac", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*c", "acd", false),
            ("?-layers", "9-layers", true),
            ("?-layers", "19-layers", false),
            ("", "a", false),
            ("*-bytes", "9-bytes-bytes", true),
        ] {
            assert_eq!(
                pattern.parse::<TagPattern>().unwrap().matches(tag),
                expected,
                "{pattern} {tag}"
            );
        }
    }
}
