//! Small answers, read whole: lists, manifests, configs.

use pullstudy_image::Reference;
use reqwest::header::{HeaderMap, LINK};
use reqwest::{Method, Response, Url};

use crate::link::next_link;
use crate::transport::{Request, Target};
use crate::{Client, TransportError};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// A path below the reference's repository.
    Path(String),
    /// An address that the registry gave.
    Url(Url),
}

/// An answer.
pub(crate) struct Whole {
    url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum WholeError {
    Transport(TransportError),
    /// It is larger than was allowed.
    TooLarge,
}

impl Whole {
    /// Returns where it came from.
    pub(crate) fn place(&self) -> Place {
        Place::Url(self.url.clone())
    }

    /// Returns where the list that this is a page of goes on.
    ///
    /// A registry behind a proxy that does TLS for it may think that it speaks plain HTTP: on the same host, the scheme
    /// of this page stays.
    pub(crate) fn next(&self) -> Option<Place> {
        let values = self.headers.get_all(LINK).into_iter();
        let target = values
            .filter_map(|value| next_link(value.to_str().ok()?))
            .next()?;
        let mut url = self.url.join(target).ok()?;
        if url.host() == self.url.host() && url.scheme() != self.url.scheme() {
            let mut own = self.url.clone();
            own.set_path(url.path());
            own.set_query(url.query());
            url = own;
        }
        matches!(url.scheme(), "http" | "https").then_some(Place::Url(url))
    }
}

impl Client {
    /// Gets an answer of at most `limit_bytes`.
    pub(crate) async fn whole(
        &self,
        reference: &Reference,
        place: &Place,
        accept: &'static str,
        limit_bytes: usize,
    ) -> Result<Whole, WholeError> {
        let mut attempts = self.transport.attempts();
        loop {
            let error = match self.whole_once(reference, place, accept, limit_bytes).await {
                Err(WholeError::Transport(error)) => error,
                result => return result,
            };
            let paused = self.transport.pause(&mut attempts, error).await;
            paused.map_err(WholeError::Transport)?;
        }
    }

    async fn whole_once(
        &self,
        reference: &Reference,
        place: &Place,
        accept: &'static str,
        limit_bytes: usize,
    ) -> Result<Whole, WholeError> {
        let target = match place {
            Place::Path(path) => Target::Path(path),
            Place::Url(url) => Target::Url(url.clone()),
        };
        let request = Request::read(Method::GET, reference, target).accept(accept);
        let response = self.transport.send_once(&request).await;
        let response = response.map_err(WholeError::Transport)?;
        self.read_whole(reference, response, limit_bytes).await
    }

    async fn read_whole(
        &self,
        reference: &Reference,
        mut response: Response,
        limit_bytes: usize,
    ) -> Result<Whole, WholeError> {
        let (url, headers) = (response.url().clone(), response.headers().clone());
        let mut body = Vec::new();
        loop {
            let chunk = self.transport.wait(reference, response.chunk()).await;
            let Some(chunk) = chunk.map_err(WholeError::Transport)? else {
                return Ok(Whole { url, headers, body });
            };
            if body.len() + chunk.len() > limit_bytes {
                return Err(WholeError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn pages_are_found_from_the_page_before() {
        let next = |page: &str, link: &str| {
            let mut headers = HeaderMap::new();
            headers.append(LINK, HeaderValue::from_static("<x>; rel=\"prev\""));
            headers.append(LINK, link.parse().unwrap());
            let whole = Whole {
                url: page.parse().unwrap(),
                headers,
                body: Vec::new(),
            };
            match whole.next() {
                Some(Place::Url(url)) => url.to_string(),
                _ => "none".to_owned(),
            }
        };
        let page = "https://ghcr.io/v2/a/b/tags/list?n=2";
        for (link, expected) in [
            (
                "</v2/a/b/tags/list?last=x>; rel=next",
                "https://ghcr.io/v2/a/b/tags/list?last=x",
            ),
            (
                "<?last=x>; rel=next",
                "https://ghcr.io/v2/a/b/tags/list?last=x",
            ),
            (
                "<list?last=x>; rel=next",
                "https://ghcr.io/v2/a/b/tags/list?last=x",
            ),
            (
                "<http://ghcr.io/v2/a/b/tags/list?last=x>; rel=next",
                "https://ghcr.io/v2/a/b/tags/list?last=x",
            ),
            (
                "<https://elsewhere.io/v2/a>; rel=next",
                "https://elsewhere.io/v2/a",
            ),
            ("<file:///etc/passwd>; rel=next", "none"),
            ("<http://[>; rel=next", "none"),
            ("<x>; rel=last", "none"),
        ] {
            assert_eq!(next(page, link), expected, "{link}");
        }
    }
}
