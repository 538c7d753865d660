//! A machine's life: boot, what a lab says about its nodes and networks, resets, death, stop.

use labwright_model::{NodeName, Route, Service, ServiceKind, Shaping};
use labwright_wire::{ClientError, Event, Exit, Open, Stream, frame};

use crate::machine::{HIDDEN_UID_BASE, Machine, UID_BASE, limits, name, node, script, spec};

#[tokio::test]
async fn nodes_boot_as_the_spec_says() {
    let mut one = node("one", 1);
    one.start = script("echo $PARAM_A_WORD $GREETING > /root/started; ping -c1 -W5 two");
    one.env.insert("GREETING".to_owned(), "hello".to_owned());
    one.sysctl
        .insert("net.ipv4.conf.eth0.forwarding".to_owned(), "1".to_owned());
    one.routes.push(Route {
        to: "192.0.2.0/24".to_owned(),
        via: "10.0.0.2".to_owned(),
    });
    one.services.push(Service {
        name: "sleeper".to_owned(),
        kind: ServiceKind::Run("sleep 1000".to_owned()),
        restart: true,
    });
    let machine = Machine::ready(&spec(vec![one, node("two", 2)])).await;
    let report = machine.status().await;
    assert!(report.nodes[0].services[0].running, "{report:#?}");
    for (command, expected) in [
        ("cat /root/started", "cat hello\n"),
        ("hostname", "one\n"),
        ("cat /proc/sys/net/ipv4/conf/eth0/forwarding", "1\n"),
        (
            "ip route show 192.0.2.0/24",
            "192.0.2.0/24 via 10.0.0.2 dev eth0 \n",
        ),
        ("cat /sys/class/net/eth0/address", "02:00:00:00:00:01\n"),
        (
            "ip -6 -br addr show dev eth0 scope global | grep -c fd00::1/64",
            "1\n",
        ),
        (
            "getent ahostsv4 one | head -1 | cut -d' ' -f1",
            "10.0.0.1\n",
        ),
        ("ping -6 -c1 -W2 fd00::2 | grep -c '1 received'", "1\n"),
        ("stat -c '%u %a' / /etc/hosts", "0 755\n0 644\n"),
        ("echo 1 > /proc/sys/net/ipv4/ip_forward && echo ok", "ok\n"),
        ("ls /sys/class/net | xargs", "eth0 lo\n"),
    ] {
        assert_eq!(machine.ok("one", command).await, expected, "{command}");
    }
}

#[tokio::test]
async fn hidden_nodes_have_ids_of_their_own() {
    let mut hidden = node("two", 2);
    hidden.hidden = true;
    let machine = Machine::ready(&spec(vec![node("one", 1), hidden])).await;
    for (node, base) in [("one", UID_BASE), ("two", HIDDEN_UID_BASE)] {
        let map = machine.ok(node, "cat /proc/self/uid_map").await;
        let words: Vec<_> = map.split_whitespace().collect();
        assert_eq!(words, ["0", &base.to_string(), "65536"]);
        assert_eq!(machine.ok(node, "stat -c %u /bin/sh").await, "0\n");
    }
}

#[tokio::test]
async fn a_reset_throws_away_one_nodes_files() {
    let machine = Machine::ready(&spec(vec![node("one", 1), node("two", 2)])).await;
    for node in ["one", "two"] {
        // A folder deeper than any path, as a learner might leave it.
        let deep = "touch /root/mine; cd /root; i=0; \
            while [ $i -lt 2000 ]; do mkdir d; cd d; i=$((i+1)); done";
        machine.ok(node, deep).await;
    }
    let reset = Open::Reset {
        node: Some(name("one")),
    };
    machine.done(&reset).await.unwrap();
    machine.refused("one", "test -e /root/mine").await;
    machine.ok("one", "ping -c1 -W2 two").await;
    machine.ok("two", "test -e /root/mine").await;
    machine.done(&Open::Reset { node: None }).await.unwrap();
    machine.refused("two", "test -e /root/mine").await;
    machine.ok("two", "ping -c1 -W2 10.0.0.1").await;
    assert!(machine.status().await.ready);
}

