//! What pods a study waits for.

use k8s_openapi::api::core::v1::Pod;

/// Pods that there should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExpectedPods {
    /// Who makes them.
    pub of: ExpectedOf,
    /// Reference of the image that they pull.
    pub image: Option<String>,
    /// How many there should be.
    pub pods: u32,
}

/// By what a pod is known as one of those expected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExpectedOf {
    /// It has this name in this namespace.
    Pod {
        /// The namespace.
        namespace: String,
        /// The name.
        name: String,
    },
    /// It is of the job of this name.
    Job {
        /// The name.
        name: String,
    },
    /// One of its containers has the image.
    Image,
}

/// What is known of a pod by which it may be one of those expected.
#[derive(Clone, Debug, Default)]
pub(super) struct PodFacts {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) job: Option<String>,
    pub(super) images: Vec<String>,
}

impl ExpectedPods {
    /// So many pods of a job, which pull an image.
    #[must_use]
    pub fn of_job(job: impl Into<String>, image: impl Into<String>, pods: u32) -> Self {
        Self {
            of: ExpectedOf::Job { name: job.into() },
            image: Some(image.into()),
            pods,
        }
    }

    /// So many pods of a job, whatever they pull.
    #[must_use]
    pub fn any_of_job(job: impl Into<String>, pods: u32) -> Self {
        Self {
            of: ExpectedOf::Job { name: job.into() },
            image: None,
            pods,
        }
    }

    /// So many pods that pull an image, whatever made them.
    #[must_use]
    pub fn of_image(image: impl Into<String>, pods: u32) -> Self {
        Self {
            of: ExpectedOf::Image,
            image: Some(image.into()),
            pods,
        }
    }

    /// One pod by its name.
    #[must_use]
    pub fn pod(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            of: ExpectedOf::Pod {
                namespace: namespace.into(),
                name: name.into(),
            },
            image: None,
            pods: 1,
        }
    }

    /// Returns the name of the job that makes them.
    pub(super) fn job(&self) -> Option<&str> {
        match &self.of {
            ExpectedOf::Job { name } => Some(name),
            _ => None,
        }
    }

    /// Tells how surely a pod is one of them: the higher, the surer; `None` if it is not.
    fn fits(&self, pod: &PodFacts) -> Option<usize> {
        match &self.of {
            ExpectedOf::Pod { namespace, name } => {
                (*namespace == pod.namespace && *name == pod.name).then_some(usize::MAX)
            }
            ExpectedOf::Job { name } => match &pod.job {
                Some(job) => (job == name).then_some(usize::MAX - 1),
                None => is_made_by(&pod.name, name).then_some(name.len()),
            },
            ExpectedOf::Image => {
                let image = self.image.as_ref()?;
                pod.images.contains(image).then_some(0)
            }
        }
    }
}

/// A job's pods have its name, a hyphen, and more. Of several such jobs the one with the longest name is meant.
fn is_made_by(pod: &str, job: &str) -> bool {
    let rest = pod.strip_prefix(job);
    rest.is_some_and(|rest| rest.starts_with('-'))
}

/// Returns which of those expected a pod is one of.
pub(super) fn place_of(expected: &[ExpectedPods], pod: &PodFacts) -> Option<usize> {
    let fitting = expected
        .iter()
        .enumerate()
        .filter_map(|(place, expected)| Some((expected.fits(pod)?, place)));
    // The first of those that fit alike.
    let surest = fitting.max_by_key(|&(fit, place)| (fit, usize::MAX - place));
    surest.map(|(_, place)| place)
}

impl PodFacts {
    pub(super) fn of(pod: &Pod) -> Self {
        let metadata = &pod.metadata;
        let images = super::container::containers(pod);
        Self {
            namespace: metadata.namespace.clone().unwrap_or_default(),
            name: metadata.name.clone().unwrap_or_default(),
            job: job_of(pod),
            images: images
                .into_iter()
                .filter_map(|container| container.image.map(str::to_owned))
                .collect(),
        }
    }
}

fn job_of(pod: &Pod) -> Option<String> {
    let owners = pod.metadata.owner_references.iter().flatten();
    let job = owners
        .filter(|owner| owner.kind == "Job")
        .map(|owner| owner.name.clone())
        .next();
    let label = || {
        let labels = pod.metadata.labels.as_ref()?;
        let label = labels.get("batch.kubernetes.io/job-name");
        label.or_else(|| labels.get("job-name")).cloned()
    };
    job.or_else(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(name: &str, job: Option<&str>) -> PodFacts {
        PodFacts {
            namespace: "study".to_owned(),
            name: name.to_owned(),
            job: job.map(str::to_owned),
            images: vec!["app:1".to_owned()],
        }
    }

    #[test]
    fn a_pod_is_of_the_job_with_the_longest_name_unless_it_says_which() {
        let expected = [
            ExpectedPods::of_image("app:1", 1),
            ExpectedPods::of_job("pull", "app:1", 1),
            ExpectedPods::of_job("pull-1", "app:1", 1),
            ExpectedPods::of_job("pull-10", "app:1", 1),
            ExpectedPods::pod("study", "pull-1-named"),
        ];
        let cases = [
            (facts("pull-1-0-abcde", None), Some(2)),
            (facts("pull-10-0-abcde", None), Some(3)),
            (facts("pull-100-0-abcde", None), Some(1)),
            (facts("pull-1-0-abcde", Some("pull")), Some(1)),
            (facts("pull-1-named", Some("pull")), Some(4)),
            (facts("other", None), Some(0)),
        ];
        for (pod, place) in cases {
            assert_eq!(place_of(&expected, &pod), place, "{pod:?}");
        }
        assert_eq!(place_of(&expected[1..], &facts("other", None)), None);
    }
}
