//! All of the format in one lab, and the forms of its values.

use std::path::Path;

use labwright_manifest::{PlaceFacts, Severity, fit, load};
use labwright_model::{Answer, AppKind, Check, LinkMode, NodeSource, Param, ServiceKind, Solve};

use crate::support::{folder, rendered};

fn whole() -> labwright_manifest::Loaded {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/whole"))
}

#[test]
fn every_form_parses() {
    let loaded = whole();
    let lab = loaded
        .lab
        .as_ref()
        .unwrap_or_else(|| panic!("{}", rendered(&loaded)));
    let errors = loaded
        .problems
        .iter()
        .filter(|p| p.severity == Severity::Error);
    assert_eq!(errors.count(), 0);
    assert_eq!(lab.title.get("fr"), "Le format entier");
    let server = &lab.nodes["server"];
    assert_eq!(
        server.source,
        NodeSource::Packages(vec!["nginx-light".into()])
    );
    assert_eq!(server.services[1].name, "python3");
    assert!(
        matches!(&server.services[1].kind, ServiceKind::Run(text) if text.contains("http.server"))
    );
    assert!(
        server.services[1].restart && !server.services[0].restart && server.services[2].restart
    );
    assert_eq!(server.env["LEVEL"], "3");
    assert_eq!(server.setup.as_ref().unwrap().text, "true\n");
    assert_eq!(server.start.as_ref().unwrap().path, None);
    assert_eq!(server.limits.memory_bytes, 128 << 20);
    assert_eq!(lab.nodes["client"].limits.memory_bytes, 512 << 20);
    assert_eq!(lab.networks["lan"].shaping.loss, 0.001);
    assert_eq!(lab.networks["lan"].shaping.delay_us, 20_000);
    assert_eq!(
        lab.params["net"],
        Param::Subnet {
            within: "10.0.0.0/8".into(),
            prefix: 24
        }
    );
    assert!(matches!(&lab.apps[3].kind, AppKind::Web { port, .. } if port == "{{ params.port }}"));
    assert_eq!(lab.steps[0].tasks.len(), 0);
    let page = &lab.steps[1].page.markdown;
    assert!(page.get("fr").starts_with("# Observer") && page.get("en").starts_with("# Look"));
    assert_eq!(lab.group.as_ref().unwrap().roles["as2"].len(), 1);
    assert_eq!(lab.budget.start_ms, Some(2000));
}

#[test]
fn tasks_keep_what_the_author_wrote() {
    let lab = whole().lab.unwrap();
    let task = |id: &str| {
        lab.steps[1]
            .tasks
            .iter()
            .find(|task| task.id.as_str() == id)
            .unwrap()
    };
    assert!(
        matches!(&task("captured").check, Check::Script { on, user, timeout_ms: 30_000, .. }
        if on.as_str() == "client" && user == "root")
    );
    assert!(
        matches!(&task("routed").check, Check::Script { on, user, timeout_ms: 90_000, script }
        if on.as_str() == "checker" && user == "nobody" && script.path.is_none())
    );
    assert_eq!(task("routed").hints[1].get("fr"), "Deux.");
    assert!(
        matches!(&task("routed").solve, Some(Solve::Run { on, .. }) if on.as_str() == "server")
    );
    assert!(matches!(&task("port").check, Check::Expect(e) if e.tolerance == 0.5));
    assert!(matches!(&task("word").answer, Some(Answer::Choice(choices)) if choices.len() == 3));
    assert_eq!(
        task("word").solve,
        Some(Solve::Answer("{{ params.word }}".into()))
    );
    assert!(matches!(&task("greeting").check, Check::Expect(e) if e.exact));
    assert!(
        matches!(&task("top-customer").check, Check::Sql { query, database }
        if query.text == "SELECT 1\n" && database == "assets/shop.sqlite")
    );
}

#[test]
fn silent_links_get_addresses_in_node_order_and_the_checker_the_highest() {
    let lab = whole().lab.unwrap();
    let addresses =
        |node: &str, network: &str| lab.nodes[node].networks[network].addresses.join(" ");
    assert_eq!(addresses("third", "wan"), "192.0.2.1/24");
    assert_eq!(addresses("fourth", "wan"), "192.0.2.2/24");
    assert_eq!(addresses("third", "own"), "{{ params.net.2 }}/24");
    assert_eq!(addresses("fourth", "own"), "{{ params.net.3 }}/24");
    assert_eq!(addresses("server", "six"), "fd00:6::1/64");
    assert_eq!(lab.nodes["third"].networks["leased"].mode, LinkMode::Dhcp);
    assert_eq!(lab.nodes["third"].networks["quiet"].mode, LinkMode::None);
    let checker = &lab.nodes["checker"];
    assert!(checker.hidden);
    assert_eq!(
        addresses("checker", "lan"),
        "10.0.0.254/24 fd00::ffff:ffff:ffff:ffff/64"
    );
    assert_eq!(addresses("checker", "wan"), "192.0.2.254/24");
    assert_eq!(addresses("checker", "own"), "{{ params.net.254 }}/24");
    assert_eq!(checker.networks["quiet"].mode, LinkMode::None);
}