#[tokio::test]
async fn a_dead_agent_boots_again_with_its_files() {
    let spec = spec(vec![node("one", 1)]);
    let machine = Machine::ready(&spec).await;
    let epoch = machine.status().await.epoch;
    machine
        .ok(
            "one",
            "echo kept > /root/mine; echo 1 > /run/stale.pid; sync",
        )
        .await;
    let folder = machine.kill();
    let machine = Machine::start_in(folder, &spec).await;
    assert!(machine.settled().await.ready, "{}", machine.log());
    assert_eq!(machine.ok("one", "cat /root/mine").await, "kept\n");
    machine.refused("one", "test -e /run/stale.pid").await;
    assert_ne!(machine.status().await.epoch, epoch);
}

#[tokio::test]
async fn cables_are_pulled_and_networks_slowed() {
    let machine = Machine::ready(&spec(vec![node("one", 1), node("two", 2)])).await;
    let link = |up| Open::Link {
        node: name("two"),
        network: "lan".to_owned(),
        up,
    };
    machine.done(&link(false)).await.unwrap();
    machine.refused("one", "ping -c1 -W1 10.0.0.2").await;
    machine.done(&link(true)).await.unwrap();
    machine.ok("one", "ping -c1 -W5 10.0.0.2").await;
    let shape = |rate_bps, delay_us| Open::Shape {
        network: "lan".to_owned(),
        shaping: Shaping {
            rate_bps,
            delay_us,
            ..Shaping::default()
        },
    };
    machine.done(&shape(2_000_000, 0)).await.unwrap();
    let slow_us = transfer_us(&machine).await;
    // 250 kB at 2 Mbit/s are a second; the first bucketful comes at once.
    assert!(slow_us > 700_000, "{slow_us}");
    // A kernel without netem says so instead of doing less than it was asked.
    match machine.done(&shape(2_000_000, 20_000)).await {
        Ok(_) => drop(
            machine
                .ok("one", "ping -c1 -W2 10.0.0.2 | grep -E 'time=[4-9][0-9]'")
                .await,
        ),
        Err(ClientError::Refused(failure)) => assert_eq!(failure.code, "unsupported"),
        Err(error) => panic!("{error}"),
    }
    machine.done(&shape(0, 0)).await.unwrap();
    let fast_us = transfer_us(&machine).await;
    assert!(fast_us < slow_us / 2, "{fast_us}, {slow_us}");
}

/// How many microseconds 250 kB take from node two to node one.
async fn transfer_us(machine: &Machine) -> u64 {
    let send = "perl -MIO::Socket::INET -e '$l = IO::Socket::INET->new(Listen => 1, \
        LocalPort => 7, ReuseAddr => 1); $s = $l->accept; print $s \"x\" x 250000' \
        > /dev/null 2>&1 &";
    machine.ok("two", send).await;
    let receive = "bash -c 'until exec 3<>/dev/tcp/10.0.0.2/7; do sleep 0.05; done 2>/dev/null; \
        began=${EPOCHREALTIME/./}; length=$(wc -c <&3); ended=${EPOCHREALTIME/./}; \
        [ $length = 250000 ] && echo $((ended - began))'";
    machine.ok("one", receive).await.trim().parse().unwrap()
}

#[tokio::test]
async fn limits_hold_and_are_told() {
    let machine = Machine::ready(&spec(vec![node("one", 1), node("two", 2)])).await;
    let open = Open::Status {
        version: labwright_wire::VERSION,
    };
    let (_, mut events) = machine.client.open(&open).await.unwrap();
    machine.sh("one", "tail /dev/zero").await;
    machine
        .refused("one", "for i in $(seq 300); do sleep 5 & done")
        .await;
    let mut hit = [
        next_limit(&machine, &mut events).await.1,
        next_limit(&machine, &mut events).await.1,
    ];
    hit.sort();
    assert_eq!(hit, ["memory", "pids"]);
}

/// The next limit that a node hit.
async fn next_limit(machine: &Machine, events: &mut Stream) -> (NodeName, String) {
    loop {
        let next = frame::read_frame(events);
        let Ok(frame) = tokio::time::timeout(std::time::Duration::from_secs(30), next).await else {
            panic!("no event; {}", machine.log());
        };
        let frame = frame.unwrap().unwrap();
        if let Event::LimitHit { node, limit } = serde_json::from_slice(&frame.bytes).unwrap() {
            return (node, limit);
        }
    }
}

