//! Which authorities are trusted beside those of the platform.

use reqwest::Certificate;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// A text has no certificates that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it has no certificates in PEM that can be trusted: {why}")]
pub struct BadCertificates {
    why: String,
}

/// The certificates in a text. What else stands there, such as a key, is passed over.
pub(super) fn read(pem: &[u8]) -> Result<Vec<Certificate>, BadCertificates> {
    let bad = |why: &dyn std::fmt::Display| BadCertificates { why: why.to_string() };
    let mut read = Vec::new();
    for found in CertificateDer::pem_slice_iter(pem) {
        let found = found.map_err(|error| bad(&error))?;
        read.push(Certificate::from_der(&found).map_err(|error| bad(&error))?);
        // The client takes anything, and fails only when it is made.
        RootCertStore::empty().add(found).map_err(|error| bad(&error))?;
    }
    if read.is_empty() {
        return Err(bad(&"there is no `-----BEGIN CERTIFICATE-----`"));
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_certificates_is_refused_with_the_reason() {
        let said = |pem: &str| read(pem.as_bytes()).unwrap_err().to_string();
        assert!(said("").contains("BEGIN CERTIFICATE"), "{}", said(""));
        assert!(said("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").contains("BEGIN CERTIFICATE"));
        let open = said("-----BEGIN CERTIFICATE-----\nAAAA\n");
        assert!(open.contains("END CERTIFICATE") || open.contains("end marker"), "{open}");
        let none = said("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert!(none.contains("invalid peer certificate"), "{none}");
    }
}
