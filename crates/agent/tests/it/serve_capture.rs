//! Captures of a real machine, read by Wireshark's own reader.

use std::process::{Command, Stdio};
use std::time::Duration;

use labwright_wire::frame::{self, Kind};
use labwright_wire::limits::MAX_CAPTURES;
use labwright_wire::{ClientError, Open, Stream};

use crate::machine::{Machine, name, node, spec};

fn capture(network: &str, node: Option<&str>) -> Open {
    Open::Capture {
        network: network.to_owned(),
        node: node.map(name),
        snap: None,
    }
}

/// Reads what there is until the stream holds `until`.
async fn read_until(stream: &mut Stream, bytes: &mut Vec<u8>, until: &[u8]) {
    let reading = async {
        while !bytes.windows(until.len()).any(|part| part == until) {
            let frame = frame::read_frame(stream).await.unwrap().unwrap();
            assert_eq!(frame.kind, Kind::Data);
            bytes.extend(frame.bytes);
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reading)
        .await
        .unwrap();
}

/// Ends the capture and reads the rest.
async fn finish(stream: &mut Stream, bytes: &mut Vec<u8>) {
    frame::write_frame(stream, Kind::Eof, &[]).await.unwrap();
    loop {
        let frame = frame::read_frame(stream).await.unwrap().unwrap();
        match frame.kind {
            Kind::Eof => return,
            _ => bytes.extend(frame.bytes),
        }
    }
}

fn code<T>(result: Result<T, ClientError>) -> String {
    match result {
        Err(ClientError::Refused(failure)) => failure.code,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

/// Runs one of Wireshark's programs on a stream.
fn wireshark(program: &str, words: &[&str], bytes: &[u8]) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, bytes).unwrap();
    let output = Command::new(program)
        .args(words)
        .arg(file.path())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; packaging/setup.sh test"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{words}");
    text
}

fn fields(bytes: &[u8], filter: &str, names: &[&str]) -> String {
    let mut words = vec!["-n", "-Y", filter, "-T", "fields"];
    words.extend(names.iter().flat_map(|name| ["-e", name]));
    wireshark("tshark", &[&words[..], &["-r"]].concat(), bytes)
}

#[tokio::test]
async fn packets_of_a_network_and_of_a_link_arrive_in_order() {
    let machine = Machine::ready(&spec(vec![
        node("one", 1),
        node("two", 2),
        node("three", 3),
    ]))
    .await;
    let mut lan = machine.done(&capture("lan", None)).await.unwrap();
    let mut link = machine.done(&capture("lan", Some("two"))).await.unwrap();
    let (mut all, mut some) = (Vec::new(), Vec::new());
    read_until(&mut lan, &mut all, b"lan").await;
    read_until(&mut link, &mut some, b"two:lan").await;

    // Unicast between two ports of the bridge, and between two that the third does not see.
    machine
        .ok("one", "ping -c 3 -i 0.1 -p 6f6e65 10.0.0.2")
        .await;
    machine
        .ok("one", "ping -c 2 -i 0.1 -p 746872 10.0.0.3")
        .await;
    read_until(&mut lan, &mut all, b"thrthrthr").await;
    read_until(&mut link, &mut some, b"oneoneone").await;
    finish(&mut lan, &mut all).await;
    finish(&mut link, &mut some).await;

    let names = ["ip.src", "ip.dst", "icmp.type", "icmp.seq"];
    let pings = fields(&all, "icmp", &names);
    let pair = |to: u8, seq: u8| {
        format!("10.0.0.1\t10.0.0.{to}\t8\t{seq}\n10.0.0.{to}\t10.0.0.1\t0\t{seq}\n")
    };
    let expected = [pair(2, 1), pair(2, 2), pair(2, 3), pair(3, 1), pair(3, 2)].concat();
    assert_eq!(pings, expected);
    assert_eq!(
        fields(&some, "icmp", &names),
        expected[..pair(2, 1).len() * 3]
    );
    assert_eq!(fields(&all, "frame.time_delta < 0", &["frame.number"]), "");
    assert_eq!(
        fields(&all, "ip.checksum.status == 0", &["frame.number"]),
        ""
    );

    let about = wireshark("capinfos", &["-M"], &all);
    for line in [
        "Name = lan",
        "Time resolution = 0x09",
        "Number of packets =",
    ] {
        assert!(about.contains(line), "{line}: {about}");
    }
    let wrong = machine.client.open(&capture("wan", None)).await;
    assert_eq!(code(wrong), "failed");
    let wrong = machine.client.open(&capture("lan", Some("ghost"))).await;
    assert_eq!(code(wrong), "unknown_node");
}

