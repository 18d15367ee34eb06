//! Pictures, into files.

use std::ffi::OsStr;
use std::path::Path;

use pullstudy_console::{UsageError, say, write_whole};
use pullstudy_report::Figure;

/// Pixels of a PNG for each unit of the picture: sharp on screens and in print.
const PNG_SCALE: f64 = 2.0;

/// Refuses a file whose name does not say what kind of picture it is to be, or whose folder is not there. `option` is
/// what names the file on the command line.
pub(crate) fn check_name(option: &str, path: &Path) -> Result<(), UsageError> {
    if !matches!(
        path.extension().and_then(OsStr::to_str),
        Some("svg" | "png")
    ) {
        let (svg, png) = (path.with_extension("svg"), path.with_extension("png"));
        return Err(UsageError(format!(
            "{option} {} says no kind of picture: name it {} or {}",
            path.display(),
            svg.display(),
            png.display()
        )));
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            let (path, folder) = (path.display(), folder.display());
            Err(UsageError(format!(
                "{option} {path}: there is no folder {folder}"
            )))
        }
        _ => Ok(()),
    }
}

/// Writes the picture whole or not at all.
pub(crate) fn write(figure: &Figure, path: &Path) -> anyhow::Result<()> {
    let bytes = match path.extension().and_then(OsStr::to_str) {
        Some("png") => figure.to_png(PNG_SCALE)?,
        _ => figure.to_svg().into_bytes(),
    };
    write_whole(path, &bytes)?;
    say(format_args!("{}", path.display()));
    Ok(())
}
