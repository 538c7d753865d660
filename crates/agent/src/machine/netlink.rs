//! rtnetlink, as much of it as a lab's network needs: one blocking socket, requests in batches.
//!
//! It speaks the protocol of rtnetlink(7) and knows no lab. Blocking, because every request is
//! answered before sendmsg(2) returns, and because a socket belongs to the network namespace of
//! the thread that opened it.

use std::ffi::c_int;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with,
};

use super::kernel;

/// Longest answer that is read at once; an acknowledgement repeats the request.
const ANSWER_BYTES: usize = 16 * 1024;
const HEADER_BYTES: usize = 16;

/// A socket in the network namespace of the thread that opened it.
pub struct Netlink {
    socket: OwnedFd,
    sequence: u32,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct NetlinkError {
    /// What was asked for.
    pub what: String,
    /// The kernel's answer.
    #[source]
    pub source: io::Error,
}

impl Netlink {
    /// Opens a socket in the calling thread's network namespace.
    pub fn open() -> io::Result<Self> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            None, // NETLINK_ROUTE is protocol 0.
        )?;
        kernel::explain_errors(socket.as_fd());
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Sends requests one after the other and stops at the first that fails.
    pub fn run(&mut self, requests: Vec<Request>) -> Result<(), NetlinkError> {
        for request in requests {
            let Request { bytes, what } = request;
            self.exchange(bytes)
                .map_err(|source| NetlinkError { what, source })?;
        }
        Ok(())
    }

    fn exchange(&mut self, mut bytes: Vec<u8>) -> io::Result<()> {
        self.sequence += 1;
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        overwrite(&mut bytes, 0, &length.to_ne_bytes());
        overwrite(&mut bytes, 8, &self.sequence.to_ne_bytes());
        let kernel = SocketAddrNetlink::new(0, 0);
        sendto(&self.socket, &bytes, SendFlags::empty(), &kernel)?;
        let mut answer = vec![0; ANSWER_BYTES];
        loop {
            let (_, length) = recv(&self.socket, answer.as_mut_slice(), RecvFlags::empty())?;
            let header = answer.get(..length).unwrap_or_default();
            let kind = number(header, 4).map(|word| word as u16);
            if number(header, 8) != Some(self.sequence) || kind != Some(libc::NLMSG_ERROR as u16) {
                continue;
            }
            let code = number(header, HEADER_BYTES).unwrap_or_default() as i32;
            return match code {
                0 => Ok(()),
                code => Err(explained(io::Error::from_raw_os_error(-code), header)),
            };
        }
    }
}

/// Where the explanation of an error begins: after two headers and the error number.
const EXPLANATION: usize = 2 * HEADER_BYTES + 4;
const NLMSGERR_ATTR_MSG: u32 = 1;

/// Adds the kernel's words, when it gave any as the first attribute.
fn explained(error: io::Error, answer: &[u8]) -> io::Error {
    let Some(header) = number(answer, EXPLANATION) else {
        return error;
    };
    let (length, kind) = ((header & 0xFFFF) as usize, header >> 16);
    let (length, kind) = if cfg!(target_endian = "little") {
        (length, kind)
    } else {
        (kind as usize, length as u32)
    };
    let words = answer.get(EXPLANATION + 4..EXPLANATION + length.max(4));
    match (kind, words) {
        (NLMSGERR_ATTR_MSG, Some(words)) => {
            let words = String::from_utf8_lossy(words);
            let words = words.trim_end_matches('\0');
            io::Error::new(error.kind(), format!("{error}: {words}"))
        }
        _ => error,
    }
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    if let Some(target) = bytes.get_mut(at..at + with.len()) {
        target.copy_from_slice(with);
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_ne_bytes(word))
}

/// One request, built up front to back.
pub struct Request {
    bytes: Vec<u8>,
    what: String,
}

