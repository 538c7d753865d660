//! Plans: values in, values out, and what shares a layer with what.

use labwright_image::{ImageError, Inputs, Plan, plan};

use crate::support::{folder, lab, plan_of, put};

const HEAD: &str = "labwright: 1\nname: plan\ntitle: Plan\nsteps:\n  - page: steps/1.md\n    tasks:\n      \
    - { id: t, title: T, on: a, check: 'true', solve: 'true' }\n";

fn of(nodes: &str, files: &[(&str, &str)]) -> Plan {
    let files: Vec<_> = files
        .iter()
        .copied()
        .chain([("steps/1.md", "# One")])
        .collect();
    plan_of(folder(&format!("{HEAD}nodes:\n{nodes}"), &files).path())
}

/// Each layer's title, nodes and commands.
fn outline(plan: &Plan) -> String {
    let mut text = String::new();
    for layer in &plan.layers {
        let nodes: Vec<_> = layer.nodes.iter().map(ToString::to_string).collect();
        text += &format!(
            "{} [{}] on {}\n",
            layer.title,
            nodes.join(" "),
            layer.below.len()
        );
        for command in layer.recipe.commands() {
            text += &format!("    {command}\n");
        }
    }
    text
}

#[test]
fn layers_from_shared_to_particular() {
    let plan = of(
        "  a: { packages: [tcpdump, curl, less, curl], user: student, setup: setup/a.sh }\n  \
           b: { packages: [curl, tcpdump] }\n  c: {}\n",
        &[("setup/a.sh", "echo"), ("files/c/etc/motd", "hello")],
    );
    insta::assert_snapshot!(outline(&plan), @"
    debian/bookworm [a b c] on 0
        mmdebstrap --variant=minbase --include=ca-certificates,iproute2,iputils-ping,less,nano,procps bookworm
    curl tcpdump [a b] on 1
        apt-get install --no-install-recommends curl tcpdump
    node a [a] on 2
        useradd student (if missing)
        run setup/a.sh
    node c [c] on 1
        copy files/c
    assets [] on 0
        copy assets
    ");
}

#[test]
fn the_same_lab_gives_the_same_plan_wherever_it_lies() {
    let make = || {
        of(
            "  a: { user: student }\n",
            &[("files/all/x", "1"), ("assets/p", "2")],
        )
    };
    assert_eq!(make(), make());
}

#[test]
fn a_changed_file_changes_its_nodes_layer_alone() {
    let text = format!("{HEAD}nodes:\n  a: {{ packages: [curl] }}\n  b: {{ packages: [curl] }}\n");
    let folder = folder(
        &text,
        &[
            ("steps/1.md", "# One"),
            ("files/a/x", "1"),
            ("files/b/y", "1"),
            ("assets/p", "1"),
        ],
    );
    let before = plan_of(folder.path());
    let changed = || {
        let after = plan_of(folder.path());
        let is_new = |layer: &&labwright_image::LayerPlan| before.layer(&layer.key).is_none();
        after
            .layers
            .iter()
            .filter(is_new)
            .map(|layer| layer.title.clone())
            .collect::<Vec<_>>()
    };
    put(folder.path(), "steps/1.md", "# Another page");
    assert_eq!(changed(), Vec::<String>::new());
    put(folder.path(), "files/a/x", "2");
    assert_eq!(changed(), ["node a"]);
    put(folder.path(), "assets/p", "2");
    assert_eq!(changed(), ["node a", "assets"]);
}

#[test]
fn equal_nodes_share_a_layer_unless_a_setup_sees_their_names() {
    let files = [
        ("files/a/etc/motd", "x"),
        ("files/b/etc/motd", "x"),
        ("s.sh", "echo"),
    ];
    let shared = of("  a: { user: u }\n  b: { user: u }\n", &files);
    assert_eq!(shared.nodes["a"], shared.nodes["b"]);
    let own = of("  a: { setup: s.sh }\n  b: { setup: s.sh }\n", &files);
    assert_ne!(own.nodes["a"], own.nodes["b"]);
}

#[test]
fn an_executable_bit_is_part_of_the_input_and_a_umask_is_not() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(
        &format!("{HEAD}nodes:\n  a: {{}}\n"),
        &[("steps/1.md", "# One"), ("files/a/run", "#!/bin/sh")],
    );
    let key_with = |mode| {
        let path = folder.path().join("files/a/run");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        plan_of(folder.path()).nodes["a"].clone()
    };
    assert_eq!(key_with(0o644), key_with(0o664));
    assert_eq!(key_with(0o755), key_with(0o775));
    assert_ne!(key_with(0o644), key_with(0o755));
    assert_ne!(key_with(0o644), key_with(0o600));
}

#[test]
fn what_cannot_be_built_is_refused_by_name() {
    let folder = folder(
        &format!("{HEAD}nodes:\n  a: {{}}\n"),
        &[("steps/1.md", "# One")],
    );
    let mut lab = lab(folder.path());
    let inputs = Inputs::read(&lab, folder.path()).unwrap();
    lab.base = "debian/hamm".into();
    let error = plan(&lab, &inputs).unwrap_err();
    assert!(matches!(error, ImageError::UnknownBase { .. }), "{error}");
    lab.base = "debian/bookworm".into();
    lab.nodes[0].source = labwright_model::NodeSource::Image("registry.example.org/x".into());
    let error = plan(&lab, &inputs).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"node `a` uses `image`, which this version cannot build");
}
