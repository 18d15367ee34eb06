//! Where a helper keeps what must outlive its pod.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::error::DeployError;
use super::names::check_quantity;
use super::site::Site;

/// Where a helper keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Storage {
    /// In the pod: gone with it.
    Pod,
    /// In a volume that the cluster provides.
    Claim {
        /// Its size, such as `10Gi`.
        size: String,
        /// Its storage class; the cluster's default where none is given.
        class: Option<String>,
    },
}

impl Storage {
    /// A volume of the cluster's default storage class.
    pub fn claim(size: &str) -> Self {
        Self::Claim {
            size: size.to_owned(),
            class: None,
        }
    }

    /// The claim that has to be made, if any.
    pub(super) fn document(
        &self,
        site: &Site,
        helper: &str,
        name: &str,
    ) -> Result<Option<core::PersistentVolumeClaim>, DeployError> {
        let Self::Claim { size, class } = self else {
            return Ok(None);
        };
        check_quantity(size)?;
        Ok(Some(core::PersistentVolumeClaim {
            metadata: site.metadata(helper, name),
            spec: Some(claim(size, class.clone())),
            ..core::PersistentVolumeClaim::default()
        }))
    }

    /// The pod's volume, `claim` being the name of the claim.
    pub(super) fn volume(&self, volume: &str, claim: &str) -> core::Volume {
        let source = core::Volume {
            name: volume.to_owned(),
            ..core::Volume::default()
        };
        match self {
            Self::Pod => core::Volume {
                empty_dir: Some(core::EmptyDirVolumeSource::default()),
                ..source
            },
            Self::Claim { .. } => core::Volume {
                persistent_volume_claim: Some(core::PersistentVolumeClaimVolumeSource {
                    claim_name: claim.to_owned(),
                    ..core::PersistentVolumeClaimVolumeSource::default()
                }),
                ..source
            },
        }
    }
}

fn claim(size: &str, class: Option<String>) -> core::PersistentVolumeClaimSpec {
    let storage = BTreeMap::from([("storage".to_owned(), Quantity(size.to_owned()))]);
    core::PersistentVolumeClaimSpec {
        access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
        storage_class_name: class,
        resources: Some(core::VolumeResourceRequirements {
            requests: Some(storage),
            ..core::VolumeResourceRequirements::default()
        }),
        ..core::PersistentVolumeClaimSpec::default()
    }
}
