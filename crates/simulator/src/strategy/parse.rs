//! Strategies as people write them: `zstd+local-ssd:bytes_per_second=700MB`.

use std::str::FromStr;

use pullstudy_image::ByteSize;

use super::kind::{Contradiction, Part, StrategyKind};
use super::{Strategy, kind};

/// Why a text is no strategy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseStrategyError {
    /// No strategy has that name.
    #[error("{name:?} is no strategy{}; there are {}", meant(near.as_deref()), known.join(", "))]
    Unknown {
        /// What was given.
        name: String,
        /// What is spelt nearly so.
        near: Option<String>,
        /// Those that there are.
        known: Vec<&'static str>,
    },
    /// It has no such setting.
    #[error("{strategy} has no setting {setting:?}{}", settings(known))]
    UnknownSetting {
        /// The strategy.
        strategy: StrategyKind,
        /// What was given.
        setting: String,
        /// Those that it has.
        known: &'static [&'static str],
    },
    /// A setting is not `name=value`.
    #[error("{text:?} is no setting of {strategy}: write name=value")]
    NoValue {
        /// The strategy.
        strategy: StrategyKind,
        /// What was given.
        text: String,
    },
    /// A value is not what the setting takes.
    #[error("{setting} of {strategy} is {value:?}: give {wanted}")]
    BadValue {
        /// The strategy.
        strategy: StrategyKind,
        /// The setting.
        setting: String,
        /// What was given.
        value: String,
        /// What it takes.
        wanted: &'static str,
    },
    /// Two parts cannot be had together.
    #[error("{} and {} contradict each other: {}", contradiction.first, contradiction.second, contradiction.why)]
    Contradiction {
        /// Which two, and why.
        contradiction: Contradiction,
    },
}

fn meant(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!(" (did you mean {near:?}?)"))
}

fn settings(known: &[&str]) -> String {
    match known.is_empty() {
        true => ": it has none".to_owned(),
        false => format!("; it has {}", known.join(", ")),
    }
}

impl FromStr for Strategy {
    type Err = ParseStrategyError;

    fn from_str(text: &str) -> Result<Self, ParseStrategyError> {
        if text.trim() == Self::AS_IS {
            return Ok(Self::as_is());
        }
        let parts: Vec<Part> = text.split('+').map(part).collect::<Result<_, _>>()?;
        for (at, second) in parts.iter().enumerate() {
            let contradiction = |first: &Part| first.kind().contradiction(second.kind());
            if let Some(contradiction) = parts[..at].iter().find_map(contradiction) {
                return Err(ParseStrategyError::Contradiction { contradiction });
            }
        }
        Ok(Self {
            text: text.trim().to_owned(),
            parts,
        })
    }
}

fn part(text: &str) -> Result<Part, ParseStrategyError> {
    let (name, settings) = text.split_once(':').unwrap_or((text, ""));
    let kind = named(name.trim())?;
    let mut part = Part::new(kind);
    for setting in settings
        .split(',')
        .filter(|setting| !setting.trim().is_empty())
    {
        let Some((key, value)) = setting.split_once('=') else {
            return Err(ParseStrategyError::NoValue {
                strategy: kind,
                text: setting.trim().to_owned(),
            });
        };
        set(&mut part, key.trim(), value.trim())?;
    }
    Ok(part)
}

fn named(name: &str) -> Result<StrategyKind, ParseStrategyError> {
    let mut all = StrategyKind::ALL.into_iter();
    all.find(|kind| kind.as_str() == name).ok_or_else(|| {
        let known = StrategyKind::ALL.map(StrategyKind::as_str).to_vec();
        ParseStrategyError::Unknown {
            name: name.to_owned(),
            near: near(name, &known),
            known,
        }
    })
}

fn near(name: &str, known: &[&str]) -> Option<String> {
    let similarity = |known: &&str| strsim::jaro_winkler(name, known);
    let best = known
        .iter()
        .copied()
        .max_by(|left, right| similarity(left).total_cmp(&similarity(right)))?;
    (similarity(&best) > 0.75).then(|| best.to_owned())
}

/// A setting's value on its way into its field.
struct Setting<'a> {
    kind: StrategyKind,
    key: &'a str,
    value: &'a str,
}

