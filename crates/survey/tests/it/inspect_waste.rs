//! What no container sees, to the byte.

use pullstudy_survey::{ImageReport, WasteCause};

use crate::made::{LayerTar, image};

fn wasted(report: &ImageReport) -> Vec<(&str, u64, WasteCause, usize, usize)> {
    let paths = report.wasted_paths.iter();
    paths
        .map(|path| {
            let layers = (path.layer as usize, path.lost_in_layer as usize);
            (
                path.path.as_str(),
                path.wasted_bytes,
                path.cause,
                layers.0,
                layers.1,
            )
        })
        .collect()
}

fn inspected(layers: Vec<LayerTar>) -> ImageReport {
    let tars: Vec<Vec<u8>> = layers.into_iter().map(LayerTar::bytes).collect();
    let report = image(&tars).deep();
    assert!(!report.has_problem(), "{:?}", report.layer_rows);
    let sum = report.surviving_bytes.unwrap() + report.wasted_bytes.unwrap();
    assert_eq!(report.unpacked_bytes.unwrap(), sum);
    let of_layers = report
        .layer_rows
        .iter()
        .map(|row| row.wasted_bytes.unwrap());
    assert_eq!(of_layers.sum::<u64>(), report.wasted_bytes.unwrap());
    report
}

#[test]
fn a_file_that_is_removed_later_is_wasted_to_the_byte() {
    let report = inspected(vec![
        LayerTar::new()
            .file("etc/motd", b"hello\n")
            .file("var/cache/archive", &[7; 12_345]),
        LayerTar::new().file("var/cache/.wh.archive", b""),
    ]);
    assert_eq!(report.wasted_bytes, Some(12_345));
    assert_eq!(report.surviving_bytes, Some(6));
    let expected = [("var/cache/archive", 12_345, WasteCause::Deleted, 1, 2)];
    assert_eq!(wasted(&report), expected);
    assert_eq!(report.layer_rows[0].wasted_bytes, Some(12_345));
    assert_eq!((report.files, report.whiteouts), (Some(2), Some(1)));
    assert_eq!(report.layer_rows[1].unpacked_bytes, Some(0));
}

#[test]
fn every_cause_is_told_apart() {
    let report = inspected(vec![
        LayerTar::new()
            .file("changed", &[1; 100])
            .file("copied", &[2; 200])
            .file("folder/inside", &[3; 300])
            .file("opaque/below/deep", &[4; 400])
            .file("twice", &[5; 500])
            .file("twice", &[6; 600]),
        LayerTar::new()
            .file("changed", &[9; 100])
            .file("copied", &[2; 200])
            .symlink("folder", "elsewhere")
            .file("opaque/.wh..wh..opq", b"")
            .file("opaque/new", &[7; 700]),
    ]);
    assert_eq!(
        wasted(&report),
        [
            ("twice", 500, WasteCause::Repeated, 1, 1),
            ("opaque/below/deep", 400, WasteCause::Deleted, 1, 2),
            ("folder/inside", 300, WasteCause::Overwritten, 1, 2),
            ("copied", 200, WasteCause::Rewritten, 1, 2),
            ("changed", 100, WasteCause::Overwritten, 1, 2),
        ]
    );
    let causes = report.wasted_by_cause.unwrap();
    assert_eq!(
        (causes.overwritten_bytes, causes.rewritten_bytes),
        (400, 200)
    );
    assert_eq!((causes.deleted_bytes, causes.repeated_bytes), (400, 500));
}

#[test]
fn a_hard_link_keeps_the_bytes() {
    let kept = inspected(vec![
        LayerTar::new().file("a", &[1; 1_000]).hard_link("b", "a"),
        LayerTar::new().file(".wh.a", b""),
    ]);
    assert_eq!(
        (kept.wasted_bytes, kept.surviving_bytes),
        (Some(0), Some(1_000))
    );
    assert_eq!(kept.hard_links, Some(1));
    let lost = inspected(vec![
        LayerTar::new().file("a", &[1; 1_000]).hard_link("b", "a"),
        LayerTar::new().file(".wh.a", b""),
        LayerTar::new().file(".wh.b", b""),
    ]);
    assert_eq!(wasted(&lost), [("b", 1_000, WasteCause::Deleted, 1, 3)]);
    let across = inspected(vec![
        LayerTar::new().file("a", &[1; 1_000]),
        LayerTar::new().hard_link("b", "a").file("a", &[2; 10]),
    ]);
    assert_eq!(across.wasted_bytes, Some(0));
}

#[test]
fn names_lead_where_a_chroot_leads() {
    let report = inspected(vec![
        LayerTar::new()
            .file("usr/lib/x", &[1; 100])
            .symlink("lib", "usr/lib")
            .symlink("out", "../../../usr/lib"),
        LayerTar::new()
            .file("lib/x", &[2; 10])
            .file("/../out/y", &[3; 20]),
        LayerTar::new().file("usr/lib/.wh.y", b""),
    ]);
    assert_eq!(
        wasted(&report),
        [
            ("usr/lib/x", 100, WasteCause::Overwritten, 1, 2),
            ("usr/lib/y", 20, WasteCause::Deleted, 2, 3)
        ]
    );
    assert_eq!(report.surviving_bytes, Some(10));
}

#[test]
fn a_whiteout_spares_what_its_own_layer_put() {
    let report = inspected(vec![
        LayerTar::new().file("d/old", &[1; 100]),
        LayerTar::new()
            .file("d/new", &[2; 20])
            .file("d/.wh..wh..opq", b"")
            .file(".wh.d", b""),
    ]);
    assert_eq!(report.surviving_bytes, Some(20));
    assert_eq!(wasted(&report), [("d/old", 100, WasteCause::Deleted, 1, 2)]);
}

#[test]
fn a_path_wasted_again_and_again_is_one_row() {
    let copies = (1..=4_u8).map(|copy| LayerTar::new().file("status", &[copy; 1_000]));
    let report = inspected(copies.collect());
    let [row] = &report.wasted_paths[..] else {
        panic!("{:?}", report.wasted_paths)
    };
    assert_eq!((row.wasted_bytes, row.copies), (3_000, 3));
}

#[test]
fn hard_linked_files_that_come_again_are_rewritten() {
    let layer = || {
        LayerTar::new()
            .file("a", &[1; 2_000])
            .hard_link("b", "a")
            .hard_link("c", "a")
            .file("d", &[2; 1_780])
    };
    let report = inspected(vec![layer(), layer().file("e", b"")]);
    let causes = report.wasted_by_cause.unwrap();
    assert_eq!(
        (causes.rewritten_bytes, causes.overwritten_bytes),
        (3_780, 0)
    );
}
