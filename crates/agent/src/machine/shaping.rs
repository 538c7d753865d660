//! Shaping as traffic control requests (tc-tbf(8), tc-netem(8)): one token bucket for `rate`, one
//! netem for `delay`, `jitter` and `loss` where the kernel has it.

use std::io;

use labwright_model::Shaping;

use super::netlink::{Netlink, Request};

const TC_H_ROOT: u32 = 0xFFFF_FFFF;
const NETEM_HANDLE: u32 = 0x0001_0000;
const TBF_HANDLE: u32 = 0x0002_0000;
const TCA_TBF_PARMS: u16 = 1;
const TCA_TBF_RATE64: u16 = 4;
const TCA_TBF_BURST: u16 = 6;
const TCA_NETEM_LATENCY64: u16 = 10;
const TCA_NETEM_JITTER64: u16 = 11;
const TC_LINKLAYER_ETHERNET: u8 = 1;
/// Packets that netem holds: 100 Mbit/s at one second of delay.
const NETEM_PACKETS: u32 = 10_000;
/// A bucket holds this share of a second, and never less than two full frames.
const BURST_PER_SECOND: u64 = 250;
const BURST_MIN_BYTES: u64 = 2 * 1600;
/// What waits longer than this share of a second is dropped, as a router would.
const QUEUE_PER_SECOND: u64 = 20;
const QUEUE_MIN_BYTES: u64 = 32 * 1024;

/// Whether the kernel can delay and lose packets. Asks it to, on the loopback of the calling
/// thread's namespace.
pub fn has_netem() -> io::Result<bool> {
    let trial = Shaping {
        delay_us: 1,
        ..Shaping::default()
    };
    let mut netlink = Netlink::open()?;
    let found = netlink.run(vec![netem(1, "lo", &trial)]).is_ok();
    if found {
        let _ = netlink.run(vec![delete(1, "lo")]);
    }
    Ok(found)
}

/// Whether it needs netem.
pub fn needs_netem(shaping: &Shaping) -> bool {
    shaping.delay_us > 0 || shaping.jitter_us > 0 || shaping.loss > 0.0
}

/// What makes the link `index` send as `shaping` says, on one without shaping.
pub fn requests(index: u32, name: &str, shaping: &Shaping) -> Vec<Request> {
    let mut requests = Vec::new();
    let mut parent = TC_H_ROOT;
    if needs_netem(shaping) {
        requests.push(netem(index, name, shaping));
        parent = NETEM_HANDLE | 1;
    }
    if shaping.rate_bps > 0 {
        requests.push(tbf(index, name, parent, shaping.rate_bps / 8));
    }
    requests
}

/// Takes the shaping of a link away; fails when there is none.
pub fn delete(index: u32, name: &str) -> Request {
    let what = format!("removing the shaping of {name}");
    Request::new(libc::RTM_DELQDISC, 0, what).raw(&header(index, 0, TC_H_ROOT))
}

fn netem(index: u32, name: &str, shaping: &Shaping) -> Request {
    let loss = (shaping.loss.clamp(0.0, 1.0) * f64::from(u32::MAX)) as u32;
    let mut options = Vec::new();
    // struct tc_netem_qopt: latency, limit, loss, gap, duplicate, jitter. The two times are in
    // old units; their attributes in nanoseconds overrule them.
    for word in [0, NETEM_PACKETS, loss, 0, 0, 0] {
        options.extend_from_slice(&u32::to_ne_bytes(word));
    }
    qdisc(index, name, "netem", NETEM_HANDLE, TC_H_ROOT).nested(libc::TCA_OPTIONS, |request| {
        request
            .raw(&options)
            .attribute(TCA_NETEM_LATENCY64, &nanoseconds(shaping.delay_us))
            .attribute(TCA_NETEM_JITTER64, &nanoseconds(shaping.jitter_us))
    })
}

fn nanoseconds(microseconds: u64) -> [u8; 8] {
    microseconds.saturating_mul(1000).to_ne_bytes()
}

fn tbf(index: u32, name: &str, parent: u32, rate: u64) -> Request {
    let burst = (rate / BURST_PER_SECOND).max(BURST_MIN_BYTES);
    let limit = burst + (rate / QUEUE_PER_SECOND).max(QUEUE_MIN_BYTES);
    let short = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let mut options = Vec::new();
    // struct tc_tbf_qopt: two tc_ratespec (cell_log, linklayer, overhead, cell_align, mpu, rate),
    // limit, buffer, mtu. The second one, the peak rate, is not used.
    options.extend_from_slice(&[0, TC_LINKLAYER_ETHERNET, 0, 0, 0, 0, 0, 0]);
    options.extend_from_slice(&short(rate).to_ne_bytes());
    options.extend_from_slice(&[0; 12]);
    options.extend_from_slice(&short(limit).to_ne_bytes());
    options.extend_from_slice(&[0; 8]);
    qdisc(index, name, "tbf", TBF_HANDLE, parent).nested(libc::TCA_OPTIONS, |request| {
        let request = request
            .attribute(TCA_TBF_PARMS, &options)
            .number(TCA_TBF_BURST, short(burst));
        match u32::try_from(rate) {
            Ok(_) => request,
            Err(_) => request.attribute(TCA_TBF_RATE64, &rate.to_ne_bytes()),
        }
    })
}

fn qdisc(index: u32, name: &str, kind: &str, handle: u32, parent: u32) -> Request {
    let flags = libc::NLM_F_CREATE | libc::NLM_F_REPLACE;
    let what = format!("shaping link {name} by {kind}");
    Request::new(libc::RTM_NEWQDISC, flags, what)
        .raw(&header(index, handle, parent))
        .text(libc::TCA_KIND, kind)
}

/// struct tcmsg: family, padding, interface, handle, parent, info.
fn header(index: u32, handle: u32, parent: u32) -> [u8; 20] {
    let mut header = [0; 20];
    for (at, word) in [(4, index), (8, handle), (12, parent)] {
        if let Some(target) = header.get_mut(at..at + 4) {
            target.copy_from_slice(&word.to_ne_bytes());
        }
    }
    header
}
