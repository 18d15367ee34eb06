//! Outlines say what the documents themselves say, however odd these are.

use std::fs;
use std::num::NonZeroUsize;

use proptest::prelude::*;
use pullstudy_image::{Archive, Digest, RepositoryOutline, StepsWanted};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

fn outlines(archive: &Archive) -> Vec<Option<RepositoryOutline>> {
    let mut outlines = Vec::new();
    archive.outlines(StepsWanted::All, NonZeroUsize::new(2).unwrap(), |outline| {
        outlines.push(outline.ok());
    });
    outlines
}

fn read_one_by_one(archive: &Archive) -> Vec<Option<RepositoryOutline>> {
    let repositories = archive.repositories();
    repositories
        .map(|repository| Some(RepositoryOutline::of(&repository.ok()?, StepsWanted::All)))
        .collect()
}

fn one_of(texts: Vec<String>) -> impl Strategy<Value = String> {
    prop::sample::select(texts)
}

/// A value of a key of a descriptor, usual or not.
fn descriptor() -> impl Strategy<Value = String> {
    let digest = Digest::of(b"layer");
    let members = vec![
        format!(r#""digest":"{digest}""#),
        format!(r#""digest":"{}""#, Digest::of(b"another")),
        r#""digest":"sha256:short""#.to_owned(),
        format!(r#""mediaType":"{LAYER}""#),
        r#""mediaType":"a\/b""#.to_owned(),
        r#""mediaType":7"#.to_owned(),
        r#""size":12"#.to_owned(),
        r#""size":-1"#.to_owned(),
        r#""size":9223372036854775808"#.to_owned(),
        r#""size":1e3"#.to_owned(),
        r#""urls":["https://example.org"]"#.to_owned(),
        r#""urls":[1]"#.to_owned(),
        r#""annotations":{"a":"b"}"#.to_owned(),
        r#""annotations":{"a":1}"#.to_owned(),
        r#""platform":{"os":"linux","architecture":"arm","variant":"v7","os.version":"1"}"#
            .to_owned(),
        r#""platform":{"os":"linux"}"#.to_owned(),
        r#""platform":{"os":"linux","architecture":"arm","os":"windows"}"#.to_owned(),
        r#""platform":{"os":"linux","architecture":"arm","os.features":["a"]}"#.to_owned(),
        r#""platform":null"#.to_owned(),
        r#""unknown":null"#.to_owned(),
    ];
    let usual = format!(r#"{{"mediaType":"{LAYER}","size":12,"digest":"{digest}"}}"#);
    let odd = prop::collection::vec(one_of(members), 0..5)
        .prop_map(|members| format!("{{{}}}", members.join(",")));
    prop_oneof![5 => Just(usual), 1 => odd, 1 => Just("null".to_owned())]
}

fn manifest() -> impl Strategy<Value = String> {
    let members = vec![
        r#""schemaVersion":2"#.to_owned(),
        r#""schemaVersion":1"#.to_owned(),
        r#""mediaType":"application/vnd.oci.image.manifest.v1+json""#.to_owned(),
        r#""mediaType":null"#.to_owned(),
        r#""mediaType":"application/vnd.oci.image.index.v1+json""#.to_owned(),
        r#""mediaType":"text/plain""#.to_owned(),
        r#""annotations":{"a":"b"}"#.to_owned(),
        r#""annotations":null"#.to_owned(),
        r#""artifactType":"a/b""#.to_owned(),
        r#""subject":null"#.to_owned(),
        r#""manifests":[]"#.to_owned(),
        r#""layers":7"#.to_owned(),
        r#""fsLayers":[]"#.to_owned(),
        r#""unknown":[1,{"a":null}]"#.to_owned(),
    ];
    let layers = prop::collection::vec(descriptor(), 0..4);
    let others = prop::collection::vec(one_of(members), 0..3);
    (layers, descriptor(), others).prop_map(|(layers, config, others)| {
        let mut members = vec![
            format!(r#""config": {config}"#),
            format!("\"layers\" : [ {} ]", layers.join(" , ")),
            r#""schemaVersion":2"#.to_owned(),
        ];
        members.truncate(3 - usize::from(others.len() == 2));
        members.extend(others);
        format!("{{\n    {}\n}}", members.join(",\n    "))
    })
}

fn index() -> impl Strategy<Value = String> {
    let members = vec![
        r#""schemaVersion":2"#.to_owned(),
        r#""mediaType":"application/vnd.docker.distribution.manifest.list.v2+json""#.to_owned(),
        r#""mediaType":"application/vnd.oci.image.manifest.v1+json""#.to_owned(),
        r#""annotations":{"a":"b"}"#.to_owned(),
        r#""config":{}"#.to_owned(),
        r#""layers":[]"#.to_owned(),
        r#""subject":null"#.to_owned(),
    ];
    let entries = prop::collection::vec(descriptor(), 0..4);
    let others = prop::collection::vec(one_of(members), 0..4);
    (entries, others).prop_map(|(entries, mut others)| {
        others.push(format!(r#""manifests":[{}]"#, entries.join(",")));
        format!("{{{}}}", others.join(","))
    })
}

fn config() -> impl Strategy<Value = String> {
    let id = Digest::of(b"tar");
    let members = vec![
        r#""os":"linux""#.to_owned(),
        r#""OS":"windows""#.to_owned(),
        r#""os":null"#.to_owned(),
        r#""architecture":"amd64""#.to_owned(),
        r#""architecture":"""#.to_owned(),
        r#""architecture":"ü\n""#.to_owned(),
        r#""variant":"v8""#.to_owned(),
        r#""created":"2020-01-01T00:00:00Z""#.to_owned(),
        r#""created":7"#.to_owned(),
        format!(r#""rootfs":{{"type":"layers","diff_ids":["{id}"]}}"#),
        format!(r#""rootfS":{{"diff_ids":["{id}"]}}"#),
        format!(r#""rootfs":{{"Diff_Ids":["{id}"]}}"#),
        r#""rootfs":{"diff_ids":["x"]}"#.to_owned(),
        r#""rootfs":{"diff_ids":null}"#.to_owned(),
        r#""history":[{"created_by":"RUN \"x\"","empty_layer":true},{"created_by":null},{}]"#
            .to_owned(),
        r#""history":[7,{"Created_By":"x"},{"created_by":"a","created_by":"b"}]"#.to_owned(),
        r#""history":{}"#.to_owned(),
        r#""config":{"Env":["A=b"]}"#.to_owned(),
        r#""\u006fs":"escaped""#.to_owned(),
    ];
    prop_oneof![
        8 => prop::collection::vec(one_of(members), 0..6)
            .prop_map(|members| format!("{{{}}}", members.join(","))),
        1 => Just("null".to_owned()),
        1 => Just("[1]".to_owned()),
    ]
}

fn by_tag(documents: Vec<(u8, String)>) -> String {
    let members = documents
        .into_iter()
        .map(|(tag, text)| format!("\"t{}\": {text}", tag % 4));
    format!("{{{}}}", members.collect::<Vec<_>>().join(",\n"))
}

/// A file of the study, with anything in it that such a file may have.
fn published() -> impl Strategy<Value = String> {
    let document = prop_oneof![3 => manifest(), 1 => index()];
    let manifests = prop::collection::vec((any::<u8>(), document), 0..5).prop_map(by_tag);
    let configs = prop::collection::vec((any::<u8>(), config()), 0..5).prop_map(by_tag);
    let tags = one_of(
        [r#"["t0","t1","t0"]"#, "[]", "null", "[1]", r#"["t\u0039"]"#]
            .map(str::to_owned)
            .to_vec(),
    );
    (manifests, configs, tags, 0..6_u8).prop_map(|(manifests, configs, tags, form)| match form {
        0 => format!(r#"{{"tags":{tags},"configs":{configs}}}"#),
        1 => format!(r#"{{"manifests":{manifests},"manifests":{manifests}}}"#),
        2 => format!(r#"{{"manifests":{manifests},"configs":null,"x":{{}}}}"#),
        3 => manifests,
        _ => format!(
            "{{\n    \"manifests\": {manifests},\n    \"tags\": {tags},\n    \"configs\": {configs}\n}}"
        ),
    })
}

/// A wrong value was passed over, and the same key taken when it came again. Found by the fuzz target archive.
#[test]
fn a_descriptor_that_names_a_thing_twice_is_refused_alike() {
    let digest = Digest::of(b"layer");
    let odd = [
        format!(r#""digest":"sha256:short","digest":"{digest}","size":2,"mediaType":"{LAYER}""#),
        format!(r#""size":-1,"size":2,"digest":"{digest}","mediaType":"{LAYER}""#),
        format!(r#""mediaType":7,"mediaType":"{LAYER}","digest":"{digest}","size":2"#),
    ];
    for config in odd {
        let manifest = format!(
            r#"{{"manifests":{{"1":{{"schemaVersion":2,"config":{{{config}}},"layers":[]}}}}}}"#
        );
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("org/image");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("manifests-config-layers.json"), manifest).unwrap();
        let archive = Archive::open(dir.path()).unwrap();
        assert_eq!(outlines(&archive), read_one_by_one(&archive), "{config}");
    }
}

proptest! {
    #[test]
    fn outlines_say_what_the_documents_say(files in prop::collection::vec(published(), 1..4)) {
        let dir = tempfile::tempdir().unwrap();
        for (number, file) in files.iter().enumerate() {
            let folder = dir.path().join(format!("org/image{number}"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("manifests-config-layers.json"), file).unwrap();
        }
        let archive = Archive::open(dir.path()).unwrap();
        prop_assert_eq!(outlines(&archive), read_one_by_one(&archive));
    }
}
