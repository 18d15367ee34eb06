//! What the figures were measured on.

use std::fmt;
use std::fs;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// The machine and the programs that took part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The processor's name, from `/proc/cpuinfo`.
    pub(crate) processor: String,
    /// Processors this process may use.
    pub(crate) cores: usize,
    /// The kernel's release.
    pub(crate) kernel: String,
    /// Whether the processor has SHA instructions, which the hash limit rests on.
    pub(crate) sha_instructions: bool,
    /// The first line each program gave of its version.
    pub(crate) versions: Vec<String>,
}

impl Machine {
    /// Looks at this machine, and asks each of `programs` (name and arguments) for its version.
    pub(crate) fn this(programs: &[&[&str]]) -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            processor: field(&cpuinfo, "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: kernel.trim().to_owned(),
            sha_instructions: field(&cpuinfo, "flags")
                .split(' ')
                .any(|flag| flag == "sha_ni"),
            versions: programs.iter().map(|program| version(program)).collect(),
        }
    }

    /// Returns a folder name for results: `<processor>-<cores>`, lower case.
    pub(crate) fn slug(&self) -> String {
        let words = self.processor.to_lowercase();
        let words: Vec<_> = words
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        format!("{}-{}-cores", words.join("-"), self.cores)
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} cores, Linux {}, SHA instructions: {}",
            self.processor, self.cores, self.kernel, self.sha_instructions
        )
    }
}

fn field(cpuinfo: &str, name: &str) -> String {
    let line = cpuinfo.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_once(':'))
        .map_or("unknown".to_owned(), |(_, value)| value.trim().to_owned())
}

fn version(program: &[&str]) -> String {
    let output = Command::new(program[0]).args(&program[1..]).output();
    let text = output.map(|output| {
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    });
    let first = text.ok().and_then(|text| {
        text.lines()
            .find(|line| !line.is_empty())
            .map(str::to_owned)
    });
    format!(
        "{}: {}",
        program[0],
        first.unwrap_or_else(|| "not found".to_owned())
    )
}
