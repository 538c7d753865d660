//! A packet socket (packet(7)): every frame that passes one of the machine's links or bridges.
//!
//! What waits to be read is the kernel's, up to [`QUEUE_BYTES`]; beyond that it drops frames and
//! counts them. So a slow reader costs frames, not memory, and never holds up traffic. `unsafe` is
//! here, and nowhere else on the machine side but in `kernel`. It knows no file format.

use std::ffi::{c_int, c_void};
use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::kernel;

/// Bytes of frames that wait in the kernel for the reader.
const QUEUE_BYTES: c_int = 4 * 1024 * 1024;
/// `SO_TIMESTAMPNS_NEW` of asm-generic/socket.h: 64-bit times on every architecture.
const TIMESTAMPS: c_int = 64;
/// A destination and a source address stand before a frame's VLAN tag (IEEE 802.1Q §9.3).
const ADDRESSES_BYTES: usize = 12;
/// A VLAN tag.
const TAG_BYTES: usize = 4;
/// EtherType of a VLAN tag that names none.
const DEFAULT_TAG: u16 = 0x8100;

/// That the interface is gone or down is told as an error.
const READINESS: Interest = Interest::READABLE.add(Interest::ERROR);

/// An open capture.
pub struct Packets {
    socket: AsyncFd<OwnedFd>,
    interface: String,
    index: u32,
    buffer: Vec<u8>,
    captured: u64,
    dropped: u64,
}

/// One frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// When it passed, since 1970.
    pub at: Duration,
    /// Its length on the wire, in bytes.
    pub length: usize,
    /// Its first bytes, up to the capture's snap length.
    pub bytes: &'a [u8],
}

/// What a capture has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames that passed, also those that were dropped.
    pub passed: u64,
    /// Frames that the reader was too slow for.
    pub dropped: u64,
}

impl Packets {
    /// Captures on an interface of the calling thread's network namespace: at most `snap` bytes of
    /// each frame. Call it on a tokio runtime.
    pub fn open(interface: &str, snap: usize) -> io::Result<Self> {
        let index = kernel::interface_index(interface)?;
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // No protocol yet, so that nothing of other interfaces comes in before it is bound.
        // SAFETY: no pointers are passed.
        let number = checked(unsafe { libc::socket(libc::AF_PACKET, kind, 0) })?;
        // SAFETY: the kernel has just made this descriptor for us alone.
        let socket = unsafe { OwnedFd::from_raw_fd(number) };
        let on: c_int = 1;
        set(
            &socket,
            libc::SOL_SOCKET,
            libc::SO_RCVBUFFORCE,
            &QUEUE_BYTES,
        )?;
        set(&socket, libc::SOL_SOCKET, TIMESTAMPS, &on)?;
        set(&socket, libc::SOL_PACKET, libc::PACKET_AUXDATA, &on)?;
        let every = libc::packet_mreq {
            mr_ifindex: index as c_int,
            mr_type: libc::PACKET_MR_PROMISC as u16,
            mr_alen: 0,
            mr_address: [0; 8],
        };
        set(
            &socket,
            libc::SOL_PACKET,
            libc::PACKET_ADD_MEMBERSHIP,
            &every,
        )?;
        bind(&socket, index)?;
        Ok(Self {
            // SAFETY: the `AsyncFd` owns the descriptor, and `OwnedFd` gives the same one each time.
            socket: unsafe { AsyncFd::register_with_interest(socket, READINESS) }
                .map_err(io::Error::from)?,
            interface: interface.to_owned(),
            index,
            // The tag that the kernel took out is put back in front of the rest.
            buffer: vec![0; snap.max(ADDRESSES_BYTES) + TAG_BYTES],
            captured: 0,
            dropped: 0,
        })
    }

    /// Waits for frames, and gives each that is there to `take` until it wants no more.
    ///
    /// Fails when the interface is gone; what it had seen before has been given then.
    pub async fn read(&mut self, mut take: impl FnMut(Packet<'_>) -> bool) -> io::Result<()> {
        loop {
            let mut ready = self.socket.ready(READINESS).await?;
            let mut some = false;
            loop {
                let buffer = &mut self.buffer;
                match ready.try_io(|socket| receive(socket.get_ref(), buffer)) {
                    Ok(Ok((at, length, kept))) => {
                        some = true;
                        let bytes = buffer.get(..kept).unwrap_or_default();
                        if !take(Packet { at, length, bytes }) {
                            return Ok(());
                        }
                    }
                    Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                    // A pulled cable: it may be put back.
                    Ok(Err(error))
                        if error.kind() == io::ErrorKind::NetworkDown && self.exists() => {}
                    Ok(Err(error)) => return Err(error),
                    Err(_would_block) => break,
                }
            }
            if some {
                return Ok(());
            }
        }
    }

    fn exists(&self) -> bool {
        kernel::interface_index(&self.interface).is_ok_and(|index| index == self.index)
    }

    /// What it has seen so far.
    pub fn counts(&mut self) -> Counts {
        // SAFETY: it consists of integers, for which zero is a value.
        let mut news: libc::tpacket_stats = unsafe { zeroed() };
        let mut length = size_of::<libc::tpacket_stats>() as libc::socklen_t;
        // SAFETY: the kernel writes at most `length` bytes, which `news` has; both outlive the call.
        let got = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut news).cast(),
                &raw mut length,
            )
        };
        // Reading them sets them to nothing.
        if got == 0 {
            self.captured += u64::from(news.tp_packets);
            self.dropped += u64::from(news.tp_drops);
        }
        Counts {
            passed: self.captured,
            dropped: self.dropped,
        }
    }
}

