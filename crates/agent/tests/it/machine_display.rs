//! Displays of desktop apps: what the node's program, its root and a viewer reach.

use std::time::Duration;

use labwright_model::{DisplaySpec, MachineSpec, NodeSpec, Script, Shown};
use labwright_wire::frame::{self, Kind};
use labwright_wire::{ClientError, DisplayReport, Event, Exit, Open, Reply, Stream, handover};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::machine::{Machine, limits, name, node, spec};

/// A node whose program says that it reached the X server, and stays for a moment.
fn desktop(run: &str) -> MachineSpec {
    let layers = labwright_testkit::display_layers();
    let one = NodeSpec {
        layers: layers.clone(),
        limits: limits(192),
        ..node("one", 1)
    };
    let mut spec = spec(vec![one]);
    spec.limits.memory_bytes = 512 << 20;
    spec.displays = vec![DisplaySpec {
        app: "app-1".to_owned(),
        node: name("one"),
        layers,
        shows: Shown::Run(run.to_owned()),
    }];
    spec
}

fn view() -> Open {
    Open::Display {
        node: name("one"),
        app: Some("app-1".to_owned()),
    }
}

/// The next `count` bytes of a display stream.
async fn read(stream: &mut Stream, count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < count {
        let frame = frame::read_frame(stream).await.unwrap().unwrap();
        assert_eq!(frame.kind, Kind::Data);
        bytes.extend(frame.bytes);
    }
    bytes
}

#[tokio::test]
async fn a_viewer_is_greeted_and_the_node_sees_the_x_socket_alone() {
    let machine = Machine::ready(&desktop("setxkbmap -query > /tmp/reached; exec sleep 600")).await;
    let stream = machine.done(&view()).await;
    let mut stream = stream.unwrap_or_else(|error| panic!("{error}: {}", machine.log()));
    assert_eq!(read(&mut stream, 12).await, b"RFB 003.008\n");
    // RFC 6143 §7.1: one security type, None, and no challenge.
    frame::write_frame(&mut stream, Kind::Data, b"RFB 003.008\n")
        .await
        .unwrap();
    assert_eq!(read(&mut stream, 2).await, [1, 1]);

    let wait = "i=0; until [ -s /tmp/reached ] || [ $i = 100 ]; do sleep 0.1; i=$((i+1)); done";
    machine.ok("one", wait).await;
    assert!(
        machine
            .ok("one", "cat /tmp/reached")
            .await
            .contains("layout")
    );
    // A terminal reaches the screen too: the node's environment names it.
    machine.ok("one", "setxkbmap -query").await;

    assert_eq!(machine.ok("one", "ls -A /tmp/.X11-unix").await, "X0\n");
    machine.refused("one", "touch /tmp/.X11-unix/mine").await;
    machine.refused("one", "rm -f /tmp/.X11-unix/X0").await;
    machine
        .refused("one", "mount -o remount,rw /tmp/.X11-unix")
        .await;
    machine.refused("one", "umount /tmp/.X11-unix").await;
    // 0x170C is 5900, the port of RFB: it is not in the node's network.
    machine.ok("one", "! grep -i ':170c ' /proc/net/tcp").await;
    machine.ok("one", "! grep -l Xvnc /proc/[0-9]*/comm").await;
}

#[tokio::test]
async fn a_display_is_handed_over_and_nothing_else_is() {
    let machine = Machine::start(&desktop("exec sleep 600")).await;
    // Whoever leaves before a word takes nothing from the others.
    for _ in 0..8 {
        handover::ask(machine.socket().await, &view())
            .await
            .unwrap();
    }
    // It is waited for while it is being made.
    let mut handed = handover::ask(machine.socket().await, &view())
        .await
        .unwrap_or_else(|error| panic!("{error}: {}", machine.log()));
    let mut greeting = [0; 12];
    handed.read_exact(&mut greeting).await.unwrap();
    assert_eq!(&greeting, b"RFB 003.008\n");
    handed.write_all(&greeting).await.unwrap();
    let mut security = [0; 2];
    handed.read_exact(&mut security).await.unwrap();
    assert_eq!(security, [1, 1]);

    let other = Open::Display {
        node: name("one"),
        app: Some("app-9".to_owned()),
    };
    let connect = Open::Connect {
        node: name("one"),
        port: 80,
    };
    for (open, code) in [
        (other, "refused"),
        (connect, "unsupported"),
        (Open::Stop, "unsupported"),
    ] {
        let refused = handover::ask(machine.socket().await, &open).await;
        let Err(ClientError::Refused(failure)) = refused else {
            panic!("{open:?} was handed over");
        };
        assert_eq!(failure.code, code);
    }
    // It lives on.
    machine.settled().await;
}

