//! What the kernel has for the whole host: a learner's root cannot use it up for root and for
//! other sessions.

use labwright_model::NodeSpec;
use rustix::fs::inotify;

use crate::machine::{Machine, node, spec};

/// Makes one system call, by its x86-64 number, until it fails; prints how often, and the error.
fn until_refused(call: &str, then: &str) -> String {
    format!(
        "perl -e '$| = 1; $b = \"\\0\" x 64; $n = 0; \
        $n++ while $n < 9999 && syscall({call}) >= 0; print $n, \" \", $!+0; {then}'"
    )
}

#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn watches_timers_and_signals_are_counted_for_the_session_alone() {
    const EAGAIN: &str = "11";
    const EMFILE: &str = "24";
    let hidden = NodeSpec {
        hidden: true,
        ..node("two", 2)
    };
    let machine = Machine::ready(&spec(vec![node("one", 1), hidden])).await;
    let hold = until_refused("253", "sleep 60");
    let hold = format!("ulimit -n 20000; ({hold} > /tmp/held &) ; sleep 2; cat /tmp/held");
    let held = machine.ok("one", &hold).await;
    assert_eq!(held.split(' ').nth(1), Some(EMFILE), "{held}");
    inotify::init(inotify::CreateFlags::CLOEXEC).expect("root's own watches");
    machine.ok("two", "perl -e 'exit(syscall(253) < 0)'").await;
    for node in ["one", "two"] {
        let timers = machine.ok(node, &until_refused("222, 1, 0, $b", "")).await;
        let (count, error) = timers.split_once(' ').unwrap();
        assert_eq!(error, EAGAIN, "{timers}");
        assert!(count.parse::<u32>().unwrap() <= 4096, "{timers}");
    }
}

#[cfg(target_arch = "x86_64")]
#[tokio::test]
async fn the_hosts_table_of_asynchronous_input_is_not_for_nodes() {
    let machine = Machine::ready(&spec(vec![node("one", 1)])).await;
    let enosys = "0 38";
    assert_eq!(
        machine.ok("one", &until_refused("206, 100, $b", "")).await,
        enosys
    );
}

#[tokio::test]
async fn bounds_of_uncounted_memory_stay() {
    let machine = Machine::ready(&spec(vec![node("one", 1)])).await;
    for bound in [
        "core/optmem_max",
        "ipv4/ipfrag_high_thresh",
        "ipv6/ip6frag_high_thresh",
    ] {
        let raise = format!("echo 2000000000 > /proc/sys/net/{bound}");
        machine.refused("one", &raise).await;
    }
    machine
        .ok("one", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        .await;
}
