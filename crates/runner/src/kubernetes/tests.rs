//! The engine against an API server by script: what is somebody else's stays, and what is slow is waited for.

use std::time::Duration;

use k8s_openapi::api::batch::v1::Job;
use serde_json::{Value, json};

use super::namespace::{STUDY_LABEL, StudyNamespace};
use super::problem::KubernetesError;
use super::rights::{self, NEEDED};
use super::seen::Seen;
use super::step::{StepWatch, WaitEnd};
use super::{job, requests};
use crate::cluster::mock::{Answer, Mock};
use crate::collect::{Change, Item, Watched};
use crate::engine::StudyIdentity;
use crate::plan::{Plan, StudyFile, StudyImage};

const NAMESPACE: &str = "/api/v1/namespaces/pullstudy-abc";
const JOBS: &str = "/apis/batch/v1/namespaces/pullstudy-abc/jobs";
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

fn plan() -> Plan {
    let text = "images: {references: [a.example/x:1]}\nnodes: 2\ncache: check\nlabels: {team: hpc}";
    let study = StudyFile::parse("s.yaml", text).unwrap();
    let image = StudyImage::new("a.example/x:1".parse().unwrap());
    Plan::new(study, &[image], &[]).unwrap()
}

fn namespace() -> StudyNamespace {
    let identity = StudyIdentity {
        id: "abc".to_owned(),
        started_at: std::time::SystemTime::UNIX_EPOCH,
    };
    StudyNamespace::new(&plan().study, &identity)
}

fn labelled(kind: &str, name: &str, study: &str) -> Value {
    json!({"kind": kind, "metadata": {"name": name, "uid": "u", "labels": {STUDY_LABEL: study}}})
}

fn the_job() -> Job {
    job_of(&plan())
}

fn job_of(plan: &Plan) -> Job {
    let description = job::JobOf {
        study: &plan.study,
        step: &plan.steps[0],
        name: job::name(&plan.steps[0]),
        namespace: "pullstudy-abc",
        labels: namespace().labels(),
        secrets: &[],
    };
    description.pull()
}

fn seen_with_job(name: &str) -> Seen {
    let seen = Seen::new();
    seen.take(object(
        Watched::Jobs,
        Change::Added,
        labelled("Job", name, "abc"),
    ));
    seen
}

fn object(watched: Watched, change: Change, object: Value) -> Item {
    Item::Object {
        watched,
        change,
        object,
    }
}

