//! What takes the space, who shares it, and what is removed when nobody uses it any more.

use labwright_image::{ImageError, LabImage, Silent, prune, size};

use crate::support::{build_in, folder, one_node, store_with_base};

const PAGE: (&str, &str) = ("steps/1.md", "# One");

#[test]
fn sizes_name_packages_files_and_the_labs_that_share() {
    let (_state, store) = store_with_base();
    let big = "x".repeat(50_000);
    let files = [PAGE, ("files/a/srv/big", big.as_str())];
    let one = folder(&one_node("one", "{ packages: [hello] }"), &files);
    let two = folder(&one_node("two", "{}"), &[PAGE]);
    let image = build_in(&store, one.path()).unwrap();
    build_in(&store, two.path()).unwrap();
    let size = size(&store, &image, 3).unwrap();
    let [base, hello, node, assets] = size.layers.as_slice() else {
        panic!("four layers, not {:?}", size.layers);
    };
    let labs: Vec<_> = base.shared_with.iter().map(ToString::to_string).collect();
    assert_eq!(labs, ["two"]);
    assert!(base.packages[0].bytes > 1_000_000 && base.packages.len() == 3);
    assert_eq!(hello.packages.len(), 1);
    assert_eq!(hello.packages[0].name, "hello");
    let program = hello
        .largest
        .iter()
        .find(|file| file.path == "/usr/bin/hello")
        .unwrap();
    assert_eq!(program.package.as_deref(), Some("hello"));
    assert_eq!(
        (node.largest[0].path.as_str(), node.file_bytes),
        ("/srv/big", 50_000)
    );
    assert_eq!(assets.file_bytes, 0);
    assert_eq!(
        size.blob_bytes,
        size.layers
            .iter()
            .map(|layer| layer.blob_bytes)
            .sum::<u64>()
    );
}

#[test]
fn pruning_keeps_what_labs_machines_and_records_use() {
    let (state, store) = store_with_base();
    let text = |motd: &str| [PAGE, ("files/a/etc/motd", motd)].map(|(p, t)| (p, t.to_owned()));
    let build = |name: &str, motd: &str| {
        let files = text(motd);
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (*path, text.as_str()))
            .collect();
        let folder = folder(&one_node(name, "{}"), &files);
        build_in(&store, folder.path()).unwrap()
    };
    let top = |image: &LabImage| image.nodes["a"].last().unwrap().clone();
    let (asleep, gone) = (top(&build("lab", "first")), top(&build("lab", "second")));
    let image = build("lab", "third");
    let other = build("other", "other");
    let record = format!(r#"{{"layers":["{}"]}}"#, asleep.display());
    crate::support::put(state.path(), "sessions/x/machine.json", &record);

    let pruned = prune(&store, std::slice::from_ref(&other.lab.name), &mut Silent).unwrap();
    assert!(pruned.blob_bytes > 0);
    assert!(asleep.is_dir(), "a sleeping session's layer stays");
    assert!(
        !gone.exists() && !top(&other).exists(),
        "what nobody uses goes"
    );
    assert_eq!(LabImage::load(&store, &image.lab.name).unwrap(), image);
    let missing = LabImage::load(&store, &other.lab.name).unwrap_err();
    assert!(matches!(missing, ImageError::NoImage { .. }), "{missing}");
    assert_eq!(prune(&store, &[], &mut Silent).unwrap().layers, []);
    build("other", "other");
}
