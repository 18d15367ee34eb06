//! What one seed stands for: an operation, what it moves, between whom, and what goes wrong.

use std::fmt;

use crate::access::Auth;
use crate::content::{Kind, Prospect};
use crate::dice::Dice;
use crate::fault::Fault;
use crate::routes::Rules;
use crate::script::Strike;
use crate::step::Step;

/// What the client is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A layout to a registry.
    Push,
    /// Blobs made piece by piece, and a manifest of them, to a registry.
    Stream,
    /// A registry to a layout.
    Pull,
    /// A registry to a registry.
    Copy,
    /// All tags of a repository, and their documents.
    Fetch,
}

impl Operation {
    pub(crate) const ALL: [Self; 5] = [
        Self::Push,
        Self::Stream,
        Self::Pull,
        Self::Copy,
        Self::Fetch,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Stream => "stream",
            Self::Pull => "pull",
            Self::Copy => "copy",
            Self::Fetch => "fetch",
        }
    }

    fn reads(self) -> &'static [Step] {
        match self {
            Self::Push | Self::Stream => &[],
            Self::Pull | Self::Copy => &[
                Step::ReadDocument,
                Step::ReadBlob,
                Step::ReadBlob,
                Step::Token,
            ],
            Self::Fetch => &[
                Step::Tags,
                Step::ReadDocument,
                Step::CheckDocument,
                Step::ReadBlob,
                Step::Token,
            ],
        }
    }

    fn writes(self) -> &'static [Step] {
        match self {
            Self::Pull | Self::Fetch => &[],
            Self::Push | Self::Stream | Self::Copy => &[
                Step::CheckBlob,
                Step::StartUpload,
                Step::SendChunk,
                Step::AskUpload,
                Step::EndUpload,
                Step::CheckDocument,
                Step::WriteDocument,
                Step::Token,
            ],
        }
    }
}

/// How often a request is sent in all.
pub(crate) const TRIES: u32 = 6;

pub(crate) struct Schedule {
    pub(crate) seed: u64,
    pub(crate) operation: Operation,
    pub(crate) kind: Kind,
    /// The registry that is read, and what goes wrong there.
    pub(crate) source: (Rules, Vec<Strike>),
    /// The registry that is written. Both are one where a copy stays within a registry.
    pub(crate) target: (Rules, Vec<Strike>),
    pub(crate) one_registry: bool,
    /// What goes wrong where both of them send clients to.
    pub(crate) elsewhere: Vec<Strike>,
    /// Whether that host wants credentials.
    pub(crate) elsewhere_asks: bool,
    pub(crate) tags: usize,
    pub(crate) transfers: usize,
    pub(crate) ranges: usize,
    pub(crate) chunk_bytes: usize,
}

impl Schedule {
    pub(crate) fn draw(seed: u64, operation: Operation) -> Self {
        let mut dice = Dice::new(seed);
        let kind = match operation {
            Operation::Stream => *dice.pick(&[Kind::Image, Kind::TwoPlatforms]),
            _ => Kind::draw(&mut dice),
        };
        // What a registry holds is mounted unread: there a lie stays a lie.
        let one_registry =
            operation == Operation::Copy && kind.prospect() != Prospect::Bad && dice.percent(30);
        let reads = operation.reads();
        let writes = operation.writes();
        let both: Vec<Step> = reads.iter().chain(writes).copied().collect();
        let source = if one_registry { &both } else { reads };
        let mut side = |steps: &[Step]| {
            let rules = rules(&mut dice);
            // Where there are no tokens, nothing happens to them.
            let bearer = rules.auth == Auth::Bearer;
            let steps = steps.iter().filter(|step| bearer || **step != Step::Token);
            let steps: Vec<Step> = steps.copied().collect();
            (rules, strikes(&steps, &mut dice))
        };
        let source = side(source);
        let target = side(if one_registry { &[] } else { writes });
        let elsewhere = if dice.percent(30) {
            strikes(&[Step::ReadBlob, Step::SendChunk], &mut dice)
        } else {
            Vec::new()
        };
        Self {
            seed,
            operation,
            kind,
            source,
            target,
            one_registry,
            elsewhere,
            elsewhere_asks: dice.percent(15),
            tags: 1 + dice.below(7),
            transfers: 1 + dice.below(4),
            ranges: 1 + dice.below(3),
            chunk_bytes: match kind {
                Kind::Large => 1 << 20,
                _ => *dice.pick(&[500, 1000, 10_000, 100_000]),
            },
        }
    }

