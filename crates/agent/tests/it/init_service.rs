//! Services: started in order, reported, started again where they should be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use labwright_agent::init::service::Services;
use labwright_model::{Service, ServiceKind};
use labwright_wire::Exit;

use crate::init_node::Node;

const INIT_SCRIPT: &str = "cat > /etc/init.d/fake <<'E'\n#!/bin/sh\n\
    case $1 in start) sleep 0.3; echo started >> /mnt/log; touch /mnt/up;; \
    status) [ -e /mnt/up ] || exit 3;; esac\nE\n\
    chmod +x /etc/init.d/fake; printf '#!/bin/sh\\nexit 6\\n' > /etc/init.d/bad; chmod +x /etc/init.d/bad";

fn service(name: &str, kind: ServiceKind, restart: bool) -> Service {
    Service {
        name: name.to_owned(),
        kind,
        restart,
    }
}

async fn start(node: &Node, services: &[Service]) -> (Services, Arc<AtomicUsize>) {
    let changes = Arc::new(AtomicUsize::new(0));
    let counted = changes.clone();
    let services = Services::start(&node.control, services, move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    (services.await, changes)
}

#[tokio::test]
async fn init_scripts_run_once_in_order_and_are_reported() {
    let node = Node::start().await;
    node.ok(INIT_SCRIPT).await;
    let services = [
        service("fake", ServiceKind::InitScript, false),
        service("bad", ServiceKind::InitScript, false),
        service("missing", ServiceKind::InitScript, false),
        service(
            "run",
            ServiceKind::Run("test -e /mnt/up && exec sleep 1000".to_owned()),
            true,
        ),
    ];
    let (services, changes) = start(&node, &services).await;
    let reports: Vec<_> = services
        .reports()
        .into_iter()
        .map(|r| (r.name, r.running, r.exit))
        .collect();
    assert_eq!(
        reports,
        [
            ("fake".to_owned(), true, Some(Exit::Code(0))),
            ("bad".to_owned(), false, Some(Exit::Code(6))),
            ("missing".to_owned(), false, None),
            ("run".to_owned(), true, None),
        ]
    );
    assert!(changes.load(Ordering::Relaxed) >= 4);
    node.ok("rm /mnt/up; sleep 2.5").await;
    assert_eq!(node.ok("cat /mnt/log").await, "started\n");
}

#[tokio::test]
async fn a_command_starts_again_slower_and_slower() {
    let node = Node::start().await;
    let command = "date +%s.%N >> /mnt/log; exit 3".to_owned();
    let (services, _) = start(&node, &[service("run", ServiceKind::Run(command), true)]).await;
    tokio::time::sleep(Duration::from_millis(4200)).await;
    // At 0, 0.5, 1.5 and 3.5 s.
    let starts = node.ok("wc -l < /mnt/log").await;
    assert_eq!(starts.trim(), "4");
    let report = services.reports().remove(0);
    assert_eq!(
        (report.running, report.restarts, report.exit),
        (false, 3, Some(Exit::Code(3)))
    );
    drop(services);
    tokio::time::sleep(Duration::from_millis(4200)).await;
    assert_eq!(node.ok("wc -l < /mnt/log").await.trim(), "4");
}

#[tokio::test]
async fn a_named_service_with_restart_is_watched() {
    let node = Node::start().await;
    node.ok(INIT_SCRIPT).await;
    let (services, _) = start(&node, &[service("fake", ServiceKind::InitScript, true)]).await;
    node.ok("rm /mnt/up").await;
    let began = Instant::now();
    while services.reports()[0].restarts == 0 {
        assert!(began.elapsed() < Duration::from_secs(8));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(node.ok("cat /mnt/log").await, "started\nstarted\n");
}

#[tokio::test]
async fn a_noisy_service_is_not_held_up() {
    let node = Node::start().await;
    let command = "head -c 3000000 /dev/zero; touch /mnt/through; sleep 1000".to_owned();
    let (_services, _) = start(&node, &[service("run", ServiceKind::Run(command), true)]).await;
    node.ok("i=0; while [ ! -e /mnt/through ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done; test -e /mnt/through").await;
}
