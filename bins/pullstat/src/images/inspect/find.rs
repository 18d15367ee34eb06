//! The images of a place, one after the other.

use std::path::Path;

use pullstudy_console::{Repository, UsageError, in_words};
use pullstudy_image::{Archive, BlobSource, Descriptor, Layout, Platform, Reference, TaggedImage};
use pullstudy_survey::{Subject, SubjectError, archived_subjects, find_subjects};

use super::Args;
use super::meter::{LayerMeter, Watched};
use super::place::{InspectPlace, is_layout};

/// What takes the images, with the place of their layers where there is one.
pub(super) type Taker<'a> =
    dyn FnMut(Option<&Layers<'_>>, Result<Subject, SubjectError>) -> anyhow::Result<()> + 'a;

/// A place that was opened.
pub(super) struct Found<'a> {
    source: Source,
    platform: Option<&'a Platform>,
    meter: LayerMeter,
}

enum Source {
    Layout(Layout, Vec<TaggedImage>),
    Archive(Archive, Option<String>),
    Registry(Box<Repository>, Vec<Result<Subject, SubjectError>>),
}

/// The layers of a place, and the bar that shows how many of their bytes were read.
pub(super) struct Layers<'a> {
    source: &'a dyn BlobSource,
    meter: &'a LayerMeter,
}

impl<'a> Layers<'a> {
    pub(super) fn of(&self, subject: &Subject) -> Watched<'a> {
        self.meter.watch(self.source, subject)
    }
}

impl<'a> Found<'a> {
    /// Finds out what there is. Of a registry, all documents are read.
    pub(super) fn open(args: &'a Args, place: InspectPlace) -> anyhow::Result<Self> {
        let meter = LayerMeter::new();
        if let InspectPlace::Folder { path, tag: _ } = &place
            && path.is_file()
        {
            return Err(no_folder(path).into());
        }
        let source = match place {
            InspectPlace::Registry(reference) => registry(args, reference, &meter)?,
            InspectPlace::Folder { path, tag } if is_layout(&path) => layout(args, &path, tag)?,
            InspectPlace::Folder { path, tag } => archive(args, &path, tag)?,
        };
        Ok(Self {
            source,
            platform: args.platform.as_ref(),
            meter,
        })
    }

    /// Gives every image to `take`, until that fails.
    pub(super) fn each(self, take: &mut Taker<'_>) -> anyhow::Result<()> {
        let taken = match self.source {
            Source::Layout(layout, images) => {
                let layers = Layers {
                    source: &layout,
                    meter: &self.meter,
                };
                each_tag(&layout, &images, self.platform, &layers, take)
            }
            Source::Archive(archive, tag) => {
                each_archived(&archive, tag.as_deref(), self.platform, take)
            }
            Source::Registry(repository, subjects) => {
                let layers = Layers {
                    source: &*repository,
                    meter: &self.meter,
                };
                let mut subjects = subjects.into_iter();
                subjects.try_for_each(|subject| take(Some(&layers), subject))
            }
        };
        self.meter.finish();
        taken
    }
}

/// Tars of images are written by `docker save` and `skopeo copy`.
fn no_folder(path: &Path) -> UsageError {
    let path = path.display();
    UsageError(format!(
        "{path} is a file, and images are read from folders: unpack it with \
         `skopeo copy oci-archive:{path} oci:DIR:TAG` (docker-archive: if `docker save` wrote it), and inspect ./DIR"
    ))
}

fn each_tag(
    layout: &Layout,
    images: &[TaggedImage],
    platform: Option<&Platform>,
    layers: &Layers<'_>,
    take: &mut Taker<'_>,
) -> anyhow::Result<()> {
    for image in images {
        let name = name_of(layout, image);
        let tag = image.tag.as_deref();
        for subject in find_subjects(layout, &name, tag, &image.descriptor, platform) {
            take(Some(layers), subject)?;
        }
    }
    Ok(())
}

