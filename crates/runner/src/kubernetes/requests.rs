//! Making and removing jobs and pods.

use std::time::Duration;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use tokio::time::Instant;

use super::namespace::{STUDY_LABEL, gone};
use super::problem::KubernetesError;
use super::seen::Seen;
use crate::cluster::{Call, Cluster};

/// Makes a job, unless a run that was killed has made it; one of somebody else is an error.
pub(super) async fn create(cluster: &Cluster, job: &Job) -> Result<(), KubernetesError> {
    let namespace = job.metadata.namespace.clone().unwrap_or_default();
    let name = job.metadata.name.clone().unwrap_or_default();
    let jobs: Api<Job> = Api::namespaced(cluster.client.clone(), &namespace);
    let params = PostParams::default();
    let call = Call::new("create", "jobs", "batch").within(&namespace);
    let error = match call.send(|| jobs.create(&params, job)).await {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let failed = KubernetesError::cluster(format!("making job {name}"));
    if !error.is_conflict() {
        return Err(failed(error));
    }
    let call = Call::new("get", "jobs", "batch").within(&namespace);
    let found = call.send(|| jobs.get(&name)).await;
    let found = found.map_err(KubernetesError::cluster(format!("looking for job {name}")))?;
    let study = |job: &Job| job.metadata.labels.as_ref()?.get(STUDY_LABEL).cloned();
    match study(&found) == study(job) {
        true => Ok(()),
        false => Err(KubernetesError::ForeignJob {
            job: name,
            namespace,
        }),
    }
}

/// Deletes a job with its pods, and waits until all of it is gone.
pub(super) async fn remove(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    seen: &Seen,
    patience: Duration,
) -> Result<(), KubernetesError> {
    if !seen.has_job(name) {
        return Ok(());
    }
    let jobs: Api<Job> = Api::namespaced(cluster.client.clone(), namespace);
    // In the foreground: the job goes after its pods, so that its end is theirs.
    let params = DeleteParams::foreground();
    let call = Call::new("delete", "jobs", "batch").within(namespace);
    let deleted = call.send(|| jobs.delete(name, &params)).await;
    let deleted = gone(deleted.map(|_| ()));
    deleted.map_err(KubernetesError::cluster(format!("removing job {name}")))?;
    let start = Instant::now();
    if is_gone(seen, name, patience / 2).await {
        return Ok(());
    }
    // The kubelet of a dead node never says that its pod has ended.
    force(cluster, namespace, name, seen).await?;
    if is_gone(seen, name, patience / 2).await {
        return Ok(());
    }
    Err(KubernetesError::StillThere {
        what: format!("job {name} in namespace {namespace}"),
        waited_seconds: start.elapsed().as_secs(),
        hint: "kubectl describe it; the same command goes on from here".to_owned(),
    })
}

async fn is_gone(seen: &Seen, job: &str, patience: Duration) -> bool {
    let mut changes = seen.changes();
    let until_gone = async {
        while seen.has_job(job) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(patience, until_gone).await;
    !seen.has_job(job)
}

async fn force(
    cluster: &Cluster,
    namespace: &str,
    job: &str,
    seen: &Seen,
) -> Result<(), KubernetesError> {
    let pods: Api<Pod> = Api::namespaced(cluster.client.clone(), namespace);
    let params = DeleteParams::default().grace_period(0);
    let call = Call::new("delete", "pods", "").within(namespace);
    for left in seen.pods(job).iter().filter(|pod| !pod.is_gone) {
        let name = left.pod.metadata.name.clone().unwrap_or_default();
        let deleted = call.send(|| pods.delete(&name, &params)).await;
        let deleted = gone(deleted.map(|_| ()));
        deleted.map_err(KubernetesError::cluster(format!("removing pod {name}")))?;
    }
    Ok(())
}
