//! The page: its sections in their order.

use super::args::Args;
use super::found::names;
use super::glossary;
use super::sections::method::Warned;
use super::sections::times::{Extent, Told};
use super::sections::{
    experiments, failures, glance, likeness, list, method, money, nodes, simulations, times,
    waterfalls,
};
use super::study::{Choices, Study};
use super::verdict::Compared;
use pullstudy_report::{Page, Section};

/// Everything there is, for a browser.
pub(super) fn full(
    study: &Study,
    choices: &Choices<'_>,
    compared: Option<&Compared>,
) -> anyhow::Result<Page> {
    let mut sections = Sections::begin(choices.args, compared, choices)?;
    sections
        .warned
        .push(("pullstat health", study.warnings.clone()));
    sections
        .warned
        .push(("traces", study.traced.warnings.clone()));
    sections.add(glance::section(study)?);
    sections.add_told(
        "pullstat summary",
        times::section(study, choices, Extent::Full)?,
    );
    sections.add_some(waterfalls::section(study)?);
    sections.add_some(nodes::section(study, choices)?);
    sections.add_told("pullstat compare", experiments::section(study, choices)?);
    sections.add_some(failures::section(study)?);
    sections.add_told("pullstat similarity", likeness::section(study)?);
    sections.add_told("pullstat cost", money::section(study, choices)?);
    sections.add_some(simulations::section(study)?);
    sections.add_some(list::section(study, choices)?);
    let method = method::section(study, choices, &sections.warned)?;
    sections.add(method);
    let page = sections.page;
    Ok(glossary::definitions().fold(page, Page::definition))
}

/// The short one, for a pull request.
pub(super) fn short(
    study: &Study,
    choices: &Choices<'_>,
    compared: Option<&Compared>,
) -> anyhow::Result<Page> {
    let mut sections = Sections::begin(choices.args, compared, choices)?;
    sections.add(glance::section(study)?.warnings(study.warnings.clone()));
    sections.add_told(
        "pullstat summary",
        times::section(study, choices, Extent::Short)?,
    );
    if study.pulls.iter().any(|pull| !pull.failures.is_empty()) {
        sections.add_some(failures::section(study)?);
    }
    sections.add_some(simulations::section(study)?);
    Ok(glossary::definitions().fold(sections.page, Page::definition))
}

/// A page that grows, and what the commands would have warned of meanwhile.
struct Sections {
    page: Page,
    warned: Vec<Warned>,
}

impl Sections {
    fn begin(
        args: &Args,
        compared: Option<&Compared>,
        choices: &Choices<'_>,
    ) -> anyhow::Result<Self> {
        let mut page =
            Page::new(title(args)).footer(concat!("pullstat ", env!("CARGO_PKG_VERSION")));
        if let Some(compared) = compared {
            page = page.verdict(compared.verdict());
            page = page.section(compared.section(choices)?);
        }
        Ok(Self {
            page,
            warned: Vec::new(),
        })
    }

    fn add(&mut self, section: Section) {
        let page = std::mem::replace(&mut self.page, Page::new(""));
        self.page = page.section(section);
    }

    fn add_some(&mut self, section: Option<Section>) {
        if let Some(section) = section {
            self.add(section);
        }
    }

    fn add_told(&mut self, command: &'static str, told: Option<Told>) {
        if let Some(told) = told {
            self.add(told.section);
            self.warned.push((command, told.warnings));
        }
    }
}

fn title(args: &Args) -> String {
    match &args.title {
        Some(title) => title.clone(),
        None => format!("Image pulls of {}", names(&args.folders)),
    }
}