impl Setting<'_> {
    fn bad(&self, wanted: &'static str) -> ParseStrategyError {
        ParseStrategyError::BadValue {
            strategy: self.kind,
            setting: self.key.to_owned(),
            value: self.value.to_owned(),
            wanted,
        }
    }

    fn rate(&self) -> Result<f64, ParseStrategyError> {
        let size = self.value.parse::<ByteSize>().ok().map(ByteSize::bytes);
        let rate = size.filter(|&bytes| bytes > 0).map(|bytes| bytes as f64);
        rate.ok_or_else(|| self.bad("positive bytes a second such as 100MB"))
    }

    fn bytes(&self) -> Result<u64, ParseStrategyError> {
        let size = self.value.parse::<ByteSize>().ok().map(ByteSize::bytes);
        size.filter(|&bytes| bytes > 0)
            .ok_or_else(|| self.bad("bytes such as 4MiB"))
    }

    fn number(&self, most: f64, wanted: &'static str) -> Result<f64, ParseStrategyError> {
        let number = self.value.parse().ok();
        let number = number.filter(|number| (0.0..=most).contains(number));
        number.ok_or_else(|| self.bad(wanted))
    }

    fn seconds(&self) -> Result<f64, ParseStrategyError> {
        self.number(1e9, "seconds, 0 or more, such as 0.02")
    }

    fn share(&self) -> Result<f64, ParseStrategyError> {
        self.number(1.0, "a share between 0 and 1")
    }

    fn count(&self) -> Result<u32, ParseStrategyError> {
        let count = self
            .value
            .parse()
            .ok()
            .filter(|count| (1..=10_000).contains(count));
        count.ok_or_else(|| self.bad("a whole number from 1 to 10000"))
    }

    fn unknown(&self, known: &'static [&'static str]) -> ParseStrategyError {
        ParseStrategyError::UnknownSetting {
            strategy: self.kind,
            setting: self.key.to_owned(),
            known,
        }
    }
}

fn set(part: &mut Part, key: &str, value: &str) -> Result<(), ParseStrategyError> {
    let kind = part.kind();
    let setting = Setting { kind, key, value };
    match part {
        Part::NearerRegistry(registry) => set_registry(registry, &setting),
        Part::LocalSsd(disk) => match key {
            "bytes_per_second" => setting.rate().map(|rate| disk.bytes_per_second = rate),
            _ => Err(setting.unknown(&["bytes_per_second"])),
        },
        Part::Zstd(zstd) => match key {
            "wire_ratio" => setting
                .number(10.0, "a ratio between 0 and 10")
                .map(|ratio| zstd.wire_ratio = ratio),
            _ => Err(setting.unknown(&["wire_ratio"])),
        },
        Part::Inflater(_) | Part::Preload => Err(setting.unknown(&[])),
        Part::PullThroughCache(cache) => set_cache(cache, &setting),
        Part::PeerToPeer(peers) => set_peers(peers, &setting),
        Part::SharedVolume(volume) => set_volume(volume, &setting),
        Part::Lazy(lazy) => set_lazy(lazy, &setting),
        Part::MergeLayers(merge) => set_count(&mut merge.into, "into", &["into"], &setting),
        Part::ParallelUnpack(unpack) => {
            set_count(&mut unpack.layers, "layers", &["layers"], &setting)
        }
        Part::ParallelPulls(pulls) => set_count(&mut pulls.images, "images", &["images"], &setting),
        Part::RangedFetch(fetch) => set_count(&mut fetch.ranges, "ranges", &["ranges"], &setting),
    }
}

fn set_count(
    count: &mut u32,
    key: &str,
    known: &'static [&'static str],
    setting: &Setting<'_>,
) -> Result<(), ParseStrategyError> {
    if setting.key != key {
        return Err(setting.unknown(known));
    }
    setting.count().map(|value| *count = value)
}

fn set_registry(
    registry: &mut kind::NearerRegistry,
    setting: &Setting<'_>,
) -> Result<(), ParseStrategyError> {
    match setting.key {
        "latency_seconds" => registry.latency_seconds = setting.seconds()?,
        "bytes_per_second" => registry.bytes_per_second = Some(setting.rate()?),
        "connection_bytes_per_second" => {
            registry.connection_bytes_per_second = Some(setting.rate()?);
        }
        _ => {
            return Err(setting.unknown(&[
                "latency_seconds",
                "bytes_per_second",
                "connection_bytes_per_second",
            ]));
        }
    }
    Ok(())
}

fn set_cache(
    cache: &mut crate::scenario::Cache,
    setting: &Setting<'_>,
) -> Result<(), ParseStrategyError> {
    match setting.key {
        "bytes_per_second" => cache.bytes_per_second = setting.rate()?,
        "link_bytes_per_second" => cache.link_bytes_per_second = setting.rate()?,
        "latency_seconds" => cache.latency_seconds = setting.seconds()?,
        _ => {
            return Err(setting.unknown(&[
                "bytes_per_second",
                "link_bytes_per_second",
                "latency_seconds",
            ]));
        }
    }
    Ok(())
}

fn set_peers(
    peers: &mut crate::scenario::Peers,
    setting: &Setting<'_>,
) -> Result<(), ParseStrategyError> {
    match setting.key {
        "upload_bytes_per_second" => peers.upload_bytes_per_second = setting.rate()?,
        "seed_bytes_per_second" => peers.seed_bytes_per_second = setting.rate()?,
        "piece_bytes" => peers.piece_bytes = setting.bytes()?,
        "connections" => peers.connections = setting.count()?,
        "children" => peers.children = Some(setting.count()?),
        "latency_seconds" => peers.latency_seconds = setting.seconds()?,
        _ => {
            return Err(setting.unknown(&[
                "upload_bytes_per_second",
                "seed_bytes_per_second",
                "piece_bytes",
                "connections",
                "children",
                "latency_seconds",
            ]));
        }
    }
    Ok(())
}