/// The command line of a machine's X server.
fn server_of(machine: &Machine) -> String {
    let read = |pid: &std::path::Path, file: &str| {
        let text = std::fs::read(pid.join(file)).unwrap_or_default();
        String::from_utf8_lossy(&text).replace('\0', " ")
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let mut processes = processes.map(|entry| entry.path());
    let server = processes.find(|pid| {
        read(pid, "cmdline").starts_with("Xvnc ") && read(pid, "cgroup").contains(&machine.cgroup)
    });
    read(&server.unwrap(), "cmdline")
}

#[tokio::test]
async fn a_screen_is_without_opengl_where_the_node_has_no_library_for_it() {
    let mut spec = desktop("exec sleep 600");
    // The layers of the display have one, and here they are the node's too.
    let machine = Machine::start(&spec).await;
    machine.done(&view()).await.unwrap();
    assert!(!server_of(&machine).contains("GLX"));

    spec.nodes[0].layers = node("one", 1).layers;
    let machine = Machine::start(&spec).await;
    machine.done(&view()).await.unwrap();
    assert!(server_of(&machine).contains("-extension GLX"));
}

/// What is told when a program has ended so often.
async fn told_after(machine: &Machine, restarts: u32) -> DisplayReport {
    let status = Open::Status {
        version: labwright_wire::VERSION,
    };
    let (Reply::Status(_), mut events) = machine.client.open(&status).await.unwrap() else {
        panic!("no status");
    };
    let told = async {
        loop {
            let frame = frame::read_frame(&mut events).await.unwrap().unwrap();
            if let Event::Display(report) = serde_json::from_slice(&frame.bytes).unwrap()
                && report.restarts >= restarts
            {
                return report;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), told)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_program_that_ends_is_told_and_starts_again() {
    let machine = Machine::start(&desktop("echo no license >&2; exit 3")).await;
    let report = told_after(&machine, 2).await;
    assert_eq!(report.exit, Some(Exit::Code(3)));
    assert_eq!(report.words, "no license");
    assert!(!report.out_of_memory);
}

#[tokio::test]
async fn a_program_that_takes_all_memory_is_told_as_that() {
    let machine = Machine::start(&desktop("exec tail /dev/zero")).await;
    let report = told_after(&machine, 1).await;
    assert_eq!(report.exit, Some(Exit::Signal(9)));
    assert!(report.out_of_memory);
}

#[tokio::test]
async fn a_whole_desktop_is_started_by_its_name() {
    let mut spec = desktop("");
    spec.displays[0].shows = Shown::Session("xfce".to_owned());
    let stand_in = "/usr/local/bin/xfce4-session";
    spec.nodes[0].start = Some(Script {
        path: None,
        text: format!(
            "printf '#!/bin/sh\\nexec tail -f /dev/null\\n' > {stand_in}; chmod 755 {stand_in}"
        ),
    });
    let machine = Machine::ready(&spec).await;
    let wait = "i=0; until pgrep -x tail || [ $i = 100 ]; do sleep 0.1; i=$((i+1)); done";
    machine.ok("one", wait).await;
    machine.ok("one", "pgrep -x tail").await;
    // A desktop brings its own window manager.
    machine.ok("one", "! pgrep openbox").await;
}

#[tokio::test]
async fn a_desktop_that_ends_leaves_no_window_to_the_next() {
    let mut spec = desktop("");
    spec.displays[0].shows = Shown::Session("leaver".to_owned());
    // Notes which socket its X server has, and ends the first time.
    let leaver = "#!/bin/sh\nstat -c %i /tmp/.X11-unix/X0 >> /tmp/screens\n\
                  [ $(wc -l < /tmp/screens) = 1 ] || exec sleep 600\n";
    let path = "/usr/local/bin/leaver";
    spec.nodes[0].start = Some(Script {
        path: None,
        text: format!("printf '%s' '{leaver}' > {path}; chmod 755 {path}"),
    });
    let machine = Machine::ready(&spec).await;
    let lines = "$(sort -u /tmp/screens | wc -l)";
    let wait =
        format!("i=0; until [ {lines} = 2 ] || [ $i = 100 ]; do sleep 0.1; i=$((i+1)); done");
    machine.ok("one", &wait).await;
    machine.ok("one", &format!("[ {lines} = 2 ]")).await;
}

#[tokio::test]
async fn an_unknown_display_is_refused_and_a_reset_keeps_the_screen() {
    let machine = Machine::ready(&desktop("exec sleep 600")).await;
    let other = Open::Display {
        node: name("one"),
        app: Some("app-9".to_owned()),
    };
    assert!(machine.client.open(&other).await.is_err());
    let mut stream = machine.done(&view()).await.unwrap();
    read(&mut stream, 12).await;
    machine.done(&Open::Reset { node: None }).await.unwrap();
    frame::write_frame(&mut stream, Kind::Data, b"RFB 003.008\n")
        .await
        .unwrap();
    assert_eq!(read(&mut stream, 2).await, [1, 1]);
    machine.ok("one", "setxkbmap -query").await;
}
