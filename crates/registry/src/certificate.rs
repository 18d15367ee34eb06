//! Certificates of authorities that this machine does not know.

use std::fmt;

/// The certificates of authorities that sign registries, beyond those the machine trusts.
#[derive(Clone)]
pub struct CertificateAuthority {
    name: String,
    pub(crate) certificates: Vec<reqwest::Certificate>,
}

/// Why a file is no certificate.
#[derive(Debug, thiserror::Error)]
#[error("{name} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")]
#[non_exhaustive]
pub struct CertificateError {
    /// What the bytes are called: the file's path.
    pub name: String,
}

impl CertificateAuthority {
    /// Reads the certificates of a PEM file: one, or a bundle.
    ///
    /// `name` is what errors call it.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] when there is none in it.
    pub fn from_pem(name: impl Into<String>, pem: &[u8]) -> Result<Self, CertificateError> {
        let name = name.into();
        match reqwest::Certificate::from_pem_bundle(pem) {
            Ok(certificates) if !certificates.is_empty() => Ok(Self { name, certificates }),
            _ => Err(CertificateError { name }),
        }
    }
}

impl fmt::Debug for CertificateAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CertificateAuthority")
            .field(&self.name)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_said_so() {
        let error = CertificateAuthority::from_pem("ca.pem", b"hello").unwrap_err();
        assert_eq!(
            error.to_string(),
            "ca.pem holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
        );
    }
}
