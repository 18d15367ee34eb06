//! Findings that make a pipeline fail.

use std::collections::BTreeMap;

use pullstudy_console::UsageError;
use pullstudy_survey::{Code, ImageReport, Severity, UnknownCode};

/// What is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deny {
    Code(Code),
    /// This severity, and what is worse.
    From(Severity),
}

/// Reads a code or a severity.
pub(super) fn parse(text: &str) -> Result<Deny, String> {
    let severities = [Severity::Info, Severity::Warning, Severity::Error];
    if let Some(severity) = severities.iter().find(|one| one.name() == text) {
        return Ok(Deny::From(*severity));
    }
    text.parse()
        .map(Deny::Code)
        .map_err(|error: UnknownCode| format!("{error}; or a severity: info, warning, error"))
}

/// A check that can never fail is none.
pub(super) fn check(denied: &[Deny], reads_layers: bool) -> Result<(), UsageError> {
    let unseen = denied.iter().find_map(|deny| match deny {
        Deny::Code(code) if code.needs_layers() => Some(code),
        _ => None,
    });
    match unseen {
        Some(code) if !reads_layers => Err(UsageError(format!(
            "{code} is found only when layers are read: pass --deep with --deny {code}"
        ))),
        _ => Ok(()),
    }
}

/// The findings that were denied.
pub(super) struct Denial<'a> {
    denied: &'a [Deny],
    found: BTreeMap<Code, usize>,
}

impl<'a> Denial<'a> {
    pub(super) fn new(denied: &'a [Deny]) -> Self {
        Self {
            denied,
            found: BTreeMap::new(),
        }
    }

    pub(super) fn look_at(&mut self, report: &ImageReport) {
        for finding in &report.findings {
            let is_meant = |deny: &Deny| match deny {
                Deny::Code(code) => *code == finding.code,
                Deny::From(severity) => finding.severity >= *severity,
            };
            if self.denied.iter().any(is_meant) {
                *self.found.entry(finding.code).or_default() += 1;
            }
        }
    }

    /// Says what was denied and found, if anything.
    pub(super) fn words(&self) -> Option<String> {
        let words = self.found.iter();
        let words: Vec<String> = words
            .map(|(code, count)| format!("{code} ({count})"))
            .collect();
        (!words.is_empty()).then(|| format!("denied: {}", words.join(", ")))
    }
}