fn set_volume(
    volume: &mut crate::scenario::Volume,
    setting: &Setting<'_>,
) -> Result<(), ParseStrategyError> {
    match setting.key {
        "bytes_per_second" => volume.bytes_per_second = setting.rate()?,
        "attach_seconds" => volume.attach_seconds = setting.seconds()?,
        "share" => volume.share = setting.share()?,
        "latency_seconds" => volume.latency_seconds = setting.seconds()?,
        "read_bytes" => volume.read_bytes = setting.bytes()?,
        "parallel_reads" => volume.parallel_reads = setting.count()?,
        _ => {
            return Err(setting.unknown(&[
                "bytes_per_second",
                "attach_seconds",
                "share",
                "latency_seconds",
                "read_bytes",
                "parallel_reads",
            ]));
        }
    }
    Ok(())
}

fn set_lazy(
    lazy: &mut crate::scenario::Lazy,
    setting: &Setting<'_>,
) -> Result<(), ParseStrategyError> {
    match setting.key {
        "share" => lazy.share = setting.share()?,
        "read_bytes" => lazy.read_bytes = setting.bytes()?,
        "parallel_reads" => lazy.parallel_reads = setting.count()?,
        "requests_per_layer" => lazy.requests_per_layer = setting.count()?,
        _ => {
            return Err(setting.unknown(&[
                "share",
                "read_bytes",
                "parallel_reads",
                "requests_per_layer",
            ]));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Strategy>().unwrap_err().to_string()
    }

    #[test]
    fn strategies_compose() {
        let strategy: Strategy = "zstd + local-ssd:bytes_per_second=700MB".parse().unwrap();
        let kinds: Vec<StrategyKind> = strategy.kinds().collect();
        assert_eq!(kinds, [StrategyKind::Zstd, StrategyKind::LocalSsd]);
    }

    #[test]
    fn every_kind_has_its_name_and_keeps_it() {
        for kind in StrategyKind::ALL {
            let strategy: Strategy = kind.as_str().parse().unwrap();
            assert_eq!(strategy.kinds().collect::<Vec<_>>(), [kind]);
        }
    }

    fn settings_of(kind: StrategyKind) -> &'static [&'static str] {
        match format!("{kind}:no-such=1").parse::<Strategy>() {
            Err(ParseStrategyError::UnknownSetting { known, .. }) => known,
            other => panic!("{kind}: {other:?}"),
        }
    }

    fn some_value(setting: &str) -> &'static str {
        match setting {
            "share" | "wire_ratio" => "0.123",
            _ if setting.ends_with("bytes_per_second") => "123MB",
            _ if setting.ends_with("seconds") => "0.123",
            _ if setting.ends_with("bytes") => "123KiB",
            _ => "123",
        }
    }

    #[test]
    fn every_setting_that_is_named_is_one_and_no_two_are_the_same() {
        for kind in StrategyKind::ALL {
            let as_it_is = format!("{:?}", Part::new(kind));
            let mut seen = vec![as_it_is];
            for setting in settings_of(kind) {
                let text = format!("{kind}:{setting}={}", some_value(setting));
                let strategy: Strategy = text.parse().unwrap();
                let part = format!("{:?}", strategy.parts[0]);
                assert!(!seen.contains(&part), "{text} changes nothing of its own");
                seen.push(part);
                let refused = error(&format!("{kind}:{setting}=some"));
                assert!(refused.starts_with(&format!("{setting} of {kind} is \"some\": give")));
            }
        }
    }

    #[test]
    fn what_is_no_strategy_says_why() {
        for (text, part) in [
            ("zsdt", "did you mean \"zstd\"?"),
            ("", "is no strategy; there are nearer-registry"),
            (
                "zstd+igzip",
                "zstd and igzip contradict each other: igzip inflates gzip",
            ),
            ("shared-volume+lazy", "contradict"),
            ("zstd+zstd", "it is there twice"),
            (
                "lazy:share=2",
                "share of lazy is \"2\": give a share between 0 and 1",
            ),
            (
                "lazy:shre=0.2",
                "lazy has no setting \"shre\"; it has share, read_bytes",
            ),
            (
                "preload:when=now",
                "preload has no setting \"when\": it has none",
            ),
            ("local-ssd:bytes_per_second=0", "positive bytes a second"),
            ("ranged-fetch:ranges=0", "a whole number from 1"),
            ("zstd:wire_ratio", "write name=value"),
            ("lazy:share=NaN", "between 0 and 1"),
        ] {
            assert!(error(text).contains(part), "{text}: {}", error(text));
        }
    }
}
