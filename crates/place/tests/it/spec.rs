//! From a lab to what a machine is started from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use indexmap::IndexMap;
use labwright_model::{Lab, MachineSpec, NodeName, SessionId};
use labwright_place::{SpecError, spec};
use serde_json::{Value, json};

fn limits() -> Value {
    json!({"memory_bytes": 1, "cpu_milli": 1, "pids": 1, "disk_bytes": 1})
}

fn link(addresses: &[&str]) -> Value {
    json!({"mode": "static", "addresses": addresses, "mac": null})
}

fn node(networks: Value, more: Value) -> Value {
    let mut node = json!({
        "source": {"packages": []}, "networks": networks, "routes": [], "user": "root",
        "services": [], "setup": null, "start": null, "env": {}, "sysctl": {}, "hidden": false,
        "limits": limits()
    });
    for (key, value) in more.as_object().unwrap() {
        node[key] = value.clone();
    }
    node
}

fn lab(nodes: Value, networks: Value) -> Lab {
    serde_json::from_value(json!({
        "format": 1, "name": "tcp", "title": {"": "TCP"}, "summary": null, "authors": [],
        "license": null, "base": "debian/bookworm", "nodes": nodes, "networks": networks,
        "params": {}, "apps": [], "steps": [{
            "page": {"path": "steps/1.md", "markdown": {"": "SECRET-PAGE"}},
            "tasks": [{
                "id": "t", "title": {"": "T"}, "points": 1.0,
                "check": {"expect": {"value": "SECRET-VALUE", "exact": false, "tolerance": 0.0}},
                "answer": "text", "hints": [], "solve": {"answer": "SECRET-SOLUTION"}
            }]
        }],
        "group": null, "limits": limits(), "time": {"session_s": 1, "idle_s": 1},
        "internet": "none", "keep": ["/root"], "places": null,
        "budget": {"image_bytes": null, "start_ms": null}
    }))
    .unwrap()
}

fn network(subnet: Option<&str>) -> Value {
    json!({"subnet": subnet, "shaping": {"delay_us": 0, "jitter_us": 0, "loss": 0.0, "rate_bps": 0}})
}

fn make(lab: &Lab, params: &[(&str, &str)]) -> Result<MachineSpec, SpecError> {
    let layers: BTreeMap<NodeName, Vec<PathBuf>> = lab
        .nodes
        .keys()
        .map(|name| (name.clone(), vec![PathBuf::from("/layers/base")]))
        .collect();
    let params: IndexMap<String, String> = params
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    spec(lab, &layers, &[], &params, SessionId::new("s-1").unwrap())
}

fn three_nodes() -> Lab {
    lab(
        json!({
            "client": node(json!({"lan": link(&["10.0.0.2/24"])}), json!({
                "env": {"GREETING": "{{ params.word }} {{ nodes.server.address.wan }} {{ params.net.9 }}"},
                "routes": [{"to": "default", "via": "{{ nodes.router.address.lan }}"}]
            })),
            "router": node(json!({
                "wan": link(&["192.0.2.1/24", "2001:db8::1/64"]), "lan": link(&["10.0.0.1/24"])
            }), json!({})),
            "server": node(json!({"wan": link(&[])}), json!({})),
        }),
        json!({"lan": network(None), "wan": network(Some("{{ params.net }}"))}),
    )
}

#[test]
fn fills_templates_and_allocates_addresses() {
    let made = make(&three_nodes(), &[("word", "cat"), ("net", "192.0.2.0/24")]).unwrap();
    let client = &made.nodes[0];
    assert_eq!(client.env["GREETING"], "cat 192.0.2.2 192.0.2.9");
    assert_eq!(client.routes[0].via, "10.0.0.1");
    assert_eq!(made.nodes[2].links[0].addresses, ["192.0.2.2/24"]);
}

#[test]
fn every_node_knows_every_other_nearest_address_first() {
    let made = make(&three_nodes(), &[("word", "cat"), ("net", "192.0.2.0/24")]).unwrap();
    let hosts: Vec<String> = made.nodes[0]
        .hosts
        .iter()
        .map(|h| format!("{} {}", h.address, h.name))
        .collect();
    assert_eq!(
        hosts,
        [
            "10.0.0.1 router",
            "192.0.2.1 router",
            "2001:db8::1 router",
            "192.0.2.2 server"
        ]
    );
}

#[test]
fn macs_are_local_distinct_and_the_same_at_every_boot() {
    let params = [("word", "cat"), ("net", "192.0.2.0/24")];
    let first = make(&three_nodes(), &params).unwrap();
    let again = make(&three_nodes(), &params).unwrap();
    assert_eq!(first, again);
    let macs: Vec<&str> = first
        .nodes
        .iter()
        .flat_map(|n| &n.links)
        .map(|l| l.mac.as_str())
        .collect();
    let distinct: std::collections::BTreeSet<_> = macs.iter().collect();
    assert_eq!(distinct.len(), 4);
    assert!(macs.iter().all(|m| m.starts_with("02:") && m.len() == 17));
}

#[test]
fn nothing_of_pages_checks_or_solutions_gets_through() {
    let made = make(&three_nodes(), &[("word", "cat"), ("net", "192.0.2.0/24")]).unwrap();
    let text = serde_json::to_string(&made).unwrap();
    assert!(!text.contains("SECRET"), "{text}");
}

#[test]
fn the_checker_takes_the_highest_free_address() {
    let made = make(
        &lab(
            json!({
                "checker": node(json!({"lan": link(&[])}), json!({"hidden": true})),
                "a": node(json!({"lan": link(&["10.0.0.6/29"])}), json!({})),
                "b": node(json!({"lan": link(&[])}), json!({})),
            }),
            json!({"lan": network(Some("10.0.0.0/29"))}),
        ),
        &[],
    )
    .unwrap();
    assert_eq!(made.nodes[0].links[0].addresses, ["10.0.0.5/29"]);
    assert_eq!(made.nodes[2].links[0].addresses, ["10.0.0.1/29"]);
}

#[test]
fn refusals_name_the_object() {
    let check = |lab: &Lab, params: &[(&str, &str)], expect: &str| {
        assert_eq!(make(lab, params).unwrap_err().to_string(), expect);
    };
    check(
        &three_nodes(),
        &[("word", "cat")],
        "the subnet of network wan cannot be filled in",
    );
    check(
        &three_nodes(),
        &[("word", "cat"), ("net", "no")],
        "`no` on network wan is not an address with a prefix length",
    );
    check(
        &three_nodes(),
        &[("net", "192.0.2.0/24")],
        "env GREETING of node client cannot be filled in",
    );
    let full = lab(
        json!({
            "a": node(json!({"lan": link(&["10.0.0.1/30"])}), json!({})),
            "b": node(json!({"lan": link(&[])}), json!({})),
            "c": node(json!({"lan": link(&[])}), json!({})),
        }),
        json!({"lan": network(Some("10.0.0.0/30"))}),
    );
    check(&full, &[], "network lan has no free address for node c");
}
