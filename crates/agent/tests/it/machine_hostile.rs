//! What a learner's root may not do: out of its node, into PID 1, into the kernel.

use crate::machine::{Machine, node, spec};

async fn machine() -> Machine {
    Machine::ready(&spec(vec![node("one", 1), node("two", 2)])).await
}

#[tokio::test]
async fn nothing_is_mounted_and_no_namespace_made_or_entered() {
    let machine = machine().await;
    for command in [
        "mount -t tmpfs none /mnt",
        "mount --bind / /mnt",
        "mount -o remount,rw /proc/sys/kernel",
        "mount -t proc proc /mnt",
        "mount -t cgroup -o memory none /mnt",
        "mount -t cgroup2 none /mnt",
        "mount -t overlay -o lowerdir=/etc,upperdir=/tmp,workdir=/tmp none /mnt",
        "umount /proc/kcore",
        "umount -l /proc/sys/kernel",
        "umount -l /dev",
        "unshare -Ur true",
        "unshare -n true",
        "unshare -m true",
        "nsenter -t 1 -m true",
        "nsenter -t $$ -n true",
        "hostname other",
        "chroot /proc/1/root true",
    ] {
        machine.refused("one", command).await;
    }
}

#[tokio::test]
async fn no_device_and_no_kernel_setting() {
    let machine = machine().await;
    for command in [
        "mknod /tmp/disk b 254 0",
        "mknod /tmp/mem c 1 1",
        "mknod /tmp/null c 1 3 && echo x > /tmp/null",
        "cat /dev/vda",
        "cat /dev/kmsg",
        "cat /dev/mem",
        "cat /dev/loop0",
        "cat /dev/loop-control",
        "dmesg",
        "cat /proc/kcore | head -c 1 | grep -q .",
        "cat /proc/keys | grep -q .",
        "echo b > /proc/sysrq-trigger",
        "echo x > /proc/sys/kernel/core_pattern",
        "echo x > /proc/sys/kernel/modprobe",
        "echo 1 > /proc/sys/kernel/msgmax",
        "echo 1 > /proc/sys/vm/drop_caches",
        "echo 1 > /proc/sys/user/max_user_namespaces",
        "echo 1 > /proc/irq/default_smp_affinity",
        "echo x > /sys/kernel/uevent_helper",
        "echo 1 > /sys/class/net/eth0/mtu",
        "echo 0 > /sys/devices/system/cpu/cpu1/online",
        "date -s 2000-01-01",
        "swapoff -a && swapon /dev/vda",
        "echo -1000 > /proc/self/oom_score_adj",
        "ulimit -Hn 99999999",
    ] {
        machine.refused("one", command).await;
    }
}

/// System calls by x86-64 number, their arguments, and the error that each must give.
#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn the_kernels_sharp_edges_are_out_of_reach() {
    const EPERM: i32 = 1;
    const ENOSYS: i32 = 38;
    let machine = machine().await;
    for (call, arguments, error) in [
        ("clone(CLONE_NEWUSER)", "56, 0x10000011, 0, 0, 0, 0", ENOSYS),
        ("pivot_root", "155, 0, 0", EPERM),
        ("ptrace(ATTACH, 1)", "101, 16, 1, 0, 0", EPERM),
        ("ptrace(SEIZE, 1)", "101, 0x4206, 1, 0, 0", EPERM),
        ("syslog", "103, 2, 0, 0", EPERM),
        ("iopl", "172, 3", EPERM),
        ("init_module", "175, 0, 0, 0", EPERM),
        ("delete_module", "176, 0, 0", EPERM),
        ("reboot", "169, 0xfee1dead, 672274793, 0x4321fedc, 0", EPERM),
        ("quotactl", "179, 0, 0, 0, 0", EPERM),
        ("kexec_load", "246, 0, 0, 0, 0", EPERM),
        ("add_key", "248, 0, 0, 0, 0, 0", EPERM),
        ("request_key", "249, 0, 0, 0, 0", EPERM),
        ("keyctl", "250, 0, 0, 0, 0, 0", EPERM),
        ("unshare", "272, 0x10000000", EPERM),
        ("perf_event_open", "298, 0, 0, 0, 0, 0", EPERM),
        ("open_by_handle_at", "304, 0, 0, 0", EPERM),
        ("setns", "308, 0, 0", EPERM),
        ("finit_module", "313, 0, 0, 0", EPERM),
        ("bpf", "321, 0, 0, 0", EPERM),
        ("kcmp", "312, 1, 1, 0, 0, 0", EPERM),
        ("pidfd_getfd", "438, 0, 0, 0", EPERM),
        ("userfaultfd", "323, 0", EPERM),
        ("io_uring_setup", "425, 1, 0", ENOSYS),
        ("open_tree", "428, 0, 0, 0", EPERM),
        ("move_mount", "429, 0, 0, 0, 0, 0", EPERM),
        ("fsopen", "430, 0, 0", EPERM),
        ("fsmount", "432, 0, 0, 0", EPERM),
        ("clone3", "435, 0, 0", ENOSYS),
        ("mount_setattr", "442, 0, 0, 0, 0, 0", EPERM),
        ("socket(AF_ALG)", "41, 38, 5, 0", ENOSYS),
        ("socket(AF_VSOCK)", "41, 40, 1, 0", ENOSYS),
        ("a call of the future", "999, 0", ENOSYS),
    ] {
        let probe =
            format!("perl -e 'my $r = syscall({arguments}); print $r == -1 ? $!+0 : \"done\"'");
        assert_eq!(machine.ok("one", &probe).await, error.to_string(), "{call}");
    }
    // The same kernel by another door, x32: SIGSYS. The shell's own word of it goes elsewhere.
    let probe = "exec 2>/dev/null; perl -e 'syscall(0x40000027)'; echo $?";
    assert_eq!(machine.ok("one", probe).await.trim(), "159");
}

