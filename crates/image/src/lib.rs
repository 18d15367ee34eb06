//! Container images on disk: digests, references, manifests and OCI layouts, without a network.
#![forbid(unsafe_code)]
