//! `cargo xtask dist`: everything of a release, in one folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::invocation::Invocation;
use crate::machine::Machine;
use crate::tools::{CARGO_CYCLONEDX, CARGO_DEB};
use crate::workspace::{self, PROGRAMS, built};
use crate::{console, notices, weigh};

/// The profile of `Cargo.toml` that programs are shipped with.
const PROFILE: &str = "shipped";

/// The shells that completions are made for, and what each calls the file.
const SHELLS: [(&str, &str, &str); 5] = [
    ("bash", "", ""),
    ("elvish", "", ".elv"),
    ("fish", "", ".fish"),
    ("powershell", "", ".ps1"),
    ("zsh", "_", ""),
];

/// Makes the folder anew, and all that is in it.
///
/// # Errors
///
/// Something could not be built, or the folder not written.
pub(crate) fn run() -> anyhow::Result<()> {
    let out = workspace::root().join("target/dist");
    if out.is_dir() {
        fs::remove_dir_all(&out).with_context(|| format!("failed to remove {}", out.display()))?;
    }
    let moment = moment()?;
    build(&moment)?.run()?;
    for (package, _, program) in PROGRAMS {
        unpacked(&out, package, program)?;
    }
    archive(&out, &moment).run()?;
    let machine = Machine::this();
    for (package, _, _) in PROGRAMS {
        debian(&CARGO_DEB.provide(&machine)?, package, &out, &moment).run()?;
    }
    let cyclonedx = CARGO_CYCLONEDX.provide(&machine)?;
    bills(&cyclonedx, &moment).run()?;
    collect_bills(&out)?;
    checksums(&out)?;
    weigh::run(PROFILE)
}

/// Returns the seconds since 1970 of the newest commit: the only time that a release may hold.
fn moment() -> anyhow::Result<String> {
    if let Ok(set) = std::env::var("SOURCE_DATE_EPOCH") {
        return Ok(set);
    }
    let seconds = Invocation::new("git", ["log", "-1", "--format=%ct"]).read()?;
    Ok(seconds.trim().to_owned())
}

/// Returns the folder in which cargo keeps what it has fetched.
pub(crate) fn cargo_home() -> anyhow::Result<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(home)
        .context("neither CARGO_HOME nor HOME is set")
}

/// Builds both programs so that they do not tell, or depend on, where they were built.
fn build(moment: &str) -> anyhow::Result<Invocation> {
    let root = workspace::root().to_string_lossy();
    let home = cargo_home()?;
    let home = home.to_string_lossy();
    let rust = format!("--remap-path-prefix={root}=/pullstudy --remap-path-prefix={home}=/cargo");
    let c = format!("-ffile-prefix-map={root}=/pullstudy -ffile-prefix-map={home}=/cargo");
    let packages = PROGRAMS.iter().flat_map(|(package, _, _)| ["-p", *package]);
    Ok(Invocation::cargo("build --locked --profile")
        .args([PROFILE])
        .args(packages)
        .variable("RUSTFLAGS", rust)
        .variable("CFLAGS", c)
        .variable("SOURCE_DATE_EPOCH", moment))
}

/// Puts a program, and what it tells of itself, into the folder.
fn unpacked(out: &Path, package: &str, program: &str) -> anyhow::Result<()> {
    let bin = made(out.join("bin"))?.join(program);
    let built = built(PROFILE).join(program);
    fs::copy(&built, &bin).with_context(|| format!("failed to copy {}", built.display()))?;
    let man = made(out.join("man/man1"))?;
    Invocation::new(&bin, ["man".as_ref(), man.as_os_str()]).run()?;
    for (shell, before, after) in SHELLS {
        let script = Invocation::new(&bin, ["completions", shell]).read()?;
        let folder = made(out.join("completions").join(shell))?;
        write(&folder.join(format!("{before}{program}{after}")), &script)?;
    }
    let notice = notices::of(package)?;
    let folder = made(out.join("notices"))?;
    write(&folder.join(format!("{program}.txt")), &notice)
}

