//! What a study may do, asked before anything is done.

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::Api;
use kube::api::PostParams;

use super::problem::KubernetesError;
use crate::cluster::{Call, Cluster};

/// A right that a study needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Right {
    pub(crate) verb: &'static str,
    pub(crate) group: &'static str,
    pub(crate) resource: &'static str,
    /// Whether it is about the study's namespace, not about the cluster.
    pub(crate) is_namespaced: bool,
}

const fn right(verb: &'static str, group: &'static str, resource: &'static str) -> Right {
    Right {
        verb,
        group,
        resource,
        is_namespaced: true,
    }
}

const fn of_cluster(verb: &'static str, resource: &'static str) -> Right {
    Right {
        verb,
        group: "",
        resource,
        is_namespaced: false,
    }
}

/// What every study needs.
pub(crate) const NEEDED: &[Right] = &[
    of_cluster("list", "nodes"),
    of_cluster("watch", "nodes"),
    right("create", "batch", "jobs"),
    right("delete", "batch", "jobs"),
    right("list", "batch", "jobs"),
    right("watch", "batch", "jobs"),
    right("list", "", "pods"),
    right("watch", "", "pods"),
    right("delete", "", "pods"),
    right("list", "", "events"),
    right("watch", "", "events"),
];

/// What a study can do without, for a while: a Job that is there already cannot be told from another's, and events are
/// had from one API alone.
pub(crate) const USED: &[Right] = &[
    right("get", "batch", "jobs"),
    right("list", "events.k8s.io", "events"),
    right("watch", "events.k8s.io", "events"),
];

/// What a study needs that makes its own namespace.
pub(crate) const OF_NAMESPACES: &[Right] = &[
    of_cluster("get", "namespaces"),
    of_cluster("create", "namespaces"),
    of_cluster("delete", "namespaces"),
];

/// Asks the cluster for each right, and names all that are missing.
pub(super) async fn check(
    cluster: &Cluster,
    namespace: &str,
    rights: impl Iterator<Item = &Right>,
) -> Result<(), KubernetesError> {
    let mut rules = Vec::new();
    for right in rights {
        if !right.is_granted(cluster, namespace).await? {
            rules.push(right.rule());
        }
    }
    match rules.is_empty() {
        true => Ok(()),
        false => Err(KubernetesError::Rights { rules }),
    }
}

impl Right {
    async fn is_granted(
        &self,
        cluster: &Cluster,
        namespace: &str,
    ) -> Result<bool, KubernetesError> {
        let review = self.review(namespace);
        let reviews: Api<SelfSubjectAccessReview> = Api::all(cluster.client.clone());
        let params = PostParams::default();
        let call =
            Call::new("create", "selfsubjectaccessreviews", "authorization.k8s.io").impatient();
        let answer = call.send(|| reviews.create(&params, &review)).await;
        let answer = answer.map_err(KubernetesError::cluster("asking for the rights"))?;
        Ok(answer.status.is_some_and(|status| status.allowed))
    }

    fn review(&self, namespace: &str) -> SelfSubjectAccessReview {
        let attributes = ResourceAttributes {
            group: Some(self.group.to_owned()),
            resource: Some(self.resource.to_owned()),
            verb: Some(self.verb.to_owned()),
            namespace: self.is_namespaced.then(|| namespace.to_owned()),
            ..ResourceAttributes::default()
        };
        SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(attributes),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        }
    }

    fn rule(&self) -> String {
        let (group, resource, verb) = (self.group, self.resource, self.verb);
        let role = if self.is_namespaced {
            ""
        } else {
            " (a ClusterRole)"
        };
        format!("apiGroups: [\"{group}\"], resources: [{resource}], verbs: [{verb}]{role}")
    }
}
