//! A run of a study in the cluster.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1 as batch;
use k8s_openapi::api::core::v1 as core;
use pullstudy_image::Reference;

use super::super::collector::owns_volumes;
use super::super::error::DeployError;
use super::super::manifests::Documents;
use super::super::pods;
use super::super::site::Site;
use super::super::storage::Storage;
use super::HELPER;

const DATA: &str = "/data";
const STUDY: &str = "/study";

/// A run of a study as a Job.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StudyJob {
    /// An image that has `pullstat` in its path.
    pub image: Reference,
    /// Name of the study's file; its ending says how it is read.
    pub file_name: String,
    /// The study's file.
    pub study: String,
    /// Where the results go. Default: a volume of 10 GiB.
    pub storage: Storage,
}

impl StudyJob {
    /// Runs a study with the `pullstat` of an image.
    pub fn new(image: Reference, file_name: &str, study: &str) -> Self {
        Self {
            image,
            file_name: file_name.to_owned(),
            study: study.to_owned(),
            storage: Storage::claim("10Gi"),
        }
    }

    pub(super) fn add(&self, documents: &mut Documents, site: &Site) -> Result<(), DeployError> {
        documents.add(&self.config_map(site));
        if let Some(claim) = self.storage.document(site, HELPER, site.name())? {
            documents.add(&claim);
        }
        documents.add(&batch::Job {
            metadata: site.metadata(HELPER, site.name()),
            spec: Some(batch::JobSpec {
                // A run takes up where the last one was stopped.
                backoff_limit: Some(6),
                template: site.pod(HELPER, site.name(), self.pod(site)),
                ..batch::JobSpec::default()
            }),
            ..batch::Job::default()
        });
        Ok(())
    }

    fn config_map(&self, site: &Site) -> core::ConfigMap {
        let file = (self.file_name.clone(), self.study.clone());
        core::ConfigMap {
            metadata: site.metadata(HELPER, site.name()),
            data: Some(BTreeMap::from([file])),
            ..core::ConfigMap::default()
        }
    }

    fn pod(&self, site: &Site) -> core::PodSpec {
        core::PodSpec {
            service_account_name: Some(site.name().to_owned()),
            security_context: Some(owns_volumes()),
            restart_policy: Some("OnFailure".to_owned()),
            containers: vec![self.container()],
            volumes: Some(vec![
                study_volume(site),
                self.storage.volume("data", site.name()),
            ]),
            ..core::PodSpec::default()
        }
    }

    fn container(&self) -> core::Container {
        let study = format!("{STUDY}/{}", self.file_name);
        let command = ["pullstat", "run", &study, "--engine", "kubernetes"];
        let options = ["--in-cluster", "--out", DATA];
        core::Container {
            volume_mounts: Some(vec![
                pods::mount("study", STUDY, true),
                pods::mount("data", DATA, false),
            ]),
            resources: Some(pods::small(Some("512Mi"))),
            ..pods::container(
                "run",
                &self.image,
                pods::words(&[&command[..], &options].concat()),
            )
        }
    }
}

fn study_volume(site: &Site) -> core::Volume {
    core::Volume {
        name: "study".to_owned(),
        config_map: Some(core::ConfigMapVolumeSource {
            name: site.name().to_owned(),
            ..core::ConfigMapVolumeSource::default()
        }),
        ..core::Volume::default()
    }
}
