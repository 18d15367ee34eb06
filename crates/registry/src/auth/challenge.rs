//! What a registry wants to see, from its `WWW-Authenticate` headers.

use http_auth::ChallengeParser;

/// How a registry wants its clients to authenticate.
///
/// # Examples
///
/// ```
/// use pullstudy_registry::Challenge;
///
/// let header = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io""#;
/// let Some(Challenge::Bearer { realm, service, .. }) = Challenge::parse([header]) else { panic!() };
/// assert_eq!(realm, "https://auth.docker.io/token");
/// assert_eq!(service.as_deref(), Some("registry.docker.io"));
/// ```
///
/// # Source
///
/// RFC 9110, section 11; CNCF distribution, "Token Authentication Specification".
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenge {
    /// A token of a token service.
    #[non_exhaustive]
    Bearer {
        /// The address of the token service.
        realm: String,
        /// What the token service calls the registry.
        service: Option<String>,
        /// What the request would have needed.
        scope: Option<String>,
    },
    /// Name and password, with every request.
    Basic,
}

impl Challenge {
    /// Reads the headers' values; of several challenges a token is preferred. `None` when none is understood.
    pub fn parse<'h>(headers: impl IntoIterator<Item = &'h str>) -> Option<Self> {
        let mut basic = None;
        for header in headers {
            for challenge in ChallengeParser::new(header).map_while(Result::ok) {
                if challenge.scheme.eq_ignore_ascii_case("bearer") {
                    if let Some(bearer) = bearer(&challenge) {
                        return Some(bearer);
                    }
                } else if challenge.scheme.eq_ignore_ascii_case("basic") {
                    basic = Some(Self::Basic);
                }
            }
        }
        basic
    }
}

fn bearer(challenge: &http_auth::ChallengeRef<'_>) -> Option<Challenge> {
    let parameter = |name: &str| {
        let mut all = challenge.params.iter();
        let (_, value) = all.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value.to_unescaped())
    };
    Some(Challenge::Bearer {
        realm: parameter("realm")?,
        service: parameter("service"),
        scope: parameter("scope"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_registries_are_understood() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull""#;
        let expected = Challenge::Bearer {
            realm: "https://auth.docker.io/token".into(),
            service: Some("registry.docker.io".into()),
            scope: Some("repository:library/busybox:pull".into()),
        };
        assert_eq!(Challenge::parse([hub]), Some(expected));
        let debian = r#"Basic realm="Registry Realm""#;
        assert_eq!(Challenge::parse([debian]), Some(Challenge::Basic));
    }

    #[test]
    fn a_token_is_preferred_in_whatever_order() {
        for headers in [
            [r#"Basic realm="r""#, r#"bearer realm="https://t""#],
            [r#"BEARER REALM="https://t""#, r#"Basic realm="r""#],
        ] {
            assert!(matches!(
                Challenge::parse(headers),
                Some(Challenge::Bearer { .. })
            ));
        }
    }

    #[test]
    fn others_are_not_understood() {
        for header in [
            "",
            "Negotiate",
            "Bearer",
            r#"Bearer service="x""#,
            "\"",
            "Bearer realm=",
        ] {
            assert_eq!(Challenge::parse([header]), None, "{header}");
        }
    }
}
