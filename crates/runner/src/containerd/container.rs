//! A container of the image that was pulled: made, started, and timed to its end.

use std::collections::HashMap;
use std::time::SystemTime;

use super::api::cri_messages::{
    ContainerConfig, ContainerMetadata, ContainerSecurity, CreateContainerRequest, ImageSpec,
    LinuxContainer, LinuxSandbox, NamespaceOption, PodSandboxConfig, PodSandboxMetadata,
    SandboxSecurity,
};
use super::api::{Api, ApiError};
use super::ctr::{Ctr, CtrError};
use super::node::STUDY_LABEL;
use super::watch::{Observed, Watch, What};

/// Namespaces of the node, and of the container, in the CRI's numbers.
const OF_CONTAINER: i32 = 1;
const OF_NODE: i32 = 2;

/// Why a container did not run to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum ContainerError {
    #[error("{0}")]
    Cri(String),
    #[error(transparent)]
    Ctr(CtrError),
    #[error("containerd's events broke off")]
    BrokeOff,
}

impl From<ApiError> for ContainerError {
    fn from(error: ApiError) -> Self {
        Self::Cri(error.message().to_owned())
    }
}

/// When what happened to a container; containerd's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) created_at: Option<SystemTime>,
    pub(super) started_at: Option<SystemTime>,
    pub(super) exited_at: Option<SystemTime>,
    pub(super) exit_code: Option<u32>,
}

impl Life {
    /// Takes what happened to a container from all that happened.
    ///
    /// containerd tells of a start when it is done with it: a program that does nothing has ended before. It was started
    /// when it ended at the latest.
    pub(super) fn of(observed: &Observed, id: &str) -> Self {
        let mut life = Self::default();
        for happened in &observed.happened {
            let at = Some(happened.at);
            match &happened.what {
                What::TaskCreated { container } if container == id => life.created_at = at,
                What::TaskStarted { container } if container == id => life.started_at = at,
                What::TaskExited { container, status } if container == id => {
                    life.exited_at = at;
                    life.exit_code = Some(*status);
                }
                _ => {}
            }
        }
        life.started_at = match (life.started_at, life.exited_at) {
            (Some(started_at), Some(exited_at)) => Some(started_at.min(exited_at)),
            (started_at, _) => started_at,
        };
        life
    }
}

/// What the CRI runs containers in. A kubelet makes it before it pulls.
#[derive(Debug)]
pub(super) struct Sandbox {
    api: Api,
    id: String,
    config: PodSandboxConfig,
}

impl Sandbox {
    /// Makes a sandbox in the node's network, so that no CNI is needed.
    pub(super) async fn start(
        api: &Api,
        study: &str,
        (pod, uid): (&str, &str),
    ) -> Result<Self, ApiError> {
        let config = PodSandboxConfig {
            metadata: Some(PodSandboxMetadata {
                name: pod.to_owned(),
                uid: uid.to_owned(),
                namespace: "pullstudy".to_owned(),
            }),
            labels: HashMap::from([(STUDY_LABEL.to_owned(), study.to_owned())]),
            linux: Some(LinuxSandbox {
                security_context: Some(SandboxSecurity {
                    namespace_options: Some(namespaces()),
                }),
            }),
        };
        Ok(Self {
            api: api.clone(),
            id: api.cri_run_sandbox(config.clone()).await?,
            config,
        })
    }

    /// Returns what the runtime is told of the pod when it pulls for it.
    pub(super) fn config(&self) -> &PodSandboxConfig {
        &self.config
    }

    /// Makes and starts a container, and waits for its end; its id is told as soon as there is one.
    pub(super) async fn run(
        &self,
        image: &str,
        command: &[String],
        watch: &mut Watch,
        tell_id: &mut Option<String>,
    ) -> Result<(), ContainerError> {
        let request = CreateContainerRequest {
            pod_sandbox_id: self.id.clone(),
            config: Some(container(image, command)),
            sandbox_config: Some(self.config.clone()),
        };
        let id = self.api.cri_create_container(request).await?;
        *tell_id = Some(id.clone());
        self.api.cri_start_container(id.clone()).await?;
        let is_exit =
            |what: &What| matches!(what, What::TaskExited { container, .. } if *container == id);
        let exit = watch.until(is_exit).await;
        exit.map(|_| ()).ok_or(ContainerError::BrokeOff)
    }

    /// Removes it with its containers.
    pub(super) async fn remove(self) -> Result<(), ApiError> {
        self.api.cri_remove_sandbox(&self.id).await
    }
}

fn namespaces() -> NamespaceOption {
    NamespaceOption {
        network: OF_NODE,
        pid: OF_CONTAINER,
    }
}

fn container(image: &str, command: &[String]) -> ContainerConfig {
    ContainerConfig {
        metadata: Some(ContainerMetadata {
            name: "app".to_owned(),
        }),
        image: Some(ImageSpec {
            image: image.to_owned(),
        }),
        command: command.to_vec(),
        linux: Some(LinuxContainer {
            security_context: Some(ContainerSecurity {
                namespace_options: Some(namespaces()),
            }),
        }),
    }
}

/// Runs a container with `ctr`, which waits for its end.
pub(super) async fn run_with_ctr(
    ctr: &Ctr,
    reference: &pullstudy_image::Reference,
    snapshotter: &str,
    id: &str,
    command: &[String],
) -> Result<(), ContainerError> {
    let ran = ctr.run(reference, snapshotter, id, command).await;
    ran.map_err(ContainerError::Ctr)
}