impl Request {
    /// A request of message type `kind`; `flags` beyond REQUEST and ACK. `what` says in an error
    /// what was asked for.
    pub fn new(kind: u16, flags: c_int, what: impl Into<String>) -> Self {
        let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK | flags) as u16;
        let mut bytes = vec![0; HEADER_BYTES];
        overwrite(&mut bytes, 4, &kind.to_ne_bytes());
        overwrite(&mut bytes, 6, &flags.to_ne_bytes());
        Self {
            bytes,
            what: what.into(),
        }
    }

    /// Appends a fixed part, padded.
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self.pad();
        self
    }

    /// Appends an attribute.
    pub fn attribute(self, kind: u16, payload: &[u8]) -> Self {
        self.nested(kind, |mut request| {
            // The padding after it is not part of its length.
            request.bytes.extend_from_slice(payload);
            request
        })
    }

    /// Appends a string attribute, NUL-terminated.
    pub fn text(self, kind: u16, text: &str) -> Self {
        let mut payload = text.as_bytes().to_vec();
        payload.push(0);
        self.attribute(kind, &payload)
    }

    /// Appends a number attribute.
    pub fn number(self, kind: u16, value: u32) -> Self {
        self.attribute(kind, &value.to_ne_bytes())
    }

    /// Appends an attribute whose payload `fill` appends.
    pub fn nested(mut self, kind: u16, fill: impl FnOnce(Self) -> Self) -> Self {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 2]);
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        let mut request = fill(self);
        let length = (request.bytes.len() - at) as u16;
        overwrite(&mut request.bytes, at, &length.to_ne_bytes());
        request.pad();
        request
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

const CREATE: c_int = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
const IFF_UP: u32 = libc::IFF_UP as u32;
const VETH_INFO_PEER: u16 = 1;
const IFLA_BR_FORWARD_DELAY: u16 = 1;
const IFLA_BR_STP_STATE: u16 = 5;
const IFLA_BR_GROUP_FWD_MASK: u16 = 9;
const IFLA_BR_MCAST_SNOOPING: u16 = 23;
const IFLA_BR_NF_CALLS: [u16; 3] = [36, 37, 38];
const IFLA_BR_FDB_MAX_LEARNED: u16 = 49;
/// Addresses that a bridge learns before it floods like a hub: a node that sends from a new
/// address with every packet must not fill the host's memory. Kernels before 6.7 ignore it.
const LEARNED_ADDRESSES: u32 = 4096;
/// Forward every reserved group address but the three that the kernel keeps for itself, as a
/// cable would: LLDP and 802.1X labs need it.
const FORWARD_ALL_GROUPS: u16 = 0xFFF8;

fn link_header(index: u32, flags: u32, change: u32) -> [u8; 16] {
    let mut header = [0; 16];
    overwrite(&mut header, 4, &index.to_ne_bytes());
    overwrite(&mut header, 8, &flags.to_ne_bytes());
    overwrite(&mut header, 12, &change.to_ne_bytes());
    header
}

/// Makes a bridge that is up and behaves like a plain switch.
pub fn add_bridge(name: &str, index: u32) -> Request {
    Request::new(libc::RTM_NEWLINK, CREATE, format!("making bridge {name}"))
        .raw(&link_header(index, IFF_UP, IFF_UP))
        .text(libc::IFLA_IFNAME, name)
        .nested(libc::IFLA_LINKINFO, |info| {
            info.text(libc::IFLA_INFO_KIND, "bridge")
                .nested(libc::IFLA_INFO_DATA, |data| {
                    let data = data
                        .number(IFLA_BR_FORWARD_DELAY, 0)
                        .number(IFLA_BR_STP_STATE, 0)
                        .attribute(IFLA_BR_GROUP_FWD_MASK, &FORWARD_ALL_GROUPS.to_ne_bytes())
                        .attribute(IFLA_BR_MCAST_SNOOPING, &[0])
                        .number(IFLA_BR_FDB_MAX_LEARNED, LEARNED_ADDRESSES);
                    // The host's packet filters are not asked about a lab's frames.
                    IFLA_BR_NF_CALLS
                        .into_iter()
                        .fold(data, |data, call| data.attribute(call, &[0]))
                })
        })
}

