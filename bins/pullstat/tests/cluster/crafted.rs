//! An image of exact size in a registry of this process.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use pullstudy_crafter::{
    BuildIdentity, BuildOptions, BuiltImage, LayoutSink, Method, Plan, PlanOptions, SizesFile,
    build,
};
use pullstudy_image::Layout;
use pullstudy_registry::{Server, ServerHandle, ServerOptions};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const SIZES: &str = "sizes: [{total: 12MB}]\nlayers: [{exact: 3}]\nratio: 2.6\n";

/// A registry with one image, as long as this lives. All that the image has to run is `/bin/exit0`.
pub(crate) struct Crafted {
    /// Under which name it is pulled.
    pub(crate) image: String,
    /// The digests of its layers.
    pub(crate) layers: Vec<String>,
    // It is dropped, and stops serving, before what it serves from.
    _server: ServerHandle,
    _runtime: Runtime,
    _layout: TempDir,
}

impl Crafted {
    /// Images of different seeds have no layer in common.
    pub(crate) fn serve(seed: u64) -> Self {
        Self::serve_made_of_it(seed, |layout, served| fs::rename(layout, served).unwrap())
    }

    /// Serves what `make` writes into its second folder, of the image's layout in the first.
    pub(crate) fn serve_made_of_it(seed: u64, make: impl FnOnce(&Path, &Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [crafted, served] = ["crafted", "served"].map(|name| folder.path().join(name));
        let built = craft(&crafted, seed);
        let layers = layers(&crafted, &built);
        make(&crafted, &served);
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(async {
            let layout = Layout::open(&served).unwrap();
            let options = ServerOptions::default();
            let server = Server::bind(layout, ([127, 0, 0, 1], 0).into(), options);
            server.await.unwrap().spawn()
        });
        let name = &built.reference;
        let (repository, tag) = (name.repository(), name.tag_or_latest());
        Self {
            image: format!("{}/{repository}:{tag}", server.address()),
            layers,
            _server: server,
            _runtime: runtime,
            _layout: folder,
        }
    }
}

/// Crafts the image into a layout.
fn craft(layout: &Path, seed: u64) -> BuiltImage {
    let sizes = SizesFile::parse("sizes", SIZES).unwrap();
    let options = PlanOptions {
        seed,
        repository: "localhost/study/engines".parse().unwrap(),
        method: Method::Exact,
        base: None,
    };
    let plan = Plan::new(&sizes, &options).unwrap();
    let sink = LayoutSink::open(layout, &BuildIdentity::of(&["engines"]), seed).unwrap();
    let jobs = NonZeroUsize::MIN;
    let mut built = build(&plan, &sink, BuildOptions { jobs }, &|_| {}).unwrap();
    sink.complete().unwrap();
    built.remove(0)
}

fn layers(layout: &Path, image: &BuiltImage) -> Vec<String> {
    let digest = image.descriptor.digest.to_string();
    let manifest = fs::read(layout.join("blobs").join(digest.replace(':', "/"))).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let layers = manifest["layers"].as_array().unwrap();
    let digest = |layer: &Value| layer["digest"].as_str().unwrap().to_owned();
    layers.iter().map(digest).collect()
}