#[tokio::test]
async fn a_full_disk_is_the_nodes_own() {
    let mut small = node("one", 1);
    small.limits.disk_bytes = 16 << 20;
    let spec = spec(vec![small, node("two", 2), node("three", 3)]);
    let machine = Machine::ready(&spec).await;
    let open = Open::Status {
        version: labwright_wire::VERSION,
    };
    let (_, mut events) = machine.client.open(&open).await.unwrap();
    machine
        .refused("one", "dd if=/dev/zero of=/fill bs=1M count=30")
        .await;
    assert_eq!(
        next_limit(&machine, &mut events).await,
        (name("one"), "disk".to_owned())
    );
    machine.ok("one", "rm /fill && echo still here").await;
    machine
        .refused(
            "one",
            "i=0; while touch /tmp/$i; do i=$((i+1)); done; test $i -gt 20000",
        )
        .await;
    machine
        .done(&Open::Reset {
            node: Some(name("one")),
        })
        .await
        .unwrap();
    machine
        .ok("one", "dd if=/dev/zero of=/fill bs=1M count=5")
        .await;
    // Nodes without a limit of their own share the session's.
    machine
        .ok("two", "dd if=/dev/zero of=/fill bs=1M count=40")
        .await;
    machine
        .refused("three", "dd if=/dev/zero of=/fill bs=1M count=40")
        .await;
    let images = machine.folder.path().join("disk-one.img");
    assert!(images.exists());
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let mut bad_route = node("one", 1);
    bad_route.routes.push(Route {
        to: "default".to_owned(),
        via: "172.16.0.1".to_owned(),
    });
    let mut bad_script = node("one", 1);
    bad_script.start = script("echo oh no >&2; exit 3");
    for (node, words) in [
        (bad_route, "adding route default via 172.16.0.1"),
        (bad_script, "its start script ended with status 3: oh no"),
    ] {
        let machine = Machine::start(&spec(vec![node])).await;
        let status = machine.settled().await;
        let failed = status.failed.expect("it fails").message;
        assert!(
            failed.contains("node one") && failed.contains(words),
            "{failed}"
        );
    }
}

#[tokio::test]
async fn a_stop_is_orderly_and_leaves_nothing() {
    let mut machine = Machine::ready(&spec(vec![node("one", 1)])).await;
    let daemon = "(trap '' HUP; trap 'echo bye > /root/bye; exit' TERM; \
        while :; do sleep 0.1; done) > /dev/null 2>&1 & sleep 0.2";
    machine.ok("one", daemon).await;
    machine.done(&Open::Stop).await.unwrap();
    assert_eq!(machine.exited(), Some(0));
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(machine.folder.path().to_str().unwrap()));
    let machine = Machine::start_in(machine.kill(), &spec(vec![node("one", 1)])).await;
    machine.settled().await;
    assert_eq!(
        machine.sh("one", "cat /root/bye").await,
        (Exit::Code(0), "bye\n".to_owned())
    );
}

#[tokio::test]
async fn ten_nodes_start_together() {
    let mut nodes: Vec<_> = (1..=10).map(|at| node(&format!("n{at}"), at)).collect();
    for node in &mut nodes {
        node.limits = limits(32);
    }
    let machine = Machine::ready(&spec(nodes)).await;
    machine.ok("n1", "ping -c1 -W2 10.0.0.10").await;
}

#[tokio::test]
async fn a_reset_mends_a_failed_boot() {
    let mut one = node("one", 1);
    one.start = script("ping -c1 -W1 10.0.0.9 || { echo nobody at 9; exit 1; }");
    let machine = Machine::start(&spec(vec![one, node("two", 2)])).await;
    let status = machine.settled().await;
    assert!(!status.ready && status.failed.is_some(), "{status:#?}");
    machine
        .ok("two", "ip address add 10.0.0.9/24 dev eth0")
        .await;
    let reset = Open::Reset {
        node: Some(name("one")),
    };
    machine.done(&reset).await.unwrap();
    let status = machine.status().await;
    assert!(status.ready && status.failed.is_none(), "{status:#?}");
}
