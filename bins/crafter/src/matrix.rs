//! The arguments that say which images are meant: the same for planning and for building.

use std::path::{Path, PathBuf};

use pullstudy_console::{Clients, UsageError, open_base, say, warn};
use pullstudy_crafter::{
    BaseName, BuildIdentity, Method, Plan, PlanOptions, SizesFile, TagPattern,
};
use pullstudy_image::Reference;

/// Where images belong when nobody says.
const DEFAULT_REPOSITORY: &str = "localhost/crafted";

/// Seeds below stay exact in every JSON reader.
const SEEDS: u64 = 1 << 53;

/// Which images are meant.
#[derive(clap::Args)]
pub(crate) struct MatrixArgs {
    /// What images to make: a YAML file, also as container-crafter takes it
    #[arg(value_name = "SIZES.yaml")]
    sizes: PathBuf,
    /// Repository the images belong to, such as ghcr.io/you/images; replaces the file's uri
    #[arg(long, value_name = "REPOSITORY")]
    uri: Option<Reference>,
    /// Seed of everything random, below 2^53: same file and seed, same images [default: the file's, else random]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..SEEDS))]
    seed: Option<u64>,
    /// Only images whose tag matches; * and ? stand for any characters, and any one
    #[arg(long, value_name = "TAG_GLOB")]
    only: Option<TagPattern>,
    /// `published` makes container-crafter's images of zeros; `exact` the sizes the file asks for
    #[arg(long, value_enum, default_value_t = MethodName::Exact)]
    method: MethodName,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum MethodName {
    Exact,
    Published,
}

/// The images that are meant, before a seed is chosen.
pub(crate) struct Matrix {
    sizes: SizesFile,
    repository: Reference,
    method: Method,
    only: Option<TagPattern>,
    seed: Option<u64>,
    is_named: bool,
}

impl Matrix {
    /// Reads the sizes file, and says what was understood in a way that may surprise.
    pub(crate) fn read(args: &MatrixArgs) -> anyhow::Result<Self> {
        let sizes = SizesFile::read(&args.sizes)?;
        for note in &sizes.notes {
            warn(note);
        }
        let named = args.uri.as_ref().or(sizes.uri.as_ref());
        let is_named = named.is_some();
        let repository = repository(named, &sizes.name)?;
        Ok(Self {
            repository,
            is_named,
            method: match args.method {
                MethodName::Exact => Method::Exact,
                MethodName::Published => Method::Published,
            },
            only: args.only.clone(),
            seed: args.seed.or(sizes.seed),
            sizes,
        })
    }

    /// Returns what tells this build from others but for its seed.
    pub(crate) fn identity(&self) -> BuildIdentity {
        let method = match self.method {
            Method::Published => "published",
            _ => "exact",
        };
        let only = self.only.as_ref().map_or("*", TagPattern::as_str);
        BuildIdentity::of(&[
            &self.sizes.text_digest.to_string(),
            &self.repository.to_string(),
            method,
            only,
        ])
    }

    /// Chooses the seed: the one given, that of the same build begun in `layout`, or a random one.
    pub(crate) fn seed(&self, layout: Option<&Path>) -> anyhow::Result<u64> {
        if let Some(seed) = self.seed {
            return Ok(seed);
        }
        if let Some(layout) = layout
            && let Some(seed) = self.identity().unfinished_seed(layout)
        {
            say(format_args!(
                "going on with seed {seed}: this build was begun in {} before",
                layout.display()
            ));
            return Ok(seed);
        }
        let seed = getrandom::u64()? % SEEDS;
        say(format_args!(
            "seed {seed}, chosen at random: pass --seed {seed} for the same images"
        ));
        Ok(seed)
    }

    /// Returns the repository the images belong to.
    pub(crate) fn repository(&self) -> &Reference {
        &self.repository
    }

    /// Tells whether somebody said where the images belong.
    pub(crate) fn has_repository(&self) -> bool {
        self.is_named
    }

    /// Returns where the base is, if that is a registry.
    pub(crate) fn base(&self) -> Option<&Reference> {
        match &self.sizes.base {
            BaseName::Reference(reference) if self.method != Method::Published => Some(reference),
            _ => None,
        }
    }

    /// Plans the images, and says what may surprise about them.
    pub(crate) fn plan(&self, seed: u64, clients: &Clients<'_>) -> anyhow::Result<Plan> {
        let options = PlanOptions {
            seed,
            repository: self.repository.clone(),
            method: self.method,
            base: open_base(&self.sizes, self.method, clients)?,
        };
        let plan = Plan::new(&self.sizes, &options)?;
        for warning in &plan.warnings {
            warn(warning);
        }
        let plan = match &self.only {
            Some(pattern) => only(plan, pattern)?,
            None => plan,
        };
        for skipped in &plan.skipped {
            warn(&format_args!(
                "{} is skipped: {}",
                skipped.reference,
                skipped.reason()
            ));
        }
        Ok(plan)
    }
}

fn repository(given: Option<&Reference>, file: &str) -> anyhow::Result<Reference> {
    let Some(given) = given else {
        say(format_args!(
            "{file} has no uri: the images belong to {DEFAULT_REPOSITORY}, unless --uri says otherwise"
        ));
        return Ok(DEFAULT_REPOSITORY.parse()?);
    };
    if let Some(tag) = given.tag() {
        warn(&format_args!(
            "the tag {tag:?} of --uri is left out: tags are made from the sizes"
        ));
    }
    Ok(given.name().parse()?)
}

fn only(plan: Plan, pattern: &TagPattern) -> anyhow::Result<Plan> {
    let tags = plan.images.len() + plan.skipped.len();
    let first = plan.images.first().map(|image| image.tag().to_owned());
    let plan = plan.only(pattern);
    if plan.images.is_empty() && plan.skipped.is_empty() {
        let example = first.map_or(String::new(), |tag| format!(", such as {tag}"));
        let sentence = format!("--only {pattern} matches none of the {tags} tags{example}");
        return Err(UsageError(sentence).into());
    }
    Ok(plan)
}
