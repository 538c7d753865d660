//! PID 1 as a learner's root would try to take it over.

use labwright_wire::Exit;

use crate::init_node::Node;

async fn refused(node: &Node, command: &str) {
    let (exit, text) = node.sh("", command).await;
    assert_ne!(exit, Exit::Code(0), "{command}: {text}");
}

#[tokio::test]
async fn its_memory_and_descriptors_cannot_be_opened() {
    let node = Node::start().await;
    for command in [
        "readlink /proc/1/fd/*",
        "cat /proc/1/fd/3",
        "cat /proc/1/environ | grep .",
        "cat /proc/1/maps | grep .",
        "head -c 1 /proc/1/mem",
        "ls /proc/1/map_files | grep .",
        "readlink /proc/1/exe",
        "readlink /proc/1/cwd",
        "cat /proc/1/stack | grep .",
        "cat /proc/1/syscall",
        "echo x > /proc/1/mem",
        "readlink /proc/1/task/1/fd/*",
    ] {
        refused(&node, command).await;
    }
}

#[tokio::test]
async fn it_cannot_be_traced() {
    let node = Node::start().await;
    let trace = "python3 -c 'import ctypes,os,sys\n\
        libc = ctypes.CDLL(None, use_errno=True)\n\
        for request in (16, 0x4206):\n\
        \x20   libc.ptrace(request, 1, None, None) == -1 or sys.exit(0)\n\
        PIDFD_OPEN, GETFD, READV = 434, 438, 310\n\
        pidfd = libc.syscall(PIDFD_OPEN, 1, 0)\n\
        assert pidfd >= 0\n\
        libc.syscall(GETFD, pidfd, 3, 0) == -1 or sys.exit(0)\n\
        sys.exit(7)'";
    let (exit, text) = node.sh("", trace).await;
    assert_eq!(exit, Exit::Code(7), "{text}");
}

#[tokio::test]
async fn it_cannot_be_killed_or_stopped() {
    let node = Node::start().await;
    for signal in 1..=64 {
        node.sh("", &format!("kill -{signal} 1")).await;
    }
    assert_eq!(node.ok("echo alive").await, "alive\n");
}

#[tokio::test]
async fn lost_capabilities_do_not_come_back() {
    let node = Node::start().await;
    // A program with file capabilities gets only what the bounding set still has; `cat` stands
    // for anything that the learner's root may give CAP_SYS_PTRACE and CAP_WAKE_ALARM to.
    let give = "cp /bin/cat /mnt/cat && python3 -c 'import os, struct\n\
        os.setxattr(\"/mnt/cat\", \"security.capability\", \
        struct.pack(\"<IIIII\", 0x2000001, 1 << 19, 0, 1 << 3, 0))'";
    node.ok(give).await;
    for user in ["", "nobody"] {
        let (_, text) = node
            .sh(user, "/mnt/cat /proc/self/status | grep CapPrm")
            .await;
        let (_, bits) = text.split_once("CapPrm:\t").unwrap_or(("", "0"));
        assert_eq!(
            u64::from_str_radix(bits.trim(), 16).unwrap() & (1 << 19 | 1 << 35),
            0
        );
    }
}

#[tokio::test]
async fn no_child_has_its_socket() {
    let node = Node::start().await;
    let (_, text) = node
        .sh("", "sleep 0.1 & ls -l /proc/[0-9]*/fd 2>/dev/null")
        .await;
    assert!(text.contains("pipe:"), "{text}");
    assert!(!text.contains("socket:"), "{text}");
}