#[test]
fn what_this_version_cannot_run_is_named() {
    let loaded = whole();
    let named: Vec<String> = loaded
        .unsupported()
        .map(|p| format!("{}:{} {}", p.line, p.column, p.message))
        .collect();
    let rest = " is part of the format, but this version of Labwright cannot run it yet";
    let named: Vec<&str> = named
        .iter()
        .map(|line| line.strip_suffix(rest).unwrap())
        .collect();
    assert_eq!(
        named,
        [
            "37:5 `image`",
            "39:5 `dockerfile`",
            "110:1 `group`",
            "113:11 `internet: packages`",
        ]
    );
}

#[test]
fn defaults() {
    let dir = folder(&[(
        "lab.yaml",
        "labwright: 1\nname: least\nnodes: {a: {user: bob}, b: {hidden: true}}\n",
    )]);
    let lab = load(dir.path()).lab.unwrap();
    assert_eq!(lab.title.get("en"), "least");
    assert_eq!(lab.base, "debian/bookworm");
    assert_eq!(lab.apps.len(), 1);
    assert_eq!(lab.limits.memory_bytes, 512 << 20);
    assert_eq!(lab.limits.cpu_milli, 1000);
    assert_eq!(lab.nodes["a"].limits.pids, 512);
    assert_eq!(lab.keep, ["/root", "/home/bob"]);
    assert_eq!((lab.time.session_s, lab.time.idle_s), (7200, 1200));
    assert_eq!(lab.places, None);
    // The image carries the lab as JSON.
    let json = serde_json::to_string(&lab).unwrap();
    assert_eq!(
        serde_json::from_str::<labwright_model::Lab>(&json).unwrap(),
        lab
    );
}

#[test]
fn anchors_and_merges_work() {
    let text = "labwright: 1\nname: twins\nnodes:\n  a: &host\n    packages: [curl]\n    networks: [lan]\n  b: *host\n  c:\n    <<: *host\n    user: eve\nnetworks: {lan: {subnet: 10.0.0.0/24}}\n";
    let lab = load(folder(&[("lab.yaml", text)]).path()).lab.unwrap();
    assert_eq!(lab.nodes["c"].user, "eve");
    assert_eq!(lab.nodes["c"].source, lab.nodes["a"].source);
    assert_eq!(lab.nodes["c"].networks["lan"].addresses, ["10.0.0.3/24"]);
}

/// The example labs are what people copy from: nothing but notes may be said of them.
#[test]
fn example_labs_are_clean() {
    let labs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../labs");
    let mut seen = 0;
    for entry in std::fs::read_dir(labs).unwrap() {
        let dir = entry.unwrap().path();
        if !dir.join("lab.yaml").exists() {
            continue;
        }
        let loaded = load(&dir);
        let loud = loaded
            .problems
            .iter()
            .filter(|problem| problem.severity != Severity::Note);
        assert_eq!(loud.count(), 0, "{}: {}", dir.display(), rendered(&loaded));
        let lab = loaded.lab.unwrap();
        for step in &lab.steps {
            assert!(
                step.page.markdown.0.contains_key("fr"),
                "{}",
                step.page.path
            );
        }
        seen += 1;
    }
    assert!(seen >= 3);
}

/// A desktop asks for memory that an emulated PC has not; without it the lab runs there.
#[test]
fn a_place_has_the_lab_without_what_is_not_there() {
    let lab = |limits: &str, desktop: &str| {
        let text = format!(
            "labwright: 1\nname: ports\nnodes:\n  a: {{ limits: {{ memory: 512M{limits} }} }}\n  b: {{ limits: {{ memory: 64M }} }}\n\
             apps:\n  - terminal: a\n  - desktop: a\n    run: xeyes\n{desktop}"
        );
        let dir = folder(&[("lab.yaml", &text)]);
        load(dir.path()).lab.unwrap()
    };
    let runs = |lab: &labwright_model::Lab| {
        let fits = fit(lab, &PlaceFacts::known());
        fits.iter().any(|fit| fit.place == "browser" && fit.runs)
    };
    let whole = lab("", "");
    assert!(!runs(&whole));
    assert_eq!(whole.clone().in_place("browser"), whole);

    let small = lab(", browser: 96M", "");
    assert!(!runs(&small));
    let fits = fit(&small, &PlaceFacts::known());
    let browser = fits.iter().find(|fit| fit.place == "browser").unwrap();
    assert_eq!(browser.reasons.len(), 1, "{:?}", browser.reasons);
    assert!(
        browser.reasons[0].starts_with("it has a tab of the kind `desktop`, which needs a server")
    );
    assert!(fits.iter().any(|fit| fit.place == "local" && fit.runs));

    let split = lab(", browser: 96M", "    not_in: [browser]\n");
    assert!(runs(&split));
    assert_eq!(split.clone().in_place("local"), split);
    let there = split.in_place("browser");
    assert_eq!(there.apps.len(), 1);
    assert_eq!(there.nodes["a"].limits.memory_bytes, 96 << 20);
    assert_eq!(there.nodes["b"].limits.memory_bytes, 64 << 20);
    // The session's is the sum of its nodes', there as everywhere.
    assert_eq!(there.limits.memory_bytes, 160 << 20);
}
