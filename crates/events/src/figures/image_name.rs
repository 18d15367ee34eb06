//! The parts of a reference as a kubelet writes it, whether it is well formed or not.

/// `REPOSITORY[:TAG][@DIGEST]`, each part borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ImageName<'a> {
    reference: &'a str,
    pub(super) repository: &'a str,
    pub(super) tag: Option<&'a str>,
}

impl<'a> ImageName<'a> {
    pub(super) fn of(reference: &'a str) -> Self {
        let (tagged, _digest) = reference.split_once('@').unwrap_or((reference, ""));
        // A colon before a slash is that of a port.
        let split = tagged
            .rsplit_once(':')
            .filter(|(_, tag)| !tag.contains('/'));
        Self {
            reference,
            repository: split.map_or(tagged, |(repository, _)| repository),
            tag: split.map(|(_, tag)| tag),
        }
    }

    /// The last part of the path with all that follows: `app:1` of `ghcr.io/a/app:1`.
    pub(super) fn name(&self) -> &'a str {
        &self.reference[self.repository.len() - self.last_part().len()..]
    }

    /// The last part of the path: `app` of `ghcr.io/a/app:1`.
    pub(super) fn last_part(&self) -> &'a str {
        self.repository
            .rsplit('/')
            .next()
            .unwrap_or(self.repository)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_found() {
        let cases = [
            ("app", "app", None, "app"),
            ("ghcr.io/a/app:1", "ghcr.io/a/app", Some("1"), "app:1"),
            ("localhost:5000/app", "localhost:5000/app", None, "app"),
            (
                "localhost:5000/a/app:1@sha256:00",
                "localhost:5000/a/app",
                Some("1"),
                "app:1@sha256:00",
            ),
            ("a/app@sha256:00", "a/app", None, "app@sha256:00"),
            ("", "", None, ""),
            ("a/", "a/", None, ""),
            (":", "", Some(""), ":"),
        ];
        for (reference, repository, tag, name) in cases {
            let image = ImageName::of(reference);
            assert_eq!(
                (image.repository, image.tag, image.name()),
                (repository, tag, name),
                "{reference}"
            );
        }
    }
}
