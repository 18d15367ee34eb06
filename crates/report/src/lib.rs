//! Tables and plots of pull studies.
#![forbid(unsafe_code)]
