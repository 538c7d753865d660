//! What a learner's root can reach: nothing of the host, nothing of another session, and nothing
//! that the next boot would stumble over.

use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

use crate::machine::{Machine, node, spec};

#[tokio::test]
async fn nothing_of_the_host_answers() {
    let name = format!("labwright-canary-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let hidden = UnixListener::bind_addr(&address).unwrap();
    let tcp = TcpListener::bind("0.0.0.0:0").unwrap();
    let udp = UdpSocket::bind(tcp.local_addr().unwrap()).unwrap();
    let port = tcp.local_addr().unwrap().port();
    let machine = Machine::ready(&spec(vec![node("one", 1)])).await;
    let reach = format!(
        "perl -MSocket -e 'socket $s, AF_UNIX, SOCK_STREAM, 0; \
        connect $s, pack(\"Sa*\", AF_UNIX, \"\\0{name}\") or exit 1'"
    );
    let here = std::process::Command::new("sh")
        .args(["-c", &reach])
        .status();
    assert!(here.unwrap().success(), "the attempt is wrong: {reach}");
    hidden.accept().unwrap();
    machine.refused("one", &reach).await;
    machine
        .ok("one", "perl -MSocket -e 'inet_aton \"127.0.0.1\" or die'")
        .await;
    let own = std::process::Command::new("hostname").arg("-I").output();
    let own = String::from_utf8(own.unwrap().stdout).unwrap();
    let own = own
        .split_whitespace()
        .filter(|address| address.contains('.'));
    // Metadata services of clouds, and private addresses where a server would be.
    for host in [
        "127.0.0.1",
        "169.254.169.254",
        "10.0.0.254",
        "192.168.0.1",
        "8.8.8.8",
    ]
    .into_iter()
    .chain(own)
    {
        let reach = format!(
            "perl -MSocket -e '$to = pack_sockaddr_in {port}, inet_aton \"{host}\"; \
            socket $u, AF_INET, SOCK_DGRAM, 0; send $u, \"x\", 0, $to; \
            socket $s, AF_INET, SOCK_STREAM, 0; alarm 1; connect $s, $to or exit 1'"
        );
        machine.refused("one", &reach).await;
    }
    tcp.set_nonblocking(true).unwrap();
    udp.set_nonblocking(true).unwrap();
    hidden.set_nonblocking(true).unwrap();
    let nobody = |error: std::io::Error| error.kind() == ErrorKind::WouldBlock;
    assert!(tcp.accept().is_err_and(nobody));
    assert!(udp.recv(&mut [0; 8]).is_err_and(nobody));
    assert!(hidden.accept().is_err_and(nobody));
}

/// Raw frames, false ARP answers and router advertisements all are frames to a bridge; no bridge
/// has a port of two sessions.
#[tokio::test]
async fn no_frame_reaches_another_session() {
    const LISTEN: &str = "perl -e 'socket $s, 17, 3, 0x300 or die $!; $SIG{ALRM} = sub { print $n+0; \
        exit }; alarm 3; while (sysread $s, $f, 2000) { $n++ if $f =~ /foreign/ }'";
    const FLOOD: &str = "perl -e '$i = `cat /sys/class/net/eth0/ifindex`; socket $s, 17, 3, 0x300; \
        for $type (0x0800, 0x0806, 0x86dd, 0x88b5) { for (1..50) { \
        send $s, \"\\xff\" x 6 . \"\\x02\" x 6 . pack(\"n\", $type) . \"foreign\" x 9, 0, \
        pack(\"SnIx12\", 17, $type, $i) or die $! } select undef, undef, undef, 0.3 }'";
    let lab = spec(vec![node("one", 1), node("two", 2)]);
    let (mine, other) = tokio::join!(Machine::start(&lab), Machine::start(&lab));
    assert!(mine.settled().await.ready && other.settled().await.ready);
    let (neighbour, foreign, ()) =
        tokio::join!(mine.ok("two", LISTEN), other.ok("two", LISTEN), async {
            tokio::time::sleep(std::time::Duration::from_millis(800)).await;
            mine.ok("one", FLOOD).await;
        });
    assert_ne!(neighbour, "0", "the flood was none");
    assert_eq!(foreign, "0");
}

/// A boot is where the runtime, root outside, walks in a tree that a learner has written.
#[tokio::test]
async fn a_tree_made_to_lead_astray_boots_and_changes_nothing_outside() {
    let lab = spec(vec![node("one", 1)]);
    let machine = Machine::ready(&lab).await;
    let canary = machine.folder.path().join("canary");
    std::fs::write(&canary, "whole").unwrap();
    for folder in [
        "/dev",
        "/proc",
        "/sys",
        "/dev/pts",
        "/dev/shm",
        "/dev/mqueue",
    ] {
        machine
            .refused("one", &format!("mv {folder} /tmp/moved"))
            .await;
        machine.refused("one", &format!("rmdir {folder}")).await;
    }
    let astray = format!(
        "cd / && mv run run.was && ln -s {} run && mv etc/passwd /tmp && ln -s /proc/1/environ \
        etc/passwd && rm -rf etc/hosts && mkfifo etc/hosts && ln -sf ../../../../proc/self/exe \
        etc/hostname && rm -rf mnt && ln -s /proc/self/fd/7 mnt",
        machine.folder.path().display()
    );
    machine.ok("one", &astray).await;
    let machine = Machine::start_in(machine.kill(), &lab).await;
    let status = machine.settled().await;
    assert!(status.ready, "{status:#?}");
    machine
        .ok("one", "test -d /dev/pts && test -e /proc/1/status")
        .await;
    let canary = machine.folder.path().join("canary");
    assert_eq!(std::fs::read_to_string(canary).unwrap(), "whole");
}

/// CVE-2026-41579's shape: a layer in which the runtime's mount points are links.
#[tokio::test]
async fn a_layer_made_to_lead_astray_changes_nothing_outside() {
    let made = tempfile::tempdir_in("/var/tmp").unwrap();
    let (layer, outside) = (made.path().join("layer"), made.path().join("outside"));
    for folder in [&layer, &outside] {
        std::fs::create_dir(folder).unwrap();
    }
    for name in ["dev", "proc", "sys"] {
        std::os::unix::fs::symlink(&outside, layer.join(name)).unwrap();
    }
    let mut one = node("one", 1);
    one.layers.push(layer);
    let machine = Machine::ready(&spec(vec![one])).await;
    machine
        .ok(
            "one",
            "test -c /dev/null && test -d /proc/1 && test -d /sys/class",
        )
        .await;
    for name in ["dev", "proc", "sys"] {
        machine
            .ok("one", &format!("test -d /{name} && ! test -L /{name}"))
            .await;
    }
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}
