//! Image configs in outline.

use std::sync::Arc;

use pullstudy_json::{NotJson, Scanner};

use super::commands::FileCommands;
use super::shared_texts::SharedTexts;
use crate::archive::ArchivedConfig;
use crate::{DiffId, Platform};

/// What a config says of its image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigOutline {
    /// GOOS, as the builder wrote it.
    pub os: Option<Arc<str>>,
    /// GOARCH, as the builder wrote it; some left it empty.
    pub architecture: Option<Arc<str>>,
    /// The variant of the processor.
    pub variant: Option<Arc<str>>,
    /// When the image was made, as the builder wrote it.
    pub created: Option<Box<str>>,
    /// The hashes of the uncompressed layers, first to last; nothing where they are not listed, or one is no digest.
    pub diff_ids: Option<Vec<DiffId>>,
    /// The steps of the image's making, first to last; none where they were [not wanted](StepsWanted).
    pub history: Vec<StepOutline>,
}

/// One step of an image's making.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepOutline {
    /// The command, as the builder wrote it: a number of the repository's
    /// [commands](super::RepositoryOutline::commands).
    pub command: Option<u32>,
    /// Whether the step made no layer.
    pub empty_layer: bool,
}

/// Of which images the steps of their making are wanted: they are most of what a config holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepsWanted {
    /// Of no image.
    None,
    /// Of all images.
    #[default]
    All,
}

/// The values of a config that have been met.
#[derive(Default)]
struct Draft {
    outline: ConfigOutline,
    met: u8,
    is_odd: bool,
}

/// The keys that are looked for. Readers in Go take them in whatever case.
const KEYS: [&[u8]; 6] = [
    b"os",
    b"architecture",
    b"variant",
    b"created",
    b"rootfs",
    b"history",
];

impl ConfigOutline {
    /// Takes a value; `None` for one in which something is unusual.
    pub(super) fn read<'a>(
        scanner: &mut Scanner<'a, '_>,
        texts: &mut SharedTexts,
        commands: Option<&mut FileCommands<'a>>,
    ) -> Result<Option<Self>, NotJson> {
        let mut draft = Draft::default();
        let mut commands = commands;
        scanner.object_or_other(|scanner, key| {
            draft.member(scanner, key, texts, commands.as_deref_mut())
        })?;
        Ok((!draft.is_odd).then_some(draft.outline))
    }

    /// Takes all but the steps.
    pub(super) fn of(config: &ArchivedConfig, texts: &mut SharedTexts) -> Self {
        let mut text = |key| Some(texts.share(config.field(key)?.as_str()?));
        let created = config.field("created");
        Self {
            os: text("os"),
            architecture: text("architecture"),
            variant: text("variant"),
            created: created.and_then(|created| Some(created.as_str()?.into())),
            diff_ids: config.diff_ids(),
            history: Vec::new(),
        }
    }

    /// Returns what the image runs on, if both system and architecture are named.
    pub fn platform(&self) -> Option<Platform> {
        Some(Platform {
            os: self.os.as_deref()?.to_owned(),
            architecture: self.architecture.as_deref()?.to_owned(),
            variant: self.variant.as_deref().map(str::to_owned),
        })
    }
}

impl Draft {
    fn member<'a>(
        &mut self,
        scanner: &mut Scanner<'a, '_>,
        key: &[u8],
        texts: &mut SharedTexts,
        commands: Option<&mut FileCommands<'a>>,
    ) -> Result<(), NotJson> {
        let Some(known) = self.known(key) else {
            return scanner.pass_over_again();
        };
        match known {
            b"rootfs" => self.rootfs(scanner),
            b"history" => match commands {
                Some(commands) => self.history(scanner, commands),
                None => scanner.pass_over(),
            },
            b"created" => {
                let text = scanner.string_or_other()?;
                self.outline.created = text.map(|raw| raw.text().into());
                Ok(())
            }
            _ => {
                let raw = scanner.string_or_other()?;
                let text = raw.and_then(|raw| texts.share_plain(raw));
                self.is_odd |= raw.is_some() && text.is_none();
                match known {
                    b"os" => self.outline.os = text,
                    b"architecture" => self.outline.architecture = text,
                    _ => self.outline.variant = text,
                }
                Ok(())
            }
        }
    }

    /// Returns which key this is, if it is one that is looked for. One in another case, or met before, is unusual.
    fn known(&mut self, key: &[u8]) -> Option<&'static [u8]> {
        let (number, is_exact) = look_up(&KEYS, key)?;
        let bit = 1 << number;
        self.is_odd |= !is_exact || self.met & bit != 0;
        self.met |= bit;
        Some(KEYS[number])
    }

    fn rootfs(&mut self, scanner: &mut Scanner<'_, '_>) -> Result<(), NotJson> {
        let mut is_met = false;
        scanner.object_or_other(|scanner, key| {
            match look_up(&[b"diff_ids"], key) {
                Some((_, true)) if !is_met => {
                    is_met = true;
                    self.diff_ids(scanner)?;
                }
                other => {
                    self.is_odd |= other.is_some();
                    scanner.pass_over()?;
                }
            }
            Ok(())
        })
    }

    fn diff_ids(&mut self, scanner: &mut Scanner<'_, '_>) -> Result<(), NotJson> {
        if scanner.peek()? != b'[' {
            return scanner.pass_over();
        }
        let mut ids = Vec::new();
        scanner.array(|scanner| {
            let raw = scanner.string_or_other()?;
            match raw.and_then(|raw| DiffId::from_ascii(raw.bytes())) {
                Some(id) => ids.push(id),
                None => self.is_odd = true,
            }
            Ok(())
        })?;
        self.outline.diff_ids = Some(ids);
        Ok(())
    }

    fn history<'a>(
        &mut self,
        scanner: &mut Scanner<'a, '_>,
        commands: &mut FileCommands<'a>,
    ) -> Result<(), NotJson> {
        if scanner.peek()? != b'[' {
            return scanner.pass_over();
        }
        let mut steps = Vec::new();
        scanner.array(|scanner| {
            steps.push(self.step(scanner, commands)?);
            Ok(())
        })?;
        self.outline.history = steps;
        Ok(())
    }

    fn step<'a>(
        &mut self,
        scanner: &mut Scanner<'a, '_>,
        commands: &mut FileCommands<'a>,
    ) -> Result<StepOutline, NotJson> {
        let mut step = StepOutline::default();
        let mut met = [false; 2];
        scanner.object_or_other(|scanner, key| {
            let Some((number, is_exact)) = look_up(&[b"created_by", b"empty_layer"], key) else {
                return scanner.pass_over();
            };
            self.is_odd |= !is_exact || met[number];
            met[number] = true;
            if number == 0 {
                let raw = scanner.string_or_other()?;
                step.command = raw.map(|raw| commands.number(raw));
            } else {
                step.empty_layer = scanner.raw_value()? == b"true";
            }
            Ok(())
        })?;
        Ok(step)
    }
}

/// Finds a key among those that are looked for, and tells whether it is spelt as it should be.
///
/// A key with an escape in it may be any of them: it counts as the first, wrongly spelt.
fn look_up(keys: &[&[u8]], key: &[u8]) -> Option<(usize, bool)> {
    let same_letters = |known: &&[u8]| known.eq_ignore_ascii_case(key);
    match keys.iter().position(same_letters) {
        Some(number) => Some((number, keys[number] == key)),
        None => key.contains(&b'\\').then_some((0, false)),
    }
}