fn made(folder: PathBuf) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
    Ok(folder)
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// Packs what is there for those who have no Debian: the same names, owners and times everywhere.
fn archive(out: &Path, moment: &str) -> Invocation {
    let version = env!("CARGO_PKG_VERSION");
    let arch = std::env::consts::ARCH;
    let name = out.join(format!("pullstudy-{version}-{arch}-linux.tar.gz"));
    Invocation::new("tar", ["--sort=name", "--owner=0", "--group=0"])
        .args(["--numeric-owner".to_owned(), format!("--mtime=@{moment}")])
        .args([Path::new("-C"), out, Path::new("-czf"), &name])
        .args(["bin", "completions", "man", "notices"])
}

fn debian(cargo_deb: &Path, package: &str, out: &Path, moment: &str) -> Invocation {
    // As cargo would call it.
    Invocation::new(
        cargo_deb,
        ["deb", "--quiet", "--no-build", "--profile", PROFILE],
    )
    .args(["--package", package, "--output"])
    .args([out])
    .variable("SOURCE_DATE_EPOCH", moment)
}

/// Writes a bill beside the manifest of every package that has a program.
fn bills(cyclonedx: &Path, moment: &str) -> Invocation {
    Invocation::new(
        cyclonedx,
        ["cyclonedx", "--quiet", "--describe", "binaries"],
    )
    .args(["--format", "json", "--spec-version", "1.5"])
    .args(["--no-build-deps"])
    .variable("SOURCE_DATE_EPOCH", moment)
}

/// Moves the bills of what is shipped into the folder, and takes away the others.
fn collect_bills(out: &Path) -> anyhow::Result<()> {
    for (folder, program) in BILLED {
        let bill = workspace::root().join(format!("{folder}/{program}_bin.cdx.json"));
        let moved = || format!("failed to move {}", bill.display());
        if PROGRAMS.iter().any(|(_, _, shipped)| shipped == &program) {
            let text = fs::read_to_string(&bill).with_context(moved)?;
            // Our own packages are known by where they lie.
            let root = workspace::root().to_string_lossy();
            let text = text.replace(&*root, "/pullstudy");
            write(&out.join(format!("{program}.cdx.json")), &text)?;
        }
        fs::remove_file(&bill).with_context(moved)?;
    }
    Ok(())
}

/// The folders of packages that have programs, and those programs.
const BILLED: [(&str, &str); 5] = [
    ("benches", "pullstudy-benches"),
    ("bins/crafter", "crafter"),
    ("bins/pullstat", "pullstat"),
    ("tests/cluster", "test-cluster"),
    ("xtask", "xtask"),
];

/// Writes `SHA256SUMS`, which `sha256sum --check` reads, over all files of the folder.
fn checksums(out: &Path) -> anyhow::Result<()> {
    let script = "cd \"$1\" && find . -type f ! -name SHA256SUMS -printf '%P\\0' | sort -z | xargs -0 sha256sum";
    let sums = Invocation::new("sh", ["-c", script, "sh"])
        .args([out])
        .read()?;
    console::say(sums.trim_end());
    write(&out.join("SHA256SUMS"), &sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_does_not_tell_where_it_was_made() {
        let build = build("7").expect("there is a home").to_string();
        let root = workspace::root().display();
        assert!(
            build.contains(&format!("--remap-path-prefix={root}=/pullstudy")),
            "{build}"
        );
        assert!(
            build.contains(&format!("-ffile-prefix-map={root}=/pullstudy")),
            "{build}"
        );
        assert!(build.contains("SOURCE_DATE_EPOCH=7"), "{build}");
    }

    #[test]
    fn bills_are_expected_of_every_package_with_a_program() {
        for (folder, _) in BILLED {
            assert!(
                workspace::root().join(folder).join("src/main.rs").is_file(),
                "{folder}"
            );
        }
        for (_, folder, program) in PROGRAMS {
            assert!(BILLED.contains(&(folder, program)), "{program}");
        }
    }
}
