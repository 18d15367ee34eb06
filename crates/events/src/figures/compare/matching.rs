//! Which images of two sets are the same.

use std::collections::{BTreeMap, BTreeSet};

use super::super::image_name::ImageName;

/// When an image of one set is that of the other.
///
/// Images are matched one to one: what stands for several images of one set is no match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MatchBy {
    /// The references are equal; of the rest, the last parts of the path with tag; of the rest, the tags, if
    /// they are not `latest` and the last parts of the path are much alike (`study-run1:1` and `study:1`).
    #[default]
    Auto,
    /// The references are equal.
    Reference,
    /// The references are equal; of the rest, the last parts of the path with tag: another registry.
    Name,
    /// The references are equal; of the rest, the tags: another repository.
    Tag,
}

impl MatchBy {
    /// All there are.
    pub const ALL: &[Self] = &[Self::Auto, Self::Reference, Self::Name, Self::Tag];

    /// Returns the name as it stands in files, such as `tag`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Reference => "reference",
            Self::Name => "name",
            Self::Tag => "tag",
        }
    }
}

/// How much alike two names are whose tags may match by themselves: 1 is equal.
const ALIKE: f64 = 0.7;

/// An image of each set, and what they have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ImagePair<'a> {
    pub(super) a: &'a str,
    pub(super) b: &'a str,
    /// The reference, the name or the tag that is equal.
    pub(super) common: &'a str,
    pub(super) matched_by: MatchBy,
}

/// Matches images one to one, by what makes the surer match first.
pub(super) fn pair_images<'a>(
    a: &BTreeSet<&'a str>,
    b: &BTreeSet<&'a str>,
    match_by: MatchBy,
) -> Vec<ImagePair<'a>> {
    let steps: &[Step] = match match_by {
        MatchBy::Reference => &[BY_REFERENCE],
        MatchBy::Name => &[BY_REFERENCE, BY_NAME],
        MatchBy::Tag => &[BY_REFERENCE, BY_TAG],
        MatchBy::Auto => &[BY_REFERENCE, BY_NAME, BY_TAG_OF_ALIKE],
    };
    let (mut a, mut b) = (a.clone(), b.clone());
    let mut pairs = Vec::new();
    for step in steps {
        let found = step.pairs(&a, &b);
        a.retain(|image| !found.iter().any(|pair| pair.a == *image));
        b.retain(|image| !found.iter().any(|pair| pair.b == *image));
        pairs.extend(found);
    }
    pairs
}

/// One way to match images.
struct Step {
    matched_by: MatchBy,
    common: for<'a> fn(&'a str) -> Option<&'a str>,
    may_match: fn(&str, &str) -> bool,
}

const BY_REFERENCE: Step = Step {
    matched_by: MatchBy::Reference,
    common: |image| Some(image),
    may_match: |_, _| true,
};
const BY_NAME: Step = Step {
    matched_by: MatchBy::Name,
    common: |image| Some(ImageName::of(image).name()),
    may_match: |_, _| true,
};
const BY_TAG: Step = Step {
    matched_by: MatchBy::Tag,
    common: |image| ImageName::of(image).tag,
    may_match: |_, _| true,
};
const BY_TAG_OF_ALIKE: Step = Step {
    may_match: are_alike,
    ..BY_TAG
};

fn are_alike(a: &str, b: &str) -> bool {
    let (a, b) = (ImageName::of(a), ImageName::of(b));
    let likeness = strsim::normalized_levenshtein(a.last_part(), b.last_part());
    a.tag != Some("latest") && likeness >= ALIKE
}

impl Step {
    fn pairs<'a>(&self, a: &BTreeSet<&'a str>, b: &BTreeSet<&'a str>) -> Vec<ImagePair<'a>> {
        let b = self.by_common(b);
        let pair = |(common, a): (&'a str, Option<&'a str>)| {
            let (a, b) = (a?, (*b.get(common)?)?);
            (self.may_match)(a, b).then_some(ImagePair {
                a,
                b,
                common,
                matched_by: self.matched_by,
            })
        };
        self.by_common(a).into_iter().filter_map(pair).collect()
    }

    /// The image that has each name; `None` where several have it.
    fn by_common<'a>(&self, images: &BTreeSet<&'a str>) -> BTreeMap<&'a str, Option<&'a str>> {
        let mut found = BTreeMap::new();
        for &image in images {
            if let Some(common) = (self.common)(image) {
                let only = found.entry(common).or_insert(Some(image));
                *only = only.filter(|only| *only == image);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(a: &[&str], b: &[&str], match_by: MatchBy) -> Vec<String> {
        let (a, b) = (a.iter().copied().collect(), b.iter().copied().collect());
        let pairs = pair_images(&a, &b, match_by);
        let text = |pair: &ImagePair<'_>| {
            format!("{} {} {} {}", pair.a, pair.b, pair.common, pair.matched_by)
        };
        pairs.iter().map(text).collect()
    }

    #[test]
    fn each_way_takes_what_it_may() {
        let a = [
            "g.io/x/app:1",
            "g.io/x/same:1",
            "g.io/x/study-run1:9-layers",
            "g.io/x/other:v2",
        ];
        let b = [
            "h.io/y/app:1",
            "g.io/x/same:1",
            "h.io/y/study-run2:9-layers",
            "h.io/y/unlike:v2",
        ];
        let same = "g.io/x/same:1 g.io/x/same:1 g.io/x/same:1 reference";
        let app = "g.io/x/app:1 h.io/y/app:1 app:1 name";
        let study = "g.io/x/study-run1:9-layers h.io/y/study-run2:9-layers 9-layers tag";
        let other = "g.io/x/other:v2 h.io/y/unlike:v2 v2 tag";
        assert_eq!(pairs(&a, &b, MatchBy::Reference), [same]);
        assert_eq!(pairs(&a, &b, MatchBy::Name), [same, app]);
        assert_eq!(pairs(&a, &b, MatchBy::Auto), [same, app, study]);
        let app_by_tag = "g.io/x/app:1 h.io/y/app:1 1 tag";
        assert_eq!(
            pairs(&a, &b, MatchBy::Tag),
            [same, app_by_tag, study, other]
        );
    }

    #[test]
    fn what_stands_for_several_images_is_no_match() {
        let (a, b) = (["x/a:1", "y/a:1"], ["z/a:1"]);
        for match_by in MatchBy::ALL {
            assert_eq!(pairs(&a, &b, *match_by), [""; 0], "{match_by}");
            assert_eq!(pairs(&b, &a, *match_by), [""; 0], "{match_by}");
        }
    }

    #[test]
    fn tags_that_mean_nothing_do_not_match_by_themselves() {
        assert_eq!(
            pairs(&["x/app-1:latest"], &["y/app-2:latest"], MatchBy::Auto),
            [""; 0]
        );
        assert_eq!(pairs(&["x/app"], &["y/other"], MatchBy::Tag), [""; 0]);
    }
}