/// Makes a cable from a port of bridge `master` to `peer` in the network namespace of `pid`.
pub fn add_cable(port: &str, master: u32, peer: &str, mac: [u8; 6], pid: i32) -> Request {
    Request::new(libc::RTM_NEWLINK, CREATE, format!("making link {port}"))
        .raw(&link_header(0, IFF_UP, IFF_UP))
        .text(libc::IFLA_IFNAME, port)
        .number(libc::IFLA_MASTER, master)
        .nested(libc::IFLA_LINKINFO, |info| {
            info.text(libc::IFLA_INFO_KIND, "veth")
                .nested(libc::IFLA_INFO_DATA, |data| {
                    data.nested(VETH_INFO_PEER, |end| {
                        end.raw(&link_header(0, 0, 0))
                            .text(libc::IFLA_IFNAME, peer)
                            .attribute(libc::IFLA_ADDRESS, &mac)
                            .number(libc::IFLA_NET_NS_PID, pid as u32)
                    })
                })
        })
}

/// Takes a link away, and the other end of its cable.
pub fn delete_link(name: &str) -> Request {
    Request::new(libc::RTM_DELLINK, 0, format!("removing link {name}"))
        .raw(&link_header(0, 0, 0))
        .text(libc::IFLA_IFNAME, name)
}

/// Sets a link up or down.
pub fn set_up(index: u32, name: &str, up: bool) -> Request {
    let word = if up { "up" } else { "down" };
    let flags = if up { IFF_UP } else { 0 };
    Request::new(libc::RTM_NEWLINK, 0, format!("setting link {name} {word}"))
        .raw(&link_header(index, flags, IFF_UP))
}

/// Adds an address; IPv6 without duplicate-address detection.
pub fn add_address(index: u32, address: IpAddr, prefix: u8) -> Request {
    let (family, bytes) = family(address);
    let mut header = [0; 8];
    overwrite(&mut header, 0, &[family, prefix, libc::IFA_F_NODAD as u8]);
    overwrite(&mut header, 4, &index.to_ne_bytes());
    let what = format!("adding address {address}/{prefix}");
    let request = Request::new(libc::RTM_NEWADDR, CREATE, what)
        .raw(&header)
        .attribute(libc::IFA_LOCAL, &bytes)
        .attribute(libc::IFA_ADDRESS, &bytes);
    match broadcast(address, prefix) {
        Some(broadcast) => request.attribute(libc::IFA_BROADCAST, &broadcast),
        None => request,
    }
}

fn broadcast(address: IpAddr, prefix: u8) -> Option<[u8; 4]> {
    match address {
        IpAddr::V4(v4) if prefix < 31 => {
            let host = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or_default();
            Some((u32::from(v4) | host).to_be_bytes())
        }
        _ => None,
    }
}

/// Adds a route; without `to`, the default route.
pub fn add_route(to: Option<(IpAddr, u8)>, via: IpAddr) -> Request {
    let (family, gateway) = family(via);
    let prefix = to.map_or(0, |(_, prefix)| prefix);
    let name = to.map_or("default".to_owned(), |(to, prefix)| {
        format!("{to}/{prefix}")
    });
    let what = format!("adding route {name} via {via}");
    let header = [
        family,
        prefix,
        0,
        0,
        libc::RT_TABLE_MAIN,
        libc::RTPROT_BOOT,
        libc::RT_SCOPE_UNIVERSE,
        libc::RTN_UNICAST,
        0,
        0,
        0,
        0,
    ];
    let request = Request::new(libc::RTM_NEWROUTE, CREATE, what).raw(&header);
    let request = match to {
        Some((to, _)) => request.attribute(libc::RTA_DST, &self::family(to).1),
        None => request,
    };
    request.attribute(libc::RTA_GATEWAY, &gateway)
}

fn family(address: IpAddr) -> (u8, Vec<u8>) {
    match address {
        IpAddr::V4(v4) => (libc::AF_INET as u8, v4.octets().to_vec()),
        IpAddr::V6(v6) => (libc::AF_INET6 as u8, v6.octets().to_vec()),
    }
}
