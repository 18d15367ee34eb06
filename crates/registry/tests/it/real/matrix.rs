//! Every way of moving images, with every registry.

use super::archives;
use super::lists;
use super::moving;
use super::servers::Kind;

macro_rules! matrix {
    ($($registry:ident = $kind:expr;)*) => { $(
        mod $registry {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn images_go_there_and_come_back() {
                moving::there_and_back($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn what_skopeo_wrote_is_read() {
                moving::from_skopeo($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn what_umoci_made_is_moved() {
                moving::from_umoci($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn indexes_are_copied_between_repositories_and_registries() {
                moving::between($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn all_tags_are_copied_and_listed() {
                lists::all_tags($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn blobs_are_taken_while_they_are_made() {
                moving::while_made($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn manifests_are_fetched() {
                archives::all_tags($kind).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn referrers_are_listed() {
                lists::referrers($kind).await;
            }
        }
    )* };
}

matrix! {
    docker_registry = Kind::Docker;
    docker_registry_with_a_password = Kind::DockerPassword;
    docker_registry_behind_tls = Kind::DockerTls;
    ferro_oci_server = Kind::Ferro;
}
