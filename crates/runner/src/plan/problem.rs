//! Why a study cannot be read, or makes no plan.

/// Why a study's file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadStudyError {
    /// The file could not be opened or read.
    #[error("failed to read {file}")]
    Io {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something in it is not as it should be.
    #[error("{file}, line {line}: {reason}")]
    Form {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong, and what helps.
        reason: String,
    },
    /// A value is not one that a study can have.
    #[error("{file}: {key} {reason}")]
    Value {
        /// The file.
        file: String,
        /// The key.
        key: String,
        /// What is wrong, and what helps.
        reason: String,
    },
}

/// Why a study makes no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There is nothing to pull.
    #[error("experiment {experiment} has no images to pull")]
    NoImages {
        /// The experiment.
        experiment: String,
    },
    /// The file does not say on how many nodes, and nobody else did.
    #[error(
        "experiment {experiment} does not say on how many nodes: add nodes: [4] to the file, or --nodes 4"
    )]
    NoNodes {
        /// The experiment.
        experiment: String,
    },
    /// The file has images for other numbers of nodes.
    #[error("experiment {experiment} has no images for {nodes} nodes; it has some for {known}")]
    NoImagesForNodes {
        /// The experiment.
        experiment: String,
        /// The number that was asked for.
        nodes: u32,
        /// Those that it has images for.
        known: String,
    },
    /// An image stands there twice: the second pull would not be told from the first.
    #[error("{image} is listed twice: use repeats to pull it several times")]
    Twice {
        /// The image.
        image: String,
    },
    /// A strategy's registry makes no reference.
    #[error(
        "strategy {strategy}: {registry} cannot stand for the registry of {image}; write a host, such as 10.0.0.5:5000"
    )]
    Registry {
        /// The strategy.
        strategy: String,
        /// What it says.
        registry: String,
        /// The image.
        image: String,
    },
}