#[tokio::test]
async fn a_slow_reader_loses_packets_and_is_told_how_many() {
    let machine = Machine::ready(&spec(vec![node("one", 1), node("two", 2)])).await;
    let mut lan = machine.done(&capture("lan", None)).await.unwrap();
    let mut bytes = Vec::new();
    read_until(&mut lan, &mut bytes, b"lan").await;
    // More than window, queue and batch can hold, and nobody reads.
    machine
        .ok("one", "ping -q -f -c 8000 -s 1400 10.0.0.2 >/dev/null")
        .await;
    finish(&mut lan, &mut bytes).await;
    let seen = fields(&bytes, "icmp", &["frame.number"]).lines().count();
    let statistics = &bytes[bytes.len() - 40..];
    let number = |at: usize| u64::from_le_bytes(statistics[at..at + 8].try_into().unwrap());
    // Its last block: received, dropped, no more options, length.
    let (passed, dropped) = (number(12), number(24));
    assert!(passed >= 16_000, "{passed}");
    assert!(dropped > 0);
    assert!(
        seen as u64 + dropped <= passed,
        "{seen} + {dropped}, {passed}"
    );
    assert!(
        seen as u64 + dropped + 64 >= passed,
        "{seen} + {dropped}, {passed}"
    );
}

#[tokio::test]
async fn captures_are_bounded_and_a_tag_is_where_it_was() {
    let machine = Machine::ready(&spec(vec![node("one", 1), node("two", 2)])).await;
    let mut open = Vec::new();
    for _ in 0..MAX_CAPTURES {
        open.push(machine.done(&capture("lan", None)).await.unwrap());
    }
    assert_eq!(
        code(machine.client.open(&capture("lan", None)).await),
        "limit"
    );
    drop(open);
    let mut lan = loop {
        match machine.client.open(&capture("lan", None)).await {
            Ok((_, stream)) => break stream,
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    let mut bytes = Vec::new();
    read_until(&mut lan, &mut bytes, b"lan").await;
    // This kernel may have no VLAN links: a frame as it is, to a node that is not there.
    let tagged = r#"socket(S, 17, 3, 0) or die; open(I, "/sys/class/net/eth0/ifindex"); $i = <I>;
        $frame = "\x02\0\0\0\0\x09" . "\x02\0\0\0\0\x01" . pack("nnn", 0x8100, 0x2007, 0x0806);
        $frame .= pack("nnCCn", 1, 0x0800, 6, 4, 1) . "\0" x 20 . "tagtagtag";
        send(S, $frame, 0, pack("SnlSCCa8", 17, 0x8100, $i, 0, 0, 6, "")) or die"#;
    machine.ok("one", &format!("perl -e '{tagged}'")).await;
    read_until(&mut lan, &mut bytes, b"tagtagtag").await;
    finish(&mut lan, &mut bytes).await;
    let seen = fields(&bytes, "arp", &["vlan.id", "vlan.priority", "frame.len"]);
    assert_eq!(seen, "7\t1\t55\n");

    // A pulled cable is put back, and the capture goes on; with its node the link goes for good.
    let mut link = machine.done(&capture("lan", Some("two"))).await.unwrap();
    let pull = |up| Open::Link {
        node: name("two"),
        network: "lan".to_owned(),
        up,
    };
    machine.done(&pull(false)).await.unwrap();
    machine.done(&pull(true)).await.unwrap();
    let mut bytes = Vec::new();
    machine.ok("one", "ping -c 1 -p 62616b 10.0.0.2").await;
    read_until(&mut link, &mut bytes, b"bakbakbak").await;
    machine
        .done(&Open::Reset {
            node: Some(name("two")),
        })
        .await
        .unwrap();
    let end = async {
        while let Ok(Some(frame)) = frame::read_frame(&mut link).await {
            assert_ne!(frame.kind, Kind::Eof)
        }
    };
    tokio::time::timeout(Duration::from_secs(5), end)
        .await
        .unwrap();
}