    /// The tags of the repository that is read.
    pub(crate) fn tag_names(&self) -> Vec<String> {
        let numbers = 0..self.tags;
        numbers.map(|number| format!("tag-{number}")).collect()
    }

    fn all_strikes(&self) -> impl Iterator<Item = &Strike> {
        let sides = self.source.1.iter().chain(&self.target.1);
        sides.chain(&self.elsewhere)
    }

    /// Tells how it must end, if that can be told.
    pub(crate) fn prospect(&self) -> Prospect {
        let kind = self.kind.prospect();
        let reads_layers = self.operation != Operation::Fetch;
        match kind {
            // An archive keeps what it does not understand, and no layers.
            Prospect::Bad if reads_layers || self.kind == Kind::SelfPointing => Prospect::Bad,
            Prospect::Good if self.can_be_got_past() => Prospect::Good,
            _ => Prospect::Open,
        }
    }

    /// Tells whether as many tries as the client has suffice even if all faults befall one request.
    fn can_be_got_past(&self) -> bool {
        let tries: Option<u32> = self.all_strikes().map(Strike::tries).sum();
        let count = |fault: Fault| {
            let same = |strike: &&Strike| strike.fault == fault;
            self.all_strikes().filter(same).count()
        };
        let is_sent_away = |strike: &Strike| strike.fault == Fault::Redirect && self.elsewhere_asks;
        tries.is_some_and(|tries| tries < TRIES)
            && count(Fault::WrongByte) < 2
            // A token that another request sees expire may be new to this one.
            && count(Fault::ExpiredToken) < if self.transfers == 1 { 2 } else { 1 }
            && !self.all_strikes().any(is_sent_away)
    }

    /// Whether silence is part of it: then the client must not wait for long.
    pub(crate) fn stalls(&self) -> bool {
        self.all_strikes()
            .any(|strike| matches!(strike.fault, Fault::Stall { .. }))
    }
}

fn rules(dice: &mut Dice) -> Rules {
    Rules {
        auth: *dice.pick(&[Auth::Nobody, Auth::Basic, Auth::Bearer, Auth::Bearer]),
        tags_a_page: *dice.pick(&[1, 2, 1000]),
        absolute: dice.percent(50),
        min_chunk: *dice.pick(&[None, Some(1000), Some(50_000)]),
        mounts: dice.percent(70),
        ranges: dice.percent(70),
    }
}

fn strikes(steps: &[Step], dice: &mut Dice) -> Vec<Strike> {
    if steps.is_empty() {
        return Vec::new();
    }
    let count = 1 + dice.below(3);
    (0..count).map(|_| Strike::draw(steps, dice)).collect()
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} of {:?}, seed {}",
            self.operation.name(),
            self.kind,
            self.seed
        )?;
        writeln!(
            f,
            "  one registry: {}, {} tags, {} transfers, {} ranges",
            self.one_registry, self.tags, self.transfers, self.ranges
        )?;
        for (name, (rules, strikes)) in [("source", &self.source), ("target", &self.target)] {
            writeln!(f, "  {name}: {rules:?}")?;
            for strike in strikes {
                writeln!(f, "    {strike}")?;
            }
        }
        for strike in &self.elsewhere {
            writeln!(f, "  elsewhere: {strike}")?;
        }
        Ok(())
    }
}
