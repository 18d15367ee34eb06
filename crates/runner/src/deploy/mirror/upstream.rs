//! Registries that are mirrored.

use std::collections::BTreeMap;
use std::str::FromStr;

use pullstudy_image::Reference;

use super::super::error::DeployError;
use super::super::names::check_label;
use super::super::site::Site;

/// A registry that is mirrored: the host that references name, and the URL where it is reached.
///
/// # Examples
///
/// ```
/// use pullstudy_runner::Upstream;
///
/// let upstream: Upstream = "docker.io".parse()?;
/// assert_eq!((upstream.host(), upstream.url()), ("docker.io", "https://registry-1.docker.io"));
/// let upstream: Upstream = "registry.lab:5000=http://10.0.0.7:5000".parse()?;
/// assert_eq!((upstream.host(), upstream.url()), ("registry.lab:5000", "http://10.0.0.7:5000"));
/// # Ok::<(), pullstudy_runner::DeployError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    host: String,
    url: String,
}

impl Upstream {
    /// Returns the host that references name, with its port where it has one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns where the registry is reached.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name of its registry, service and claim at a site.
    pub(super) fn name(&self, site: &Site) -> String {
        format!(
            "{}-{}",
            site.name(),
            self.host.replace(['.', ':', '_'], "-")
        )
    }
}

impl FromStr for Upstream {
    type Err = DeployError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || DeployError::Upstream {
            text: text.to_owned(),
        };
        let (host, url) = match text.split_once('=') {
            Some((host, url)) => (host, Some(url.trim_end_matches('/'))),
            None => (text, None),
        };
        let host = registry(host).ok_or_else(error)?;
        let url = match url {
            Some(url) if is_base_url(url) => url.to_owned(),
            Some(_) => return Err(error()),
            None if host == "docker.io" => "https://registry-1.docker.io".to_owned(),
            None => format!("https://{host}"),
        };
        Ok(Self { host, url })
    }
}

/// The host as references have it, if it can be one.
fn registry(host: &str) -> Option<String> {
    let reference: Reference = format!("{host}/repository").parse().ok()?;
    let same = reference.registry() == host.replace("index.docker.io", "docker.io");
    let lower_case = host.bytes().all(|byte| !byte.is_ascii_uppercase());
    // A host in brackets could be no name of a service.
    let plain = !host.contains(['/', '[']) && lower_case;
    (same && plain).then(|| reference.registry().to_owned())
}

/// `http://HOST[:PORT]` or `https://HOST[:PORT]`, and nothing that could end a string of TOML.
pub(super) fn is_base_url(url: &str) -> bool {
    let host = url.strip_prefix("https://").or(url.strip_prefix("http://"));
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]_/".contains(&byte);
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && host.bytes().all(inner))
}

/// Checks that there are registries, each once, and that the names of their mirrors differ and are valid.
pub(super) fn check_names(upstreams: &[Upstream], site: &Site) -> Result<(), DeployError> {
    let what = "the number of registries to mirror";
    if upstreams.is_empty() {
        return Err(DeployError::Zero { what });
    }
    let mut names = BTreeMap::new();
    for upstream in upstreams {
        let name = upstream.name(site);
        check_label("the mirror's name", &name)?;
        match names.insert(name.clone(), upstream.host()) {
            Some(other) if other == upstream.host() => {
                return Err(DeployError::UpstreamTwice {
                    host: other.to_owned(),
                });
            }
            Some(other) => {
                return Err(DeployError::UpstreamsAlike {
                    one: other.to_owned(),
                    other: upstream.host().to_owned(),
                    name,
                });
            }
            None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_a_host_with_a_port_perhaps() {
        for good in [
            "ghcr.io",
            "localhost",
            "127.0.0.1:5000",
            "index.docker.io",
            "r.lab:80=http://[fd00::1]:80/",
        ] {
            assert!(good.parse::<Upstream>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "ghcr",
            "ghcr.io/org",
            "https://ghcr.io",
            "Ghcr.io",
            "a.b=",
            "a.b=ftp://x",
            "a.b=http://",
            "a.b=https://x\"y",
            "a b.c",
            "a.b:x",
            "[::1]:5000",
        ] {
            assert!(bad.parse::<Upstream>().is_err(), "{bad}");
        }
    }

    #[test]
    fn two_mirrors_do_not_share_a_name() {
        let site = Site::new("pullstudy", "mirror").unwrap();
        let check = |texts: &[&str]| {
            let upstreams: Vec<_> = texts.iter().map(|text| text.parse().unwrap()).collect();
            check_names(&upstreams, &site).map_err(|error| error.to_string())
        };
        assert!(check(&["docker.io", "ghcr.io"]).is_ok());
        assert!(
            check(&["ghcr.io", "ghcr.io"])
                .unwrap_err()
                .contains("twice")
        );
        let alike = check(&["a.b:5", "a-b.5"]).unwrap_err();
        assert!(alike.contains("mirror-a-b-5"), "{alike}");
        let long = format!("{}.io", "a".repeat(60));
        assert!(check(&[&long]).is_err());
        assert!(check(&[]).is_err());
    }
}