#[tokio::test]
async fn pid_1_is_not_the_learners() {
    let machine = machine().await;
    for command in [
        "readlink /proc/1/fd/*",
        "cat /proc/1/environ | grep -q .",
        "cat /proc/1/maps | grep -q .",
        "head -c 1 /proc/1/mem",
        "echo x > /proc/1/mem",
        "ls /proc/1/root/",
        "readlink /proc/1/exe",
        "readlink /proc/1/ns/mnt",
        "echo x > /dev/.labwright-init",
        "rm /dev/.labwright-init",
        "perl -e 'exit 1 if syscall(101, 16, 1, 0, 0) == -1'",
        "capsh --print 2>/dev/null | grep sys_ptrace || grep -q 'CapBnd:.*8' /proc/self/status && false",
    ] {
        machine.refused("one", command).await;
    }
    machine
        .sh("one", "for s in $(seq 1 64); do kill -$s 1; done")
        .await;
    machine.sh("one", "kill -9 -1").await;
    machine.ok("one", "true").await;
    let bounding = machine.ok("one", "grep CapBnd /proc/self/status").await;
    let bits = u64::from_str_radix(bounding.split_whitespace().last().unwrap(), 16).unwrap();
    // CHOWN to FSETID, KILL to SETPCAP, NET_BIND_SERVICE, NET_ADMIN, NET_RAW, SYS_CHROOT, SETFCAP.
    assert_eq!(bits, 0x8004_35fb, "{bits:x}");
}

#[tokio::test]
async fn the_host_and_other_nodes_are_not_there() {
    let machine = machine().await;
    let seen = machine
        .ok(
            "one",
            "cat /proc/mounts /proc/self/mountinfo /proc/self/cgroup",
        )
        .await;
    let folder = machine.folder.path().to_str().unwrap();
    for word in [folder, "labwright-test", "nodes/"] {
        assert!(!seen.contains(word), "{word} in {seen}");
    }
    let processes = machine.ok("one", "ls /proc | grep -c '^[0-9]'").await;
    assert!(processes.trim().parse::<u32>().unwrap() < 8, "{processes}");
    assert_eq!(machine.ok("one", "ip route").await.lines().count(), 1);
    machine
        .refused("one", "ls /sys/fs/cgroup | grep -q .")
        .await;
    machine
        .refused("one", "cat /proc/net/unix | grep -q labwright")
        .await;
    machine.ok("two", "echo secret > /tmp/secret").await;
    machine
        .refused("one", "grep -rq secret /tmp /var/tmp /run")
        .await;
    machine.refused("one", "ping -c1 -W1 1.1.1.1").await;
}

#[tokio::test]
async fn the_tools_that_labs_teach_with_work() {
    let machine = machine().await;
    machine.ok("one", "useradd -m pupil").await;
    for command in [
        "su pupil -c 'ping -c1 -W2 two'",
        "su pupil -c 'id -un' | grep -q pupil",
        "ip link add br0 type bridge && ip link del br0",
        "ip addr add 10.9.9.9/32 dev lo",
        "ip link set eth0 down && ip link set eth0 up",
        "chroot / true",
        "mkfifo /tmp/pipe",
        "nice -n 5 true",
        "chown pupil /tmp/pipe",
        "sh -c 'ulimit -n 2048'",
    ] {
        machine.ok("one", command).await;
    }
}

#[tokio::test]
async fn the_agent_keeps_what_it_needs() {
    let machine = machine().await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", machine.agent_pid())).unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    };
    assert_eq!(field("Seccomp:"), "2");
    for name in ["CapPrm:", "CapEff:", "CapBnd:"] {
        let bits = u64::from_str_radix(&field(name), 16).unwrap();
        // DAC_READ_SEARCH, LINUX_IMMUTABLE, SYS_MODULE, SYS_RAWIO, SYS_BOOT, SYS_TIME, MKNOD, SYSLOG, BPF.
        for number in [2, 9, 16, 17, 22, 25, 27, 34, 39] {
            assert_eq!(bits >> number & 1, 0, "{name} {bits:x} has {number}");
        }
    }
    // What it gave up is not needed to start a node again.
    machine
        .done(&labwright_wire::Open::Reset { node: None })
        .await
        .unwrap();
    machine.ok("one", "true").await;
}

#[tokio::test]
async fn shared_tables_of_the_kernel_are_bounded() {
    let machine = machine().await;
    let terminals =
        "perl -e 'for (1..400) { open $f[$_], \"+<\", \"/dev/ptmx\" or last; $n++ } print $n'";
    assert_eq!(machine.ok("one", terminals).await, "256");
    // A flood from new addresses: the bridge learns so many and no more.
    let flood = "perl -MSocket -e 'socket $s, 17, 3, 0x300; $i = unpack \"I\", \
        pack \"I\", `cat /sys/class/net/eth0/ifindex`; \
        $to = pack \"SnIx12\", 17, 0x88b5, $i; \
        for (1..20000) { send $s, pack(\"H12 a2 N\", \"ffffffffffff\", \"\\x02\\x00\", $_) . \
        pack(\"n\", 0x88b5) . \"x\" x 46, 0, $to or die $! }'";
    machine.ok("one", flood).await;
    let pid = machine.agent_pid().to_string();
    let bridge = std::process::Command::new("nsenter")
        .args(["-t", &pid, "-n", "bridge", "fdb", "show", "br", "net0"])
        .output()
        .unwrap();
    let learned = String::from_utf8_lossy(&bridge.stdout).lines().count();
    assert!((1000..5000).contains(&learned), "{learned}");
}
