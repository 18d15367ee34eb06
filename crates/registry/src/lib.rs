//! A client for container registries, and a read-only server of an OCI layout.
#![forbid(unsafe_code)]