#[test]
fn a_job_keeps_its_pods_apart_and_lets_each_fail_alone() {
    let job = serde_json::to_value(the_job()).unwrap();
    let spec = &job["spec"];
    assert_eq!(
        (&spec["parallelism"], &spec["completions"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(
        (&spec["backoffLimitPerIndex"], &spec["maxFailedIndexes"]),
        (&json!(0), &json!(2))
    );
    let pod = &spec["template"]["spec"];
    assert_eq!(pod["restartPolicy"], "Never");
    assert_eq!(pod["containers"][0]["imagePullPolicy"], "Always");
    let term =
        &pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
    assert_eq!(term["topologyKey"], "kubernetes.io/hostname");
    let labels = &spec["template"]["metadata"]["labels"];
    for (key, value) in term["labelSelector"]["matchLabels"].as_object().unwrap() {
        assert_eq!(&labels[key], value);
    }
    assert_eq!(
        (&labels[STUDY_LABEL], &labels["team"]),
        (&json!("abc"), &json!("hpc"))
    );
}

#[test]
fn a_second_container_keeps_the_pod_unless_it_is_not_wanted() {
    let containers = |extra: &str| {
        let text =
            format!("images: {{references: [a.example/x:1]}}\nnodes: 2\ncache: check\n{extra}");
        let study = StudyFile::parse("s.yaml", &text).unwrap();
        let image = StudyImage::new("a.example/x:1".parse().unwrap());
        let job = serde_json::to_value(job_of(&Plan::new(study, &[image], &[]).unwrap())).unwrap();
        let containers = job["spec"]["template"]["spec"]["containers"].clone();
        let containers = containers.as_array().unwrap().iter();
        containers
            .map(|it| it["image"].to_string())
            .collect::<Vec<_>>()
    };
    let app = r#""a.example/x:1""#;
    assert_eq!(containers(""), [app, r#""registry.k8s.io/pause:3.10""#]);
    assert_eq!(
        containers("kubernetes: {hold-image: b.example/hold:1}"),
        [app, r#""b.example/hold:1""#]
    );
    assert_eq!(containers("kubernetes: {hold-image: none}"), [app]);
}

#[test]
fn a_hold_image_that_is_no_reference_is_told_with_its_key() {
    let text =
        "images: {references: [a.example/x:1]}\nnodes: 2\nkubernetes: {hold-image: 'Not One'}";
    let error = StudyFile::parse("s.yaml", text).unwrap_err().to_string();
    assert!(error.contains("kubernetes: hold-image"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_of_others_is_never_touched() {
    for foreign in [
        labelled("Namespace", "pullstudy-abc", "other"),
        json!({"metadata": {"name": "pullstudy-abc"}}),
    ] {
        let mock = Mock::default();
        mock.answer(&format!("GET {NAMESPACE}"), [Answer::Document(foreign)]);
        let cluster = mock.cluster();
        let made = namespace().ensure(&cluster).await;
        assert!(matches!(
            made,
            Err(KubernetesError::ForeignNamespace { .. })
        ));
        let removed = namespace().remove(&cluster, Duration::from_secs(9)).await;
        assert!(matches!(
            removed,
            Err(KubernetesError::ForeignNamespace { .. })
        ));
        assert!(
            mock.asked().iter().all(|asked| asked.starts_with("GET")),
            "{:?}",
            mock.asked()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_namespace_for_all_studies_is_used_and_stays() {
    let mock = Mock::default();
    let shared = labelled("Namespace", "pullstudy-abc", "any");
    mock.answer(&format!("GET {NAMESPACE}"), [Answer::Document(shared)]);
    let cluster = mock.cluster();
    let mut namespace = namespace();
    namespace.ensure(&cluster).await.unwrap();
    namespace
        .remove(&cluster, Duration::from_secs(9))
        .await
        .unwrap();
    assert!(mock.asked().iter().all(|asked| asked.starts_with("GET")));
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_slow_to_go_is_waited_for_and_says_what_holds_it_up() {
    let mock = Mock::default();
    let mut going = labelled("Namespace", "pullstudy-abc", "abc");
    going["metadata"]["deletionTimestamp"] = "2026-11-22T10:00:00Z".into();
    going["status"] = json!({"conditions": [{"type": "NamespaceContentRemaining", "status": "True", "message": "3 pods remain"}]});
    let answers = [
        Answer::Document(going.clone()),
        Answer::Document(going.clone()),
        Answer::Document(going.clone()),
        Answer::Status(404, 0),
    ];
    mock.answer(&format!("GET {NAMESPACE}"), answers);
    mock.answer(&format!("DELETE {NAMESPACE}"), [Answer::Status(409, 0)]);
    namespace()
        .remove(&mock.cluster(), Duration::from_secs(60))
        .await
        .unwrap();
    mock.answer(&format!("GET {NAMESPACE}"), [Answer::Document(going)]);
    let error = namespace()
        .remove(&mock.cluster(), Duration::from_secs(60))
        .await
        .unwrap_err();
    assert!(
        error.to_string().ends_with("is still there: 3 pods remain"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_there_is_ours_or_left_alone() {
    let mock = Mock::default();
    mock.answer(&format!("POST {JOBS}"), [Answer::Status(409, 0)]);
    mock.answer(
        &format!("GET {JOBS}/pull-0000"),
        [Answer::Document(labelled("Job", "pull-0000", "abc"))],
    );
    requests::create(&mock.cluster(), &the_job()).await.unwrap();
    mock.answer(
        &format!("GET {JOBS}/pull-0000"),
        [Answer::Document(labelled("Job", "pull-0000", "other"))],
    );
    let error = requests::create(&mock.cluster(), &the_job())
        .await
        .unwrap_err();
    assert!(matches!(error, KubernetesError::ForeignJob { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_asked_again_when_it_says() {
    let mock = Mock::default();
    let made = labelled("Job", "pull-0000", "abc");
    let answers = [
        Answer::Status(429, 7),
        Answer::Status(503, 0),
        Answer::Document(made),
    ];
    mock.answer(&format!("POST {JOBS}"), answers);
    let start = tokio::time::Instant::now();
    requests::create(&mock.cluster(), &the_job()).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 7 + 2);
    assert_eq!(mock.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_job_is_gone_when_its_watch_says_so_and_not_before() {
    let mock = Mock::default();
    mock.answer(
        &format!("DELETE {JOBS}/pull-0000"),
        [Answer::Document(labelled("Job", "pull-0000", "abc"))],
    );
    let (seen, cluster) = (seen_with_job("pull-0000"), mock.cluster());
    let later = seen.clone();
    let end = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(100)).await;
        later.take(object(
            Watched::Jobs,
            Change::Deleted,
            labelled("Job", "pull-0000", "abc"),
        ));
    });
    let start = tokio::time::Instant::now();
    requests::remove(
        &cluster,
        "pullstudy-abc",
        "pull-0000",
        &seen,
        Duration::from_secs(300),
    )
    .await
    .unwrap();
    assert_eq!(start.elapsed().as_secs(), 100);
    end.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn pods_of_a_dead_node_are_removed_by_force() {
    let mock = Mock::default();
    let pods = "/api/v1/namespaces/pullstudy-abc/pods";
    mock.answer(
        &format!("DELETE {JOBS}/pull-0000"),
        [Answer::Document(labelled("Job", "pull-0000", "abc"))],
    );
    mock.answer(
        &format!("DELETE {pods}/pull-0000-1-aaaaa"),
        [Answer::Status(404, 0)],
    );
    let seen = seen_with_job("pull-0000");
    seen.take(object(
        Watched::Pods,
        Change::Added,
        labelled("Pod", "pull-0000-1-aaaaa", "abc"),
    ));
    let removed = requests::remove(
        &mock.cluster(),
        "pullstudy-abc",
        "pull-0000",
        &seen,
        Duration::from_secs(60),
    )
    .await;
    assert!(
        matches!(
            removed,
            Err(KubernetesError::StillThere {
                waited_seconds: 60,
                ..
            })
        ),
        "{removed:?}"
    );
    assert!(
        mock.asked()
            .iter()
            .any(|asked| asked.starts_with(&format!("DELETE {pods}/pull-0000-1-aaaaa")))
    );
}

#[tokio::test(start_paused = true)]
async fn every_right_that_is_missing_is_named_at_once() {
    let mock = Mock::default();
    let answer =
        |allowed: bool| Answer::Document(json!({"spec": {}, "status": {"allowed": allowed}}));
    let answers = NEEDED
        .iter()
        .enumerate()
        .map(|(position, _)| answer(position != 2 && position != 7));
    mock.answer(&format!("POST {REVIEWS}"), answers);
    let error = rights::check(&mock.cluster(), "pullstudy-abc", NEEDED.iter())
        .await
        .unwrap_err();
    let KubernetesError::Rights { rules } = error else {
        panic!("{error}");
    };
    assert_eq!(
        rules,
        [
            r#"apiGroups: ["batch"], resources: [jobs], verbs: [create]"#,
            r#"apiGroups: [""], resources: [pods], verbs: [watch]"#
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_too_small_is_no_missing_right() {
    let mock = Mock::default();
    mock.answer(&format!("POST {JOBS}"), [Answer::Status(422, 0)]);
    let error = requests::create(&mock.cluster(), &the_job())
        .await
        .unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        source,
        "the cluster refuses to create jobs in namespace pullstudy-abc: by script"
    );
}

#[test]
fn pods_that_are_held_by_a_waiting_container_only_are_told() {
    let (plan, seen) = (plan(), Seen::new());
    let status = |name: &str, state: Value| json!({"name": name, "image": "x", "imageID": "", "ready": false, "restartCount": 0, "state": state});
    let mut pod = labelled("Pod", "pull-0000-0-aaaaa", "abc");
    pod["spec"] = json!({"nodeName": "n", "containers": []});
    pod["status"]["containerStatuses"] = json!([
        status("app", json!({"running": {}})),
        status(
            "hold",
            json!({"waiting": {"reason": "ErrImagePull", "message": "no route to host"}})
        ),
    ]);
    seen.take(object(Watched::Pods, Change::Added, pod));
    let watch = StepWatch {
        study: &plan.study,
        step: &plan.steps[0],
        job: "pull-0000",
        seen: &seen,
    };
    let notes = watch.notes(&WaitEnd::AllEnded);
    let expected = "registry.k8s.io/pause:3.10, which keeps pods on their nodes, could not be pulled by 1 of 2";
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with(expected) && note.ends_with("(no route to host)")),
        "{notes:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_has_begun_again_is_waited_for_whichever_api_tells_of_it_last() {
    let (plan, seen) = (plan(), Seen::new());
    let mut pod = labelled("Pod", "pull-0000-0-aaaaa", "abc");
    pod["spec"] = json!({"nodeName": "n", "containers": []});
    let missing = "rpc error: code = NotFound desc = not found";
    let state = json!({"waiting": {"reason": "ErrImagePull", "message": missing}});
    let status = json!({"name": "app", "image": "x", "imageID": "", "ready": false, "restartCount": 0, "state": state});
    pod["status"] = json!({"containerStatuses": [status]});
    seen.take(object(Watched::Pods, Change::Added, pod));
    let say = |watched: Watched, key: &str, reason: &str, version: u32| {
        let about =
            json!({"name": "pull-0000-0-aaaaa", "uid": "u", "fieldPath": "spec.containers{app}"});
        let metadata = json!({"uid": reason, "resourceVersion": version.to_string()});
        let event = json!({"metadata": metadata, key: about, "reason": reason});
        seen.take(object(watched, Change::Added, event));
    };
    let core = |reason, version| say(Watched::Events, "involvedObject", reason, version);
    let v1 = |reason, version| say(Watched::EventsV1, "regarding", reason, version);
    core("Pulling", 9);
    core("Failed", 10);
    core("Pulling", 11);
    // The other API lags behind.
    v1("Failed", 10);
    let watch = StepWatch {
        study: &plan.study,
        step: &plan.steps[0],
        job: "pull-0000",
        seen: &seen,
    };
    let start = tokio::time::Instant::now();
    let end = async {
        tokio::time::sleep(Duration::from_secs(7)).await;
        core("Failed", 12);
    };
    tokio::join!(watch.wait_for_events(), end);
    assert_eq!(start.elapsed().as_secs(), 7);
    watch.wait_for_events().await;
    assert_eq!(start.elapsed().as_secs(), 7);
    core("Pulling", 13);
    watch.wait_for_events().await;
    assert_eq!(start.elapsed().as_secs(), 7 + 15);
}
