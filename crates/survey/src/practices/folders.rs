//! Folders that are there when an instruction runs, as far as the file alone tells.

use std::collections::BTreeSet;

use super::instruction::Copy;
use super::shell::Command;

/// Longer paths than these no system takes.
const LONGEST: usize = 4096;

/// Folders that the images of Alpine, Debian, Fedora and Ubuntu all have.
const STANDARD: [&str; 22] = [
    "/bin",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/local/bin",
    "/usr/share",
    "/var",
    "/var/lib",
];

/// How one knows that a folder is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// The file makes it, or it is the root.
    Made,
    /// The images of common distributions have it.
    Standard,
}

/// Folders of a stage.
#[derive(Debug, Clone, Default)]
pub(super) struct Folders {
    /// Without those above them.
    made: BTreeSet<String>,
    /// None where the base image says it.
    current: Option<String>,
    has_base: bool,
}

impl Folders {
    /// Those of a stage on a base image.
    pub(super) fn of_base() -> Self {
        Self {
            has_base: true,
            ..Self::default()
        }
    }

    /// Those of a stage on nothing.
    pub(super) fn of_scratch() -> Self {
        Self {
            current: Some("/".to_owned()),
            ..Self::default()
        }
    }

    /// About as many bytes as a copy takes.
    pub(super) fn weight(&self) -> usize {
        self.made.iter().map(|path| path.len() + 64).sum()
    }

    /// Goes to a folder, making it; returns how one knows that it was there before.
    pub(super) fn work_in(&mut self, path: &str) -> Option<Known> {
        self.current = resolved(self.current.as_deref(), path);
        let folder = self.current.clone()?;
        let known = self.known(&folder);
        self.make(&folder);
        known
    }

    /// Goes to a folder of which the file does not tell which it is.
    pub(super) fn work_somewhere(&mut self) {
        self.current = None;
    }

    fn known(&self, folder: &str) -> Option<Known> {
        if folder == "/" || self.is_made(folder) {
            return Some(Known::Made);
        }
        (self.has_base && STANDARD.contains(&folder)).then_some(Known::Standard)
    }

    fn is_made(&self, folder: &str) -> bool {
        let below = format!("{folder}/");
        self.made.contains(folder)
            || self
                .made
                .range(below.clone()..)
                .next()
                .is_some_and(|path| path.starts_with(&below))
    }

    fn make(&mut self, folder: &str) {
        self.made.insert(folder.to_owned());
    }

    /// The folder is there no more; that above it is.
    fn remove(&mut self, folder: &str) {
        if folder == "/" || !self.is_made(folder) {
            return;
        }
        self.remove_below(folder);
        self.made.remove(folder);
        self.make(parent(folder));
    }

    fn remove_below(&mut self, folder: &str) {
        let below = format!("{}/", folder.trim_end_matches('/'));
        let gone: Vec<String> = self
            .made
            .range(below.clone()..)
            .take_while(|path| path.starts_with(&below))
            .cloned()
            .collect();
        for path in &gone {
            self.made.remove(path);
        }
        if !gone.is_empty() && folder != "/" {
            self.make(folder);
        }
    }

    /// Learns of COPY or ADD what it must have made.
    pub(super) fn learn_of_copy(&mut self, copy: &Copy, destination: &str) {
        let Some(path) = resolved(self.current.as_deref(), destination) else {
            return;
        };
        let is_folder = destination.ends_with('/')
            || copy.sources.len() > 1
            || copy.sources.iter().any(|source| is_folder(source));
        self.make(if is_folder { &path } else { parent(&path) });
    }

    /// Learns of the commands of RUN what they must have made.
    ///
    /// `plain` takes variables and quotation out of a word, if the file alone tells what they are.
    pub(super) fn learn_of_commands(
        &mut self,
        commands: &[Command],
        plain: &dyn Fn(&str) -> Option<String>,
    ) {
        let mut current = self.current.clone();
        for command in commands {
            let Some((name, arguments)) = command.parts() else {
                continue;
            };
            let words = arguments.iter().map(|word| plain(word));
            let path = |word: &str| resolved(current.as_deref(), word);
            match name {
                "cd" | "pushd" if !command.is_sure => current = None,
                "cd" | "pushd" => current = words.last().flatten().as_deref().and_then(path),
                "rm" | "rmdir" | "mv" => {
                    let paths: Vec<String> = words.flatten().collect();
                    self.learn_of_removal(&paths, &path);
                }
                "mkdir" | "git" | "useradd" if command.is_sure => {
                    let words: Vec<Option<String>> = words.collect();
                    let made = made_by(name, &words);
                    for folder in made.iter().filter_map(|word| path(word)) {
                        self.make(&folder);
                    }
                }
                _ => {}
            }
        }
    }

