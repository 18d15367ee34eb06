//! What is asked of a registry.

use pullstudy_image::Reference;
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};

use super::Payload;
use crate::auth::Access;

/// A request to a registry.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    /// Names registry and repository.
    pub(crate) reference: &'a Reference,
    pub(crate) target: Target<'a>,
    pub(crate) headers: HeaderMap,
    pub(crate) access: Access,
    pub(crate) payload: Payload,
}

/// Where a request goes.
#[derive(Clone)]
pub(crate) enum Target<'a> {
    /// A path below the repository, such as `tags/list`.
    Path(&'a str),
    /// An address that the registry gave.
    Url(Url),
}

impl<'a> Request<'a> {
    /// A request that reads, without a body.
    pub(crate) fn read(method: Method, reference: &'a Reference, target: Target<'a>) -> Self {
        Self::new(method, reference, target, Access::Pull)
    }

    /// A request that writes, without a body.
    pub(crate) fn write(method: Method, reference: &'a Reference, target: Target<'a>) -> Self {
        Self::new(method, reference, target, Access::Push)
    }

    pub(crate) fn new(
        method: Method,
        reference: &'a Reference,
        target: Target<'a>,
        access: Access,
    ) -> Self {
        Self {
            method,
            reference,
            target,
            headers: HeaderMap::new(),
            access,
            payload: Payload::Empty,
        }
    }

    pub(crate) fn accept(mut self, accept: &'static str) -> Self {
        let value = HeaderValue::from_static(accept);
        self.headers.insert(ACCEPT, value);
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        // What cannot be a header's value is left out, and the registry says what it misses.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }
}