fn bind(socket: &OwnedFd, index: u32) -> io::Result<()> {
    // SAFETY: it consists of integers, for which zero is a value.
    let mut address: libc::sockaddr_ll = unsafe { zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = index as c_int;
    let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: `address` is a link-layer address of this length and outlives the call.
    let bound = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) };
    checked(bound).map(drop)
}

fn set<T>(socket: &OwnedFd, level: c_int, name: c_int, value: &T) -> io::Result<()> {
    let length = size_of::<T>() as libc::socklen_t;
    let value: *const T = value;
    // SAFETY: the callers pass plain C values of the option's type; `value` outlives the call.
    let done = unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, value.cast(), length) };
    checked(done).map(drop)
}

/// Room for the two control messages that are asked for, aligned as they need it.
#[repr(align(8))]
struct Control([u8; 128]);

/// Takes one frame into the buffer: its time, its length on the wire and its bytes there.
fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> io::Result<(Duration, usize, usize)> {
    let room = buffer.len().saturating_sub(TAG_BYTES);
    let mut control = Control([0; 128]);
    let mut part = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast::<c_void>(),
        iov_len: room,
    };
    // SAFETY: it consists of integers and pointers, for which zero is a value.
    let mut message: libc::msghdr = unsafe { zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = control.0.len() as _;
    // SAFETY: the message names one buffer and room for control messages, with their lengths;
    // both outlive the call. MSG_TRUNC makes the answer the frame's whole length.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_TRUNC) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    let (at, tag) = notes(&message);
    let kept = length.min(room);
    Ok(match tag {
        Some(tag) => (at, length + TAG_BYTES, insert(buffer, kept, tag)),
        None => (at, length, kept),
    })
}

/// The time of a frame, and the VLAN tag that the kernel took out of it.
fn notes(message: &libc::msghdr) -> (Duration, Option<[u8; TAG_BYTES]>) {
    let (mut at, mut tag) = (Duration::ZERO, None);
    // SAFETY: `message` is what recvmsg filled in, and its control buffer lives on in the caller.
    let mut next = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !next.is_null() {
        // SAFETY: the macros of cmsg(3) give headers inside the control buffer, or null.
        let (header, data) = unsafe { (&*next, libc::CMSG_DATA(next)) };
        match (header.cmsg_level, header.cmsg_type) {
            (libc::SOL_SOCKET, TIMESTAMPS) => {
                // SAFETY: a message of this kind holds two 64-bit numbers (sock(7)).
                let time = unsafe { data.cast::<[i64; 2]>().read_unaligned() };
                at = duration(time);
            }
            (libc::SOL_PACKET, libc::PACKET_AUXDATA) => {
                // SAFETY: a message of this kind holds a `tpacket_auxdata` (packet(7)).
                let about = unsafe { data.cast::<libc::tpacket_auxdata>().read_unaligned() };
                tag = vlan(&about);
            }
            _ => {}
        }
        // SAFETY: as for the first one.
        next = unsafe { libc::CMSG_NXTHDR(message, next) };
    }
    (at, tag)
}

fn duration([seconds, nanoseconds]: [i64; 2]) -> Duration {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    Duration::new(seconds, u32::try_from(nanoseconds).unwrap_or_default())
}

fn vlan(about: &libc::tpacket_auxdata) -> Option<[u8; TAG_BYTES]> {
    if about.tp_status & libc::TP_STATUS_VLAN_VALID == 0 {
        return None;
    }
    let kind = match about.tp_status & libc::TP_STATUS_VLAN_TPID_VALID {
        0 => DEFAULT_TAG,
        _ => about.tp_vlan_tpid,
    };
    let [a, b] = kind.to_be_bytes();
    let [c, d] = about.tp_vlan_tci.to_be_bytes();
    Some([a, b, c, d])
}

/// Puts a tag back behind the addresses; the new length. The buffer has room for it.
fn insert(buffer: &mut [u8], kept: usize, tag: [u8; TAG_BYTES]) -> usize {
    let whole = kept + TAG_BYTES;
    if kept < ADDRESSES_BYTES || buffer.len() < whole {
        return kept;
    }
    buffer.copy_within(ADDRESSES_BYTES..kept, ADDRESSES_BYTES + TAG_BYTES);
    if let Some(place) = buffer.get_mut(ADDRESSES_BYTES..ADDRESSES_BYTES + TAG_BYTES) {
        place.copy_from_slice(&tag);
    }
    whole
}

fn checked(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}
