//! What helpers may do in the API, and no more.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::api::rbac::v1 as rbac;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::manifests::Documents;
use super::site::Site;
use crate::kubernetes::{self, NEEDED, OF_NAMESPACES, USED};

const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

/// A right: verbs on a resource of an API group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Right {
    group: &'static str,
    resource: &'static str,
    verbs: Vec<&'static str>,
    /// The only object it is about. RBAC cannot bound `create` so, since what is created has no name yet.
    name: Option<String>,
}

impl Right {
    fn new(group: &'static str, resource: &'static str, verbs: &[&'static str]) -> Self {
        Self {
            group,
            resource,
            verbs: verbs.to_vec(),
            name: None,
        }
    }

    fn named(self, name: &str) -> Self {
        let name = Some(name.to_owned());
        Self { name, ..self }
    }

    fn rule(&self) -> rbac::PolicyRule {
        rbac::PolicyRule {
            api_groups: Some(vec![self.group.to_owned()]),
            resources: Some(vec![self.resource.to_owned()]),
            resource_names: self.name.clone().map(|name| vec![name]),
            verbs: self.verbs.iter().map(|verb| (*verb).to_owned()).collect(),
            ..rbac::PolicyRule::default()
        }
    }
}

/// What follows a cluster's nodes. They belong to no namespace.
pub(super) fn to_follow_nodes() -> Vec<Right> {
    vec![Right::new("", "nodes", &["list", "watch"])]
}

/// What follows pods and what is said of them.
pub(super) fn to_follow_pods() -> Vec<Right> {
    let follow = &["list", "watch"];
    vec![
        Right::new("", "events", follow),
        Right::new("", "pods", follow),
        Right::new("events.k8s.io", "events", follow),
    ]
}

/// What a run needs in its study's namespace: what it asks for itself.
pub(super) fn to_run_inside() -> Vec<Right> {
    gathered(
        NEEDED
            .iter()
            .chain(USED)
            .filter(|right| right.is_namespaced),
    )
}

/// What a run needs outside of its study's namespace, if that is there already.
pub(super) fn to_run_outside(namespace: &str) -> Vec<Right> {
    let mut rights = gathered(NEEDED.iter().filter(|right| !right.is_namespaced));
    rights.push(Right::new("", "namespaces", &["get"]).named(namespace));
    rights
}

/// What a run needs that makes its namespace itself.
pub(super) fn to_run_anywhere() -> Vec<Right> {
    gathered(NEEDED.iter().chain(USED).chain(OF_NAMESPACES))
}

/// The engine's rights, each resource once.
fn gathered<'a>(needed: impl Iterator<Item = &'a kubernetes::Right>) -> Vec<Right> {
    let mut rights: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for right in needed {
        let verbs = rights.entry((right.group, right.resource)).or_default();
        verbs.insert(right.verb);
    }
    let right = |((group, resource), verbs): ((_, _), BTreeSet<_>)| {
        Right::new(group, resource, &verbs.into_iter().collect::<Vec<_>>())
    };
    rights.into_iter().map(right).collect()
}

/// What writes secrets, without reading any.
pub(super) fn to_create_secrets() -> Right {
    Right::new("", "secrets", &["create"])
}

/// What reads one secret.
pub(super) fn to_read_secret(name: &str) -> Right {
    Right::new("", "secrets", &["get"]).named(name)
}

/// Adds an account, which may do nothing yet.
pub(super) fn add_account(documents: &mut Documents, site: &Site, helper: &str) {
    documents.add(&core::ServiceAccount {
        metadata: site.metadata(helper, site.name()),
        // Pods of the helper ask for the token themselves.
        automount_service_account_token: Some(false),
        ..core::ServiceAccount::default()
    });
}

/// Gives the account rights in the whole cluster.
pub(super) fn add_in_cluster(
    documents: &mut Documents,
    site: &Site,
    helper: &str,
    rights: &[Right],
) {
    let metadata = site.cluster_metadata(helper, &site.cluster_name());
    documents.add(&rbac::ClusterRole {
        metadata: metadata.clone(),
        rules: Some(rights.iter().map(Right::rule).collect()),
        ..rbac::ClusterRole::default()
    });
    documents.add(&rbac::ClusterRoleBinding {
        metadata,
        role_ref: role_ref("ClusterRole", &site.cluster_name()),
        subjects: Some(vec![subject(site)]),
    });
}

/// Gives the account rights in a namespace, mostly not its own, by a role of this name.
pub(super) fn add_in_namespace(
    documents: &mut Documents,
    site: &Site,
    helper: &str,
    (namespace, name): (&str, &str),
    rights: &[Right],
) {
    let metadata = ObjectMeta {
        namespace: Some(namespace.to_owned()),
        ..site.cluster_metadata(helper, name)
    };
    documents.add(&rbac::Role {
        metadata: metadata.clone(),
        rules: Some(rights.iter().map(Right::rule).collect()),
    });
    documents.add(&rbac::RoleBinding {
        metadata,
        role_ref: role_ref("Role", name),
        subjects: Some(vec![subject(site)]),
    });
}

fn role_ref(kind: &str, name: &str) -> rbac::RoleRef {
    rbac::RoleRef {
        api_group: RBAC_GROUP.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
    }
}

fn subject(site: &Site) -> rbac::Subject {
    rbac::Subject {
        kind: "ServiceAccount".to_owned(),
        name: site.name().to_owned(),
        namespace: Some(site.namespace().to_owned()),
        ..rbac::Subject::default()
    }
}

/// The rights in words: `list/watch events`, with the group where it is not the core group.
pub(super) fn in_words(rights: &[Right]) -> String {
    let words = |right: &Right| {
        let name = right.name.as_deref().map(|name| format!(" {name}"));
        let group = match right.group {
            "" => String::new(),
            group => format!(".{group}"),
        };
        let (verbs, resource) = (right.verbs.join("/"), right.resource);
        format!("{verbs} {resource}{group}{}", name.unwrap_or_default())
    };
    rights.iter().map(words).collect::<Vec<_>>().join(", ")
}
