//! Certificates of an authority of the test's own, and the files that a process reads them from.

use std::path::{Path, PathBuf};

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tempfile::TempDir;

use crate::folder;

/// Who signs certificates.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate, PEM.
    pub certificate: String,
}

/// A certificate with its key, PEM.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

impl Authority {
    /// One that nobody knows yet.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new() -> anyhow::Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "the test's authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    /// A certificate for a server and caller with these names or addresses, good for a long time.
    ///
    /// # Errors
    /// When a name is not one.
    pub fn issue(&self, names: &[&str]) -> anyhow::Result<Issued> {
        self.issue_until(names, 2400)
    }

    /// As [`Authority::issue`], good until the year `until`.
    ///
    /// # Errors
    /// When a name is not one.
    pub fn issue_until(&self, names: &[&str], until: i32) -> anyhow::Result<Issued> {
        let key = KeyPair::generate()?;
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params.not_after = date_time_ymd(until, 1, 1);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Issued { certificate, key: key.serialize_pem() })
    }
}

/// Files as a Secret of Kubernetes has them in a pod: `tls.crt`, `tls.key`, `ca.crt`.
#[derive(Debug)]
pub struct TlsFiles {
    folder: TempDir,
}

impl TlsFiles {
    /// Files with a certificate and the certificates of the authorities to believe.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn new(issued: &Issued, authorities: &[&Authority]) -> anyhow::Result<Self> {
        let files = Self { folder: folder::make()? };
        files.write(issued, authorities)?;
        Ok(files)
    }

    /// Other contents from now on.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, issued: &Issued, authorities: &[&Authority]) -> anyhow::Result<()> {
        let authorities: String = authorities.iter().map(|one| one.certificate.as_str()).collect();
        for (file, text) in
            [(self.certificate(), &issued.certificate), (self.key(), &issued.key), (self.ca(), &authorities)]
        {
            // Nobody reads half a file.
            let new = file.with_extension("new");
            std::fs::write(&new, text).with_context(|| format!("writing {}", new.display()))?;
            std::fs::rename(&new, &file).with_context(|| format!("writing {}", file.display()))?;
        }
        Ok(())
    }

    /// The certificate's file.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.path().join("tls.crt")
    }

    /// The key's file.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.path().join("tls.key")
    }

    /// The authorities' file.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.path().join("ca.crt")
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}
