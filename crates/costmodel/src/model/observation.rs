//! Measured pulls, as far as a model looks at them.

use super::term::Term;

/// A pull that was measured.
///
/// What is not known is `None`; a term that is not known of every observation is left out of the model.
///
/// # Examples
///
/// ```
/// use pullstudy_costmodel::Observation;
///
/// let pull = Observation::new("app:1", 41.9).unpacked_bytes(6_836_726_027).layers(9).nodes(16).on_node("node-3");
/// assert_eq!(pull.seconds, 41.9);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Observation {
    /// The image.
    pub image: String,
    /// Its pull's seconds, above 0.
    pub seconds: f64,
    /// The node that pulled it.
    pub node: Option<String>,
    /// The run that it belongs to: pulls of one image by one node in one run share a download.
    pub run: String,
    /// Bytes that the registry sends.
    pub wire_bytes: Option<u64>,
    /// Bytes that are written.
    pub unpacked_bytes: Option<u64>,
    /// Layers.
    pub layers: Option<u32>,
    /// Files.
    pub files: Option<u64>,
    /// Nodes that pull at once.
    pub nodes: Option<u32>,
    /// Of the unpacked bytes, those in zstd layers.
    pub zstd_bytes: Option<u64>,
    /// Which download it is, where one node pulled the image several times in a run.
    pub download: u32,
}

impl Observation {
    /// A pull of which only image and seconds are known.
    #[must_use]
    pub fn new(image: impl Into<String>, seconds: f64) -> Self {
        Self {
            image: image.into(),
            seconds,
            node: None,
            run: String::new(),
            wire_bytes: None,
            unpacked_bytes: None,
            layers: None,
            files: None,
            nodes: None,
            zstd_bytes: None,
            download: 0,
        }
    }

    /// Sets the bytes that the registry sends.
    #[must_use]
    pub fn wire_bytes(mut self, bytes: u64) -> Self {
        self.wire_bytes = Some(bytes);
        self
    }

    /// Sets the bytes that are written.
    #[must_use]
    pub fn unpacked_bytes(mut self, bytes: u64) -> Self {
        self.unpacked_bytes = Some(bytes);
        self
    }

    /// Sets the number of layers.
    #[must_use]
    pub fn layers(mut self, layers: u32) -> Self {
        self.layers = Some(layers);
        self
    }

    /// Sets the number of files.
    #[must_use]
    pub fn files(mut self, files: u64) -> Self {
        self.files = Some(files);
        self
    }

    /// Sets how many nodes pulled at once.
    #[must_use]
    pub fn nodes(mut self, nodes: u32) -> Self {
        self.nodes = Some(nodes);
        self
    }

    /// Names the node.
    #[must_use]
    pub fn on_node(mut self, node: impl Into<String>) -> Self {
        self.node = Some(node.into());
        self
    }

    /// Names the run.
    #[must_use]
    pub fn in_run(mut self, run: impl Into<String>) -> Self {
        self.run = run.into();
        self
    }

    /// Numbers the download: pulls of one image by one node in one run with the same number share one.
    #[must_use]
    pub fn in_download(mut self, download: u32) -> Self {
        self.download = download;
        self
    }

    pub(super) fn value(&self, term: Term) -> Option<f64> {
        match term {
            Term::Base => Some(1.0),
            Term::UnpackedBytes => self.unpacked_bytes.map(|bytes| bytes as f64),
            Term::WireBytes => self.wire_bytes.map(|bytes| bytes as f64),
            Term::Layers => self.layers.map(f64::from),
            Term::Files => self.files.map(|files| files as f64),
            Term::Nodes => self.nodes.map(f64::from),
            Term::ZstdBytes => self.zstd_bytes.map(|bytes| bytes as f64),
        }
    }
}

/// Joins the pulls of one image by one node in one run to one observation of their mean: they wait for the same download,
/// so they tell nothing that one of them does not.
pub(super) fn per_download(observations: &[Observation]) -> Vec<Observation> {
    let mut groups: std::collections::BTreeMap<_, Vec<&Observation>> =
        std::collections::BTreeMap::new();
    for (at, observation) in observations.iter().enumerate() {
        // A pull whose node nobody knows stands for itself.
        let alone = observation.node.is_none().then_some(at);
        let nodes = observation.nodes;
        let key = (
            &observation.run,
            nodes,
            &observation.image,
            &observation.node,
            observation.download,
            alone,
        );
        groups.entry(key).or_default().push(observation);
    }
    let mean = |group: &Vec<&Observation>| {
        let seconds: f64 = group.iter().map(|observation| observation.seconds).sum();
        Observation {
            seconds: seconds / group.len() as f64,
            ..group[0].clone()
        }
    };
    groups.values().map(mean).collect()
}
