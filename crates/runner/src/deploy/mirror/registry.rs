//! The registry of one upstream.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::super::collector::owns_volumes;
use super::super::error::DeployError;
use super::super::manifests::Documents;
use super::super::pods;
use super::super::site::Site;
use super::{HELPER, Mirror, PORT, Upstream};

const BLOBS: &str = "/var/lib/registry";

impl Mirror {
    pub(super) fn add_registry(
        &self,
        documents: &mut Documents,
        site: &Site,
        upstream: &Upstream,
    ) -> Result<(), DeployError> {
        let name = upstream.name(site);
        documents.add(&service(site, &name));
        if let Some(claim) = self.storage.document(site, HELPER, &name)? {
            documents.add(&claim);
        }
        let pod = core::PodSpec {
            security_context: Some(owns_volumes()),
            containers: vec![self.registry(upstream)],
            volumes: Some(vec![self.storage.volume("blobs", &name)]),
            ..core::PodSpec::default()
        };
        documents.add(&pods::deployment(site, HELPER, &name, pod));
        Ok(())
    }

    fn registry(&self, upstream: &Upstream) -> core::Container {
        let mut variables = vec![
            pods::env("REGISTRY_PROXY_REMOTEURL", upstream.url()),
            // Version 3 looks for a collector of traces otherwise.
            pods::env("OTEL_TRACES_EXPORTER", "none"),
        ];
        let secret = self.secret.iter();
        variables.extend(secret.flat_map(|secret| {
            let keys = [
                ("REGISTRY_PROXY_USERNAME", "username"),
                ("REGISTRY_PROXY_PASSWORD", "password"),
            ];
            keys.map(|(variable, key)| from_secret(variable, secret, key))
        }));
        core::Container {
            env: Some(variables),
            ports: Some(vec![core::ContainerPort {
                name: Some("http".to_owned()),
                container_port: PORT,
                ..core::ContainerPort::default()
            }]),
            readiness_probe: Some(answers()),
            volume_mounts: Some(vec![pods::mount("blobs", BLOBS, false)]),
            ..pods::container("registry", &self.image, Vec::new())
        }
    }
}

/// Ready is a registry that answers; asking it for `/v2/` would ask for credentials.
fn answers() -> core::Probe {
    core::Probe {
        http_get: Some(core::HTTPGetAction {
            path: Some("/".to_owned()),
            port: IntOrString::String("http".to_owned()),
            ..core::HTTPGetAction::default()
        }),
        ..core::Probe::default()
    }
}

fn from_secret(variable: &str, secret: &str, key: &str) -> core::EnvVar {
    core::EnvVar {
        name: variable.to_owned(),
        value_from: Some(core::EnvVarSource {
            secret_key_ref: Some(core::SecretKeySelector {
                name: secret.to_owned(),
                key: key.to_owned(),
                ..core::SecretKeySelector::default()
            }),
            ..core::EnvVarSource::default()
        }),
        ..core::EnvVar::default()
    }
}

fn service(site: &Site, name: &str) -> core::Service {
    let port = core::ServicePort {
        name: Some("http".to_owned()),
        port: PORT,
        target_port: Some(IntOrString::String("http".to_owned())),
        ..core::ServicePort::default()
    };
    let pods: BTreeMap<_, _> = site.selector(HELPER, name).match_labels.unwrap_or_default();
    core::Service {
        metadata: site.metadata(HELPER, name),
        spec: Some(core::ServiceSpec {
            selector: Some(pods),
            ports: Some(vec![port]),
            ..core::ServiceSpec::default()
        }),
        ..core::Service::default()
    }
}
