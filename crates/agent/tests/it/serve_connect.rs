//! Connections into nodes: made inside, to that node alone, bounded, ended by either side.

use std::time::Duration;

use labwright_wire::limits::MAX_CONNECTIONS;
use labwright_wire::{Open, Pipe, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::machine::{Machine, name, node, spec};
use crate::serve_peer::code;

fn connect(node: &str, port: u16) -> Open {
    Open::Connect {
        node: name(node),
        port,
    }
}

/// Starts a server in a node that greets every connection with `word`, echoes what comes, and says
/// goodbye at its end. It listens when this returns.
async fn listen(machine: &Machine, node: &str, address: &str, port: u16, word: &str) {
    let program = format!(
        r#"use IO::Socket::IP; $SIG{{CHLD}} = "IGNORE";
        $s = IO::Socket::IP->new(LocalHost => "{address}", LocalPort => {port}, Listen => 64, ReuseAddr => 1) or die $@;
        if (fork) {{ exit }} close STDOUT; close STDERR;
        while ($c = $s->accept) {{ if (fork) {{ close $c; next }} $c->autoflush(1); print $c "{word} ";
            while (sysread $c, $b, 65536) {{ syswrite $c, $b }} print $c " bye"; exit }}"#
    );
    machine.ok(node, &format!("perl -e '{program}'")).await;
}

async fn open(machine: &Machine, node: &str, port: u16) -> Pipe<Stream> {
    Pipe::new(machine.done(&connect(node, port)).await.unwrap())
}

/// Says something, ends its side, and reads to the other's end.
async fn talk(mut pipe: Pipe<Stream>, words: &str) -> String {
    pipe.write_all(words.as_bytes()).await.unwrap();
    pipe.shutdown().await.unwrap();
    let mut heard = String::new();
    let read = pipe.read_to_string(&mut heard);
    let read = tokio::time::timeout(Duration::from_secs(30), read).await;
    read.expect("an end").unwrap();
    heard
}

#[tokio::test]
async fn a_connection_goes_to_its_node_and_ends_by_halves() {
    let machine = Machine::ready(&spec(vec![node("one", 1), node("two", 2)])).await;
    listen(&machine, "one", "127.0.0.1", 80, "one").await;
    listen(&machine, "two", "127.0.0.1", 80, "two").await;
    listen(&machine, "one", "10.0.0.1", 81, "own").await;
    listen(&machine, "one", "::1", 82, "six").await;
    listen(&machine, "one", "fd00::1", 83, "own six").await;
    for (to, port, word) in [
        ("one", 80, "one"),
        ("two", 80, "two"),
        ("one", 81, "own"),
        ("one", 82, "six"),
        ("one", 83, "own six"),
    ] {
        let heard = talk(open(&machine, to, port).await, "hello").await;
        assert_eq!(heard, format!("{word} hello bye"), "{to} {port}");
    }
    // Of the other node, or of nobody.
    for (to, port) in [("two", 81), ("two", 82), ("one", 84), ("one", 0)] {
        assert_eq!(code(machine.done(&connect(to, port)).await), "refused");
    }
    let unknown = machine.done(&connect("three", 80)).await;
    assert_eq!(code(unknown), "unknown_node");

    // An address that the node gave up is not connected to, wherever it is now.
    listen(&machine, "two", "0.0.0.0", 85, "stolen").await;
    machine.ok("one", "ip addr del 10.0.0.1/24 dev eth0").await;
    machine.ok("two", "ip addr add 10.0.0.1/24 dev eth0").await;
    machine.ok("one", "ip addr add 10.0.0.7/24 dev eth0").await;
    assert_eq!(code(machine.done(&connect("one", 85)).await), "refused");
}

#[tokio::test]
async fn much_passes_and_a_reader_that_stalls_holds_it_back() {
    const BYTES: usize = 20 << 20;
    let machine = Machine::ready(&spec(vec![node("one", 1)])).await;
    listen(&machine, "one", "127.0.0.1", 80, "").await;
    let pipe = open(&machine, "one", 80).await;
    let (mut read, mut write) = tokio::io::split(pipe);
    let block = vec![b'x'; 1 << 20];
    // Nobody reads: the echo fills every buffer on the way, and then nothing moves.
    let mut sent = 0;
    while let Ok(written) = tokio::time::timeout(Duration::from_secs(2), write.write(&block)).await
    {
        sent += written.unwrap();
        assert!(sent < BYTES, "{sent} bytes went nowhere");
    }
    let rest = async {
        while sent < BYTES {
            sent += write.write(&block).await.unwrap();
        }
        write.shutdown().await.unwrap();
        sent
    };
    let drain = async {
        let mut heard = Vec::new();
        read.read_to_end(&mut heard).await.unwrap();
        heard.len()
    };
    let both = async { tokio::join!(rest, drain) };
    let both = tokio::time::timeout(Duration::from_secs(60), both).await;
    let (sent, heard) = both.expect("an end");
    assert_eq!(heard, sent + "  bye".len());
}

#[tokio::test]
async fn connections_are_bounded_and_closed_with_their_streams() {
    let machine = Machine::ready(&spec(vec![node("one", 1)])).await;
    listen(&machine, "one", "127.0.0.1", 80, "one").await;
    let mut held = Vec::new();
    for _ in 0..MAX_CONNECTIONS {
        held.push(open(&machine, "one", 80).await);
    }
    assert_eq!(code(machine.done(&connect("one", 80)).await), "limit");
    // The rest of the machine has room.
    machine.ok("one", "true").await;
    drop(held);
    let open = async {
        while machine.done(&connect("one", 80)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // PID 1's program cannot be read.
        let count = "ls -l /proc/[0-9]*/exe 2>/dev/null | grep -c perl";
        while machine.ok("one", count).await.trim() != "1" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), open)
        .await
        .expect("the connections ended with their streams");
}