    fn learn_of_removal(&mut self, words: &[String], path: &dyn Fn(&str) -> Option<String>) {
        for word in words.iter().filter(|word| !word.starts_with('-')) {
            match word.split_once(['*', '?', '[']) {
                None => path(word).iter().for_each(|folder| self.remove(folder)),
                Some((folder, _)) => {
                    let end = folder.rfind('/').map_or(0, |slash| slash + 1);
                    let folder = if end == 0 { "." } else { &folder[..end] };
                    path(folder)
                        .iter()
                        .for_each(|folder| self.remove_below(folder));
                }
            }
        }
    }
}

/// Whether the name of a source says that it is a folder, whose contents are copied.
fn is_folder(source: &str) -> bool {
    matches!(source, "." | ".." | "/") || source.ends_with(['/']) || source.ends_with("/.")
}

/// Returns what a command makes if it succeeds.
fn made_by(name: &str, words: &[Option<String>]) -> Vec<String> {
    match name {
        "mkdir" => made_by_mkdir(words),
        "git" => made_by_clone(words).into_iter().collect(),
        _ => made_by_useradd(words).into_iter().collect(),
    }
}

fn made_by_mkdir(words: &[Option<String>]) -> Vec<String> {
    let mut folders = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_deref() {
            // With a value of its own.
            Some("-m" | "--mode") => drop(words.next()),
            Some(word) if !word.starts_with('-') && is_literal(word) => {
                folders.push(word.to_owned())
            }
            _ => {}
        }
    }
    folders
}

/// `git clone [OPTIONS] ADDRESS FOLDER`
fn made_by_clone(words: &[Option<String>]) -> Option<String> {
    let [first, .., address, folder] = words else {
        return None;
    };
    let is_address = |word: &String| word.contains("://") || word.starts_with("git@");
    let is_clone = first.as_deref() == Some("clone") && address.as_ref().is_some_and(is_address);
    let folder = folder.as_ref().filter(|word| is_literal(word))?;
    (is_clone && !folder.starts_with('-')).then(|| folder.clone())
}

/// `useradd -m NAME`, unless it says where.
fn made_by_useradd(words: &[Option<String>]) -> Option<String> {
    let has = |options: &[&str]| {
        words
            .iter()
            .flatten()
            .any(|word| options.contains(&word.as_str()))
    };
    let name = words.last()?.as_ref()?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
    let makes =
        has(&["-m", "--create-home"]) && words.iter().flatten().all(|word| !says_where(word));
    (makes && name.chars().all(is_name)).then(|| format!("/home/{name}"))
}

/// Whether an option of useradd says where the home is.
fn says_where(option: &str) -> bool {
    let letters = option.strip_prefix('-').unwrap_or("");
    let is_short = !letters.starts_with('-') && letters.contains(['d', 'b', 'R', 'P']);
    is_short
        || letters.starts_with("-home")
        || letters.starts_with("-base")
        || letters.starts_with("-root")
}

fn is_literal(word: &str) -> bool {
    !word.is_empty() && !word.contains(['*', '?', '[', '{', '~', '`', '\n'])
}

/// Returns the path from the root, without dots; none where it cannot be told, and for those of Windows.
fn resolved(current: Option<&str>, path: &str) -> Option<String> {
    let is_other = path.contains('\\') || path.contains(':') || path.starts_with('~');
    if path.is_empty() || path.len() > LONGEST || is_other {
        return None;
    }
    let base = if path.starts_with('/') { "" } else { current? };
    if base.len() + path.len() > LONGEST {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

fn parent(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(slash) => &path[..slash],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_above_are_there_too() {
        let mut folders = Folders::of_scratch();
        assert_eq!(folders.work_in("/a/b/c"), None);
        assert_eq!(folders.work_in(".."), Some(Known::Made));
        assert_eq!(folders.work_in("/a/bc"), None);
        assert_eq!(folders.work_in("/usr"), None, "there is no base");
        assert_eq!(Folders::of_base().work_in("/usr/"), Some(Known::Standard));
    }

    #[test]
    fn removed_folders_are_gone() {
        let mut folders = Folders::of_base();
        folders.work_in("/a/b/c");
        folders.remove("/a/b");
        assert_eq!(folders.known("/a/b/c"), None);
        assert_eq!(folders.known("/a/b"), None);
        assert_eq!(folders.known("/a"), Some(Known::Made));
    }

    #[test]
    fn paths_that_cannot_be_told() {
        for path in ["", "a", "c:\\a", "C:/a", "~/a"] {
            assert_eq!(resolved(None, path), None, "{path}");
        }
        assert_eq!(resolved(Some("/a"), "./b//../c/").as_deref(), Some("/a/c"));
        assert_eq!(resolved(None, "/../..").as_deref(), Some("/"));
    }
}
