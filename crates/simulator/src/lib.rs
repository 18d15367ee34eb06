//! A discrete-event simulation of nodes that pull container images under a strategy.
#![forbid(unsafe_code)]
