//! An authority of the test's own, and certificates for registries on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::programs::run;

/// An authority that nobody trusts yet, and what it signed.
pub(crate) struct Authority {
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let authority = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let [key, certificate] = authority.pair("ca");
        // Of two authorities with one name, the wrong one would be taken for the right one.
        let name = authority.folder.path().file_name().unwrap();
        let subject = format!("/CN=Tests of {}", name.to_string_lossy());
        let subject = ["-subj", &subject];
        let new = ["req", "-x509", "-nodes", "-days", "2"];
        let kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
        let files = ["-keyout", text(&key), "-out", text(&certificate)];
        run("openssl", &[&new[..], &kind, &subject, &files].concat());
        authority
    }

    /// Signs a certificate for a host, such as `IP:127.0.0.1`; returns the files of key and certificate.
    pub(crate) fn sign(&self, host: &str) -> [PathBuf; 2] {
        let [key, certificate] = self.pair("host");
        let [ca_key, ca] = self.pair("ca");
        let request = self.folder.path().join("request.pem");
        let extensions = self.folder.path().join("extensions");
        fs::write(&extensions, format!("subjectAltName = {host}\n")).unwrap();
        let kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
        let files = ["-keyout", text(&key), "-out", text(&request)];
        let new = ["req", "-nodes", "-subj", "/CN=registry"];
        run("openssl", &[&new[..], &kind, &files].concat());
        let signing = ["x509", "-req", "-days", "2", "-CAcreateserial"];
        let by = ["-CA", text(&ca), "-CAkey", text(&ca_key)];
        let extended = ["-extfile", text(&extensions)];
        let files = ["-in", text(&request), "-out", text(&certificate)];
        run("openssl", &[&signing[..], &by, &extended, &files].concat());
        [key, certificate]
    }

    /// The authority's own certificate, in a folder that holds nothing else that skopeo would read.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        fs::read(&self.pair("ca")[1]).unwrap()
    }

    /// A folder for `--cert-dir`.
    pub(crate) fn skopeo_folder(&self) -> PathBuf {
        let folder = self.folder.path().join("skopeo");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("ca.crt"), self.certificate()).unwrap();
        folder
    }

    fn pair(&self, name: &str) -> [PathBuf; 2] {
        ["key", "pem"].map(|kind| self.folder.path().join(format!("{name}.{kind}")))
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
