//! Which nodes a study can use.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, Taint};

use super::problem::KubernetesError;
use crate::plan::{Plan, Strategy, StudyFile, Toleration};

/// Refuses a plan that the cluster has too few nodes for.
pub(super) fn check(plan: &Plan, nodes: &[Node]) -> Result<(), KubernetesError> {
    for strategy in &plan.study.strategies {
        let wanted = plan
            .steps
            .iter()
            .filter(|step| step.strategy.name == strategy.name);
        let wanted = wanted.map(|step| step.nodes).max().unwrap_or(0);
        let usable = usable(&plan.study, strategy, nodes).count();
        if usable < wanted as usize {
            let several = plan.study.strategies.len() > 1;
            return Err(KubernetesError::FewerNodes {
                wanted,
                usable,
                strategy: several.then(|| strategy.name.clone()),
                left_out: left_out(&plan.study, strategy, nodes),
            });
        }
    }
    Ok(())
}

/// Returns the nodes on which pods of a strategy may run.
pub(super) fn usable<'a>(
    study: &'a StudyFile,
    strategy: &'a Strategy,
    nodes: &'a [Node],
) -> impl Iterator<Item = &'a Node> {
    nodes
        .iter()
        .filter(move |node| refusal(study, strategy, node).is_none())
}

/// Labels that nodes must have: the study's, and the strategy's on top.
pub(super) fn selector(study: &StudyFile, strategy: &Strategy) -> BTreeMap<String, String> {
    let mut selector = study.kubernetes.node_selector.clone();
    selector.extend(strategy.node_selector.clone());
    selector
}

/// Returns why a node cannot be used.
fn refusal(study: &StudyFile, strategy: &Strategy, node: &Node) -> Option<&'static str> {
    let labels = node.metadata.labels.clone().unwrap_or_default();
    let has = |(key, value): (&String, &String)| labels.get(key) == Some(value);
    let spec = node.spec.clone().unwrap_or_default();
    let taints = spec.taints.unwrap_or_default();
    let repels = |taint: &Taint| {
        let tolerated = study
            .kubernetes
            .tolerations
            .iter()
            .any(|it| tolerates(it, taint));
        taint.effect != "PreferNoSchedule" && !tolerated
    };
    if !selector(study, strategy).iter().all(has) {
        Some("other labels")
    } else if !is_ready(node) {
        Some("not ready")
    } else if spec.unschedulable == Some(true) {
        Some("cordoned")
    } else if taints.iter().any(repels) {
        Some("taints that are not tolerated")
    } else {
        None
    }
}

fn is_ready(node: &Node) -> bool {
    let conditions = node
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    let is_ready = |condition: &k8s_openapi::api::core::v1::NodeCondition| {
        condition.type_ == "Ready" && condition.status == "True"
    };
    conditions.is_some_and(|conditions| conditions.iter().any(is_ready))
}

/// Source: Kubernetes API reference, "Toleration v1 core".
fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let effect = toleration
        .effect
        .as_ref()
        .is_none_or(|effect| *effect == taint.effect);
    let key = toleration.key.as_ref().is_none_or(|key| *key == taint.key);
    let exists = toleration.operator.as_deref() == Some("Exists");
    let value =
        exists || toleration.value.as_deref().unwrap_or("") == taint.value.as_deref().unwrap_or("");
    effect && key && value && (toleration.key.is_some() || exists)
}

fn left_out(study: &StudyFile, strategy: &Strategy, nodes: &[Node]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in nodes
        .iter()
        .filter_map(|node| refusal(study, strategy, node))
    {
        *counts.entry(reason).or_default() += 1;
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(reason, count)| format!("{count} have or are {reason}"))
        .collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!(" (of {}: {})", nodes.len(), parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::StudyImage;

    fn node(name: &str, ready: &str, spec: serde_json::Value) -> Node {
        let value = json!({
            "metadata": {"name": name, "labels": {"pool": "a"}},
            "spec": spec,
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        });
        serde_json::from_value(value).unwrap()
    }

    fn plan(text: &str) -> Plan {
        let text = format!("images: {{references: [a.example/x:1]}}\nnodes: 2\n{text}");
        let study = StudyFile::parse("s.yaml", &text).unwrap();
        let image = StudyImage::new("a.example/x:1".parse().unwrap());
        Plan::new(study, &[image], &[]).unwrap()
    }

    #[test]
    fn nodes_that_take_no_pods_do_not_count_and_are_told() {
        let gpu = json!({"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]});
        let nodes = [
            node("a", "True", json!({})),
            node("b", "False", json!({})),
            node("c", "True", json!({"unschedulable": true})),
            node("d", "True", gpu),
        ];
        let error = check(&plan(""), &nodes).unwrap_err().to_string();
        assert_eq!(
            error,
            "the study wants 2 nodes, and the cluster has 1 that are ready and take pods (of 4: 1 have or are cordoned, 1 have or \
             are not ready, 1 have or are taints that are not tolerated)"
        );
        let tolerant = "kubernetes: {tolerations: [{key: gpu, operator: Exists}]}";
        assert!(check(&plan(tolerant), &nodes).is_ok());
        assert!(
            check(
                &plan("kubernetes: {tolerations: [{key: gpu, value: 'no'}]}"),
                &nodes
            )
            .is_err()
        );
        assert!(check(&plan("kubernetes: {node-selector: {pool: b}}"), &nodes).is_err());
    }
}