fn name_of(layout: &Layout, image: &TaggedImage) -> String {
    let folder = layout.path().display();
    match (&image.name, &image.tag) {
        (Some(name), _) => name.clone(),
        (None, Some(tag)) => format!("{folder}:{tag}"),
        (None, None) => format!("{folder}@{}", image.descriptor.digest),
    }
}

fn each_archived(
    archive: &Archive,
    wanted: Option<&str>,
    platform: Option<&Platform>,
    take: &mut Taker<'_>,
) -> anyhow::Result<()> {
    let mut is_there = false;
    for repository in archive.repositories() {
        let repository = match repository {
            Ok(repository) => repository,
            Err(source) => {
                take(None, Err(SubjectError::Repository { source }))?;
                continue;
            }
        };
        let tags = repository.tags().iter();
        for tag in tags.filter(|tag| wanted.is_none_or(|wanted| tag.name() == wanted)) {
            is_there = true;
            for subject in archived_subjects(&repository, tag, platform) {
                take(None, subject)?;
            }
        }
    }
    match wanted {
        Some(tag) if !is_there => {
            let folder = archive.path().display();
            Err(UsageError(format!("there is no tag {tag:?} in {folder}")).into())
        }
        _ => Ok(()),
    }
}

fn layout(args: &Args, path: &Path, tag: Option<String>) -> anyhow::Result<Source> {
    /// More are not read anyway.
    const LISTED: usize = 8;
    let layout = Layout::open(path)?;
    let mut images = layout.images()?;
    let Some(tag) = tag else {
        return Ok(Source::Layout(layout, images));
    };
    let there: Vec<String> = images
        .iter()
        .filter_map(|image| image.tag.clone())
        .collect();
    images.retain(|image| {
        image.tag.as_ref() == Some(&tag) || image.descriptor.digest.to_string() == tag
    });
    if images.is_empty() {
        let more = if there.len() > LISTED { ", …" } else { "" };
        let there = there[..there.len().min(LISTED)].join(", ");
        let place = &args.place;
        let message = format!("there is no tag {tag:?} in {place}; there are: {there}{more}");
        return Err(UsageError(message).into());
    }
    Ok(Source::Layout(layout, images))
}

fn archive(args: &Args, path: &Path, tag: Option<String>) -> anyhow::Result<Source> {
    let archive = Archive::open(path).map_err(|error| {
        UsageError(format!(
            "{}; an OCI layout is made by `crafter copy`, an archive of manifests by `pullstat manifests fetch`",
            in_words(&error)
        ))
    })?;
    if args.reads_layers() {
        let message = format!(
            "{} is an archive of manifests, which has no layers to read: inspect the reference, or a layout of `crafter copy`",
            args.place
        );
        return Err(UsageError(message).into());
    }
    Ok(Source::Archive(archive, tag))
}

fn registry(args: &Args, reference: Reference, meter: &LayerMeter) -> anyhow::Result<Source> {
    let client = args.connection.client(Some(&reference), meter.observer())?;
    let repository = Repository::open(&reference, client)?;
    let root: Descriptor = repository.resolve()?;
    let (name, tag) = (reference.to_string(), reference.tag());
    let subjects = find_subjects(&repository, &name, tag, &root, args.platform.as_ref());
    check_platforms(args, &subjects)?;
    Ok(Source::Registry(Box::new(repository), subjects))
}

/// Who asks for one image should not download eight.
fn check_platforms(
    args: &Args,
    subjects: &[Result<Subject, SubjectError>],
) -> Result<(), UsageError> {
    let platforms: Vec<String> = subjects
        .iter()
        .flatten()
        .filter_map(|subject| subject.platform.as_ref().map(Platform::to_string))
        .collect();
    if !args.reads_layers() || args.all_platforms || platforms.len() < 2 {
        return Ok(());
    }
    Err(UsageError(format!(
        "{} has {} images, and the layers of each would be downloaded: name one with --platform, or pass --all-platforms; there are: {}",
        args.place,
        platforms.len(),
        platforms.join(", ")
    )))
}
