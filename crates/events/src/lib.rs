//! What was observed of container image pulls: Kubernetes events, traces, and figures over them.
#![forbid(unsafe_code)]
