//! Tokens for anonymous clients, by way of `oci-client`.

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference as OciReference, RegistryOperation};
use pullstudy_image::Reference;
use reqwest::header::HeaderValue;

use crate::transport::root_cause;
use crate::{ClientOptions, TransportError};

/// Follows the registry's challenge to its token service and returns what to put into `Authorization`.
pub(crate) async fn anonymous_token(
    reference: &Reference,
    options: &ClientOptions,
) -> Result<HeaderValue, TransportError> {
    let token = ask(reference, options)
        .await
        .map_err(|error| refused(reference, &error))?
        // The challenge asks for a password, not for a token.
        .ok_or_else(|| unauthorized(reference, None))?;
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|error| unauthorized(reference, Some(Box::new(error))))?;
    value.set_sensitive(true);
    Ok(value)
}

async fn ask(
    reference: &Reference,
    options: &ClientOptions,
) -> Result<Option<String>, OciDistributionError> {
    let protocol = if options.plain_http.applies_to(reference) {
        ClientProtocol::Http
    } else {
        ClientProtocol::Https
    };
    let client = Client::try_from(ClientConfig {
        protocol,
        connect_timeout: Some(options.connect_timeout),
        read_timeout: Some(options.stall_timeout),
        ..ClientConfig::default()
    })?;
    let image = OciReference::with_tag(
        reference.registry().to_owned(),
        reference.repository().to_owned(),
        reference.tag_or_latest().to_owned(),
    );
    client
        .auth(&image, &RegistryAuth::Anonymous, RegistryOperation::Pull)
        .await
}

fn refused(reference: &Reference, error: &OciDistributionError) -> TransportError {
    match error {
        OciDistributionError::RequestError(_) => TransportError::Interrupted {
            registry: reference.registry().to_owned(),
            source: root_cause(error),
        },
        _ => unauthorized(reference, Some(root_cause(error))),
    }
}

fn unauthorized(
    reference: &Reference,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
) -> TransportError {
    TransportError::Unauthorized {
        registry: reference.registry().to_owned(),
        source,
    }
}
