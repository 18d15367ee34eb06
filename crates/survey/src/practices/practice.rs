//! Practices: what is looked for in a Dockerfile.

use super::base::{BaseImage, BaseMeaning};
use super::facts::DockerfileFacts;

/// A practice that a Dockerfile follows or not, where it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Practice {
    /// There is more than one stage. Applies to all files.
    MultiStage,
    /// COPY takes files of another stage or image. Applies to all files.
    CopyFrom,
    /// COPY takes files of an image that is no stage. Applies to all files.
    CopyFromImage,
    /// A stage begins with nothing. Applies to all files.
    FromScratch,
    /// A base image depends on what comes with the build, or is no reference. Applies to all files.
    UnresolvedBase,
    /// A base image is an official one. Applies to files of which a base image is known.
    OfficialBase,
    /// All known base images are official ones. Applies to files of which a base image is known.
    OnlyOfficialBases,
    /// A base image is named with the tag `latest`. Applies to files of which a base image is known.
    TagLatest,
    /// A base image has neither tag nor digest. Applies to files of which a base image is known.
    NoTag,
    /// A base image is named by digest. Applies to files of which a base image is known.
    Digest,
    /// All known base images are named by digest. Applies to files of which a base image is known.
    OnlyDigests,
    /// A RUN installs packages with apt-get or apt. Applies to all files.
    AptInstall,
    /// Each RUN that installs packages fetches the lists before and removes them after. Applies to files that install.
    AptUpdateAndListsRemoved,
    /// The same, where `apt-get clean` does instead of removing the lists. Applies to files that install.
    AptUpdateAndCleaned,
    /// Each RUN that installs packages fetches the lists before. Applies to files that install.
    AptUpdate,
    /// Each RUN that installs packages leaves recommended ones out. Applies to files that install.
    AptWithoutRecommended,
    /// A WORKDIR is on a folder that is there already. Applies to files with WORKDIR.
    WorkdirOnExisting,
    /// A WORKDIR is on a folder that the file itself made before. Applies to files with WORKDIR.
    WorkdirOnMade,
}

impl Practice {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 18] = [
        Self::MultiStage,
        Self::CopyFrom,
        Self::CopyFromImage,
        Self::FromScratch,
        Self::UnresolvedBase,
        Self::OfficialBase,
        Self::OnlyOfficialBases,
        Self::TagLatest,
        Self::NoTag,
        Self::Digest,
        Self::OnlyDigests,
        Self::AptInstall,
        Self::AptUpdateAndListsRemoved,
        Self::AptUpdateAndCleaned,
        Self::AptUpdate,
        Self::AptWithoutRecommended,
        Self::WorkdirOnExisting,
        Self::WorkdirOnMade,
    ];

    /// Returns the name that stands in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MultiStage => "multi_stage",
            Self::CopyFrom => "copy_from",
            Self::CopyFromImage => "copy_from_image",
            Self::FromScratch => "from_scratch",
            Self::UnresolvedBase => "unresolved_base",
            Self::OfficialBase => "official_base",
            Self::OnlyOfficialBases => "only_official_bases",
            Self::TagLatest => "tag_latest",
            Self::NoTag => "no_tag",
            Self::Digest => "digest",
            Self::OnlyDigests => "only_digests",
            Self::AptInstall => "apt_install",
            Self::AptUpdateAndListsRemoved => "apt_update_and_lists_removed",
            Self::AptUpdateAndCleaned => "apt_update_and_cleaned",
            Self::AptUpdate => "apt_update",
            Self::AptWithoutRecommended => "apt_without_recommended",
            Self::WorkdirOnExisting => "workdir_on_existing",
            Self::WorkdirOnMade => "workdir_on_made",
        }
    }

    /// Tells whether a file follows the practice; none where it does not apply.
    #[must_use]
    pub fn of(self, facts: &DockerfileFacts) -> Option<bool> {
        match self {
            Self::MultiStage => Some(facts.stages > 1),
            Self::CopyFrom => {
                Some(facts.copies_from_stages > 0 || !facts.copies_from_images.is_empty())
            }
            Self::CopyFromImage => {
                let mut images = facts.copies_from_images.iter();
                Some(images.any(|image| image.reference().is_some()))
            }
            Self::FromScratch => Some(any(facts, |base| base.meaning == BaseMeaning::Scratch)),
            Self::UnresolvedBase => Some(any(facts, is_unresolved)),
            Self::OfficialBase
            | Self::OnlyOfficialBases
            | Self::TagLatest
            | Self::NoTag
            | Self::Digest
            | Self::OnlyDigests => self.of_bases(facts),
            Self::AptInstall => Some(facts.apt_installs > 0),
            Self::AptUpdateAndListsRemoved
            | Self::AptUpdateAndCleaned
            | Self::AptUpdate
            | Self::AptWithoutRecommended => self.of_apt(facts),
            Self::WorkdirOnExisting | Self::WorkdirOnMade => self.of_workdirs(facts),
        }
    }

    fn of_bases(self, facts: &DockerfileFacts) -> Option<bool> {
        let known = || facts.bases.iter().filter_map(BaseImage::reference);
        known().next()?;
        let is_official = super::base::is_official;
        Some(match self {
            Self::OfficialBase => known().any(is_official),
            Self::OnlyOfficialBases => known().all(is_official),
            Self::TagLatest => known().any(|base| base.tag() == Some("latest")),
            Self::NoTag => known().any(|base| base.tag().is_none() && base.digest().is_none()),
            Self::Digest => known().any(|base| base.digest().is_some()),
            _ => known().all(|base| base.digest().is_some()),
        })
    }

    fn of_apt(self, facts: &DockerfileFacts) -> Option<bool> {
        let count = match self {
            Self::AptUpdateAndListsRemoved => facts.apt_updates_and_removes_lists,
            Self::AptUpdateAndCleaned => facts.apt_updates_and_cleans,
            Self::AptUpdate => facts.apt_updates,
            _ => facts.apt_without_recommended,
        };
        (facts.apt_installs > 0).then_some(count == facts.apt_installs)
    }

    fn of_workdirs(self, facts: &DockerfileFacts) -> Option<bool> {
        let standard = match self {
            Self::WorkdirOnExisting => facts.workdirs_on_standard,
            _ => 0,
        };
        (facts.workdirs > 0).then_some(facts.workdirs_on_made + standard > 0)
    }
}

fn any(facts: &DockerfileFacts, is_so: impl Fn(&BaseImage) -> bool) -> bool {
    facts.bases.iter().any(is_so)
}

fn is_unresolved(base: &BaseImage) -> bool {
    !matches!(base.meaning, BaseMeaning::Image(_) | BaseMeaning::Scratch)
}
