//! Mounts, namespaces and loop devices: thin wrappers of system calls, no policy.
//! The only module of the machine side with `unsafe`, but for `packets`.

use std::ffi::{c_int, c_long, c_uint};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use labwright_model::IdRange;
use rustix::mount::{MoveMountFlags, OpenTreeFlags};
use rustix::process::{Pid, PidfdFlags, Resource, Rlimit, Signal, WaitOptions};
use rustix::thread::{CapabilitiesSecureBits, Gid, Uid, UnshareFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Number of an interface of the calling thread's network namespace.
pub fn interface_index(name: &str) -> io::Result<u32> {
    let socket = rustix::net::socket_with(
        rustix::net::AddressFamily::UNIX,
        rustix::net::SocketType::DGRAM,
        rustix::net::SocketFlags::CLOEXEC,
        None,
    )?;
    Ok(rustix::net::netdevice::name_to_index(socket, name)?)
}

/// `struct ethtool_value` of linux/ethtool.h.
#[repr(C)]
struct EthtoolValue {
    command: u32,
    data: u32,
}

/// ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO.
const OFFLOADS: [u32; 3] = [0x17, 0x1f, 0x23];

/// Lets a link of the calling thread's namespace compute checksums and cut segments itself.
pub fn disable_offloads(name: &str) -> io::Result<()> {
    let socket = std::os::unix::net::UnixDatagram::unbound()?;
    for command in OFFLOADS {
        let mut value = EthtoolValue { command, data: 0 };
        // SAFETY: all fields of `ifreq` are integers, arrays, unions of them or a pointer, for
        // which zero is a value.
        let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
        let bytes = name.bytes().take(libc::IFNAMSIZ - 1);
        for (target, byte) in request.ifr_name.iter_mut().zip(bytes) {
            *target = byte as libc::c_char;
        }
        request.ifr_ifru.ifru_data = (&raw mut value).cast();
        // SAFETY: `request` names a link and points to an `ethtool_value`; both outlive the call.
        let set =
            unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL as _, &raw mut request) };
        checked(c_long::from(set))?;
    }
    Ok(())
}

/// Signals that may wait in one user namespace; each takes kernel memory.
const PENDING_SIGNALS: u64 = 4096;

/// Makes a user namespace that maps 0.. to `ids`, and returns a descriptor of it.
///
/// It belongs to the first of the ids, not to root: the kernel adds up what a namespace's
/// processes take of its tables (inotify instances, pending signals, timers, message queues) at
/// the namespace's owner, and one session must not use up the share of root and all others.
///
/// Forks, so it must be called while the process has one thread. The namespace lives as long as
/// the descriptor; mapped mounts keep it alive themselves.
pub fn user_namespace(ids: IdRange) -> io::Result<OwnedFd> {
    let (ready_read, ready_write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    // SAFETY: the process has one thread (documented above), so the child may run any code; it
    // only makes system calls and never returns.
    let child = checked(c_long::from(unsafe { libc::fork() }))?;
    let Some(child) = Pid::from_raw(child) else {
        wait_in_new_user_namespace(&ready_write, ids);
    };
    drop(ready_write);
    let namespace = adopt_user_namespace(child, ready_read, ids);
    let _ = rustix::process::kill_process(child, Signal::KILL);
    let _ = rustix::process::waitpid(Some(child), WaitOptions::empty());
    namespace
}

fn wait_in_new_user_namespace(ready: &OwnedFd, ids: IdRange) -> ! {
    let unshare = || {
        // SAFETY: the process has one thread, and shares no file table that it could give up.
        unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER) }
    };
    let unshared = become_owner(ids.base).and_then(|()| unshare()).is_ok();
    let _ = rustix::io::write(ready, &[u8::from(unshared)]);
    loop {
        // SAFETY: pause(2) takes nothing and touches no memory.
        unsafe { libc::pause() };
    }
}

/// Becomes the user `id` but keeps the capabilities: some systems let no plain user make a user
/// namespace.
fn become_owner(id: u32) -> Result<(), rustix::io::Errno> {
    let pending = Rlimit {
        current: Some(PENDING_SIGNALS),
        maximum: Some(PENDING_SIGNALS),
    };
    rustix::process::setrlimit(Resource::Sigpending, pending)?;
    rustix::thread::set_capabilities_secure_bits(CapabilitiesSecureBits::NO_SETUID_FIXUP)?;
    let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
    rustix::thread::set_thread_res_gid(group, group, group)?;
    rustix::thread::set_thread_res_uid(user, user, user)
}

fn adopt_user_namespace(child: Pid, ready: OwnedFd, ids: IdRange) -> io::Result<OwnedFd> {
    let mut unshared = [0];
    File::from(ready).read_exact(&mut unshared)?;
    if unshared != [1] {
        return Err(io::Error::other("the kernel refused a user namespace"));
    }
    let child = child.as_raw_nonzero();
    let map = format!("0 {} {}\n", ids.base, ids.count);
    for file in ["uid_map", "gid_map"] {
        File::options()
            .write(true)
            .open(format!("/proc/{child}/{file}"))?
            .write_all(map.as_bytes())?;
    }
    Ok(File::open(format!("/proc/{child}/ns/user"))?.into())
}

/// Moves the calling thread into the network namespace of `pid`.
pub fn enter_network_namespace(pid: i32) -> io::Result<()> {
    let namespace = File::open(format!("/proc/{pid}/ns/net"))?;
    rustix::thread::move_into_link_name_space(
        namespace.as_fd(),
        Some(rustix::thread::LinkNameSpaceType::Network),
    )?;
    Ok(())
}

/// A detached copy of the mount at `path`, read-only, its ids mapped through `namespace` when
/// there is one. (open_tree(2), mount_setattr(2); file systems allow it one by one: ext4, xfs and
/// btrfs since 5.12 to 5.15, overlay lower directories since 5.19.)
pub fn mapped_tree(path: &Path, namespace: Option<BorrowedFd<'_>>) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let tree = rustix::mount::open_tree(rustix::fs::CWD, path, flags)?;
    let mut attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NODEV,
        attr_clr: 0,
        // Its type in libc is narrower on 32-bit machines.
        #[allow(clippy::unnecessary_cast)]
        propagation: libc::MS_PRIVATE as u64,
        userns_fd: 0,
    };
    if let Some(namespace) = namespace {
        attributes.attr_set |= libc::MOUNT_ATTR_IDMAP;
        attributes.userns_fd = namespace.as_raw_fd() as u64;
    }
    // SAFETY: the empty path is NUL-terminated and `attributes` is a whole `mount_attr` of the
    // size that is passed; both outlive the call.
    let set = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH as c_uint,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    checked(set)?;
    Ok(tree)
}

/// Shows a namespace as the file `target`, which keeps it alive.
pub fn show_namespace(namespace: BorrowedFd<'_>, target: &Path) -> io::Result<()> {
    File::create_new(target)?;
    let own = format!("/proc/self/fd/{}", namespace.as_raw_fd());
    Ok(rustix::mount::mount_bind(own, target)?)
}

/// Attaches a detached tree at `target`.
pub fn attach(tree: BorrowedFd<'_>, target: &Path) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    rustix::mount::move_mount(tree, c"", rustix::fs::CWD, target, flags)?;
    Ok(())
}

fn checked(result: c_long) -> io::Result<c_int> {
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    c_int::try_from(result).map_err(io::Error::other)
}

/// `struct loop_info64` of linux/loop.h.
#[repr(C)]
#[derive(Clone, Copy)]
struct LoopInfo {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    size_limit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// `struct loop_config` of linux/loop.h.
#[repr(C)]
struct LoopConfig {
    fd: u32,
    block_size: u32,
    info: LoopInfo,
    reserved: [u64; 8],
}

const LO_FLAGS_AUTOCLEAR: u32 = 4;

const LOOP_CTL_GET_FREE: libc::c_ulong = 0x4C82;
const LOOP_CONFIGURE: libc::c_ulong = 0x4C0A;

/// Sessions that start at the same moment race for the same free loop device.
const LOOP_TRIES: u32 = 256;

/// Attaches `image` to a free loop device that goes when its last user does. Returns the open
/// device and its number.
pub fn attach_loop(image: &File) -> io::Result<(File, u32)> {
    let control = File::options()
        .read(true)
        .write(true)
        .open("/dev/loop-control")?;
    let mut tries = 0;
    loop {
        // SAFETY: LOOP_CTL_GET_FREE takes no argument; the descriptor is open.
        let number = unsafe { libc::ioctl(control.as_raw_fd(), LOOP_CTL_GET_FREE as _) };
        let number = checked(c_long::from(number))?;
        let device = File::options()
            .read(true)
            .write(true)
            .open(format!("/dev/loop{number}"))?;
        // SAFETY: all fields of the structure are integers or arrays of them, for which zero is a
        // value.
        let mut config: LoopConfig = unsafe { std::mem::zeroed() };
        config.fd = u32::try_from(image.as_raw_fd()).map_err(io::Error::other)?;
        config.info.flags = LO_FLAGS_AUTOCLEAR;
        let fd = device.as_raw_fd();
        // SAFETY: `config` is a whole `loop_config` that outlives the call; `image` is open.
        let set = unsafe { libc::ioctl(fd, LOOP_CONFIGURE as _, &raw const config) };
        match checked(c_long::from(set)) {
            Ok(_) => return Ok((device, u32::try_from(number).map_err(io::Error::other)?)),
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) && tries < LOOP_TRIES => {
                tries += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Lets a program that is about to start have `descriptor` as its descriptor `number`.
pub fn pass_descriptor(command: &mut Command, descriptor: &OwnedFd, number: RawFd) {
    let from = descriptor.as_raw_fd();
    let pass = move || {
        // SAFETY: dup2(2) and fcntl(2) take numbers only and are async-signal-safe. When both
        // numbers are the same dup2 does nothing, and the close-on-exec flag must go by hand.
        let passed = unsafe {
            if from == number {
                libc::fcntl(number, libc::F_SETFD, 0)
            } else {
                libc::dup2(from, number)
            }
        };
        checked(c_long::from(passed)).map(drop)
    };
    // SAFETY: the closure makes async-signal-safe system calls only and allocates nothing but on
    // failure; `descriptor` stays open in the parent until the child has its own copy.
    unsafe { command.pre_exec(pass) };
}

/// Takes over the listening socket that the starter passed.
pub fn listener(number: RawFd) -> io::Result<UnixListener> {
    if number < 3 {
        return Err(io::Error::other("--listen-fd must be 3 or more"));
    }
    // SAFETY: the starter passed this descriptor for us alone (it is on our command line), and
    // nothing has opened or closed a descriptor of this number before.
    let listener = unsafe { UnixListener::from_raw_fd(number) };
    rustix::io::fcntl_setfd(&listener, rustix::io::FdFlags::CLOEXEC)?;
    // Fails when it is no socket.
    listener.local_addr()?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// A descriptor that becomes readable when the process ends. Call it on a tokio runtime.
pub fn process_descriptor(pid: i32) -> io::Result<AsyncFd<OwnedFd>> {
    let pid = Pid::from_raw(pid).ok_or_else(|| io::Error::other("pid 0"))?;
    let descriptor = rustix::process::pidfd_open(pid, PidfdFlags::NONBLOCK)?;
    watched(descriptor)
}

/// Registers a descriptor that is waited for. Call it on a tokio runtime.
pub fn watched(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the `AsyncFd` owns the descriptor, and `OwnedFd` gives the same one each time.
    let watched = unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) };
    watched.map_err(io::Error::from)
}

/// Asks a netlink socket for explanations: the kernel's words beside an error number, and
/// answers without the request in them (netlink(7): NETLINK_EXT_ACK, NETLINK_CAP_ACK).
pub fn explain_errors(netlink: BorrowedFd<'_>) {
    for option in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK] {
        let on: c_int = 1;
        // SAFETY: the option's value is a `c_int` that outlives the call, of the size passed. A
        // kernel that knows no explanations fails, and we go on without.
        unsafe {
            libc::setsockopt(
                netlink.as_raw_fd(),
                libc::SOL_NETLINK,
                option,
                (&raw const on).cast(),
                size_of::<c_int>() as libc::socklen_t,
            )
        };
    }
}

/// RNDADDENTROPY and RNDRESEEDCRNG of linux/random.h.
const ADD_ENTROPY: u32 = 0x4008_5203;
const RESEED: u32 = 0x5207;
/// Most bytes that are added at once.
const POOL_BYTES: usize = 256;

/// `struct rand_pool_info` of linux/random.h.
#[repr(C)]
struct PoolInfo {
    entropy_bits: c_int,
    length: c_int,
    bytes: [u8; POOL_BYTES],
}

/// Adds random bytes to the kernel's pool and makes all later numbers from it. What is beyond
/// [`POOL_BYTES`] is left out. Needs CAP_SYS_ADMIN.
pub fn add_entropy(pool: &File, entropy: &[u8]) -> io::Result<()> {
    let mut info = PoolInfo {
        entropy_bits: 0,
        length: 0,
        bytes: [0; POOL_BYTES],
    };
    for (target, byte) in info.bytes.iter_mut().zip(entropy) {
        *target = *byte;
    }
    let length = c_int::try_from(entropy.len().min(POOL_BYTES)).map_err(io::Error::other)?;
    info.length = length;
    info.entropy_bits = length * 8;
    // SAFETY: `info` is a whole `rand_pool_info` with `length` bytes behind it, and outlives the
    // call; the descriptor is open.
    let added = unsafe { libc::ioctl(pool.as_raw_fd(), ADD_ENTROPY as _, &raw const info) };
    checked(c_long::from(added))?;
    // SAFETY: RNDRESEEDCRNG takes no argument; the descriptor is open.
    let seeded = unsafe { libc::ioctl(pool.as_raw_fd(), RESEED as _) };
    checked(c_long::from(seeded)).map(drop)
}

/// The architecture of this program in `seccomp_data` (linux/audit.h), where filters are made.
#[cfg(target_arch = "x86_64")]
const AUDIT_ARCH: Option<u32> = Some(0xC000_003E);
#[cfg(target_arch = "x86")]
const AUDIT_ARCH: Option<u32> = Some(0x4000_0003);
#[cfg(target_arch = "aarch64")]
const AUDIT_ARCH: Option<u32> = Some(0xC000_00B7);
#[cfg(not(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")))]
const AUDIT_ARCH: Option<u32> = None;

/// Makes these system calls fail with EPERM in this thread and all that it starts (seccomp(2),
/// classic BPF). Needs CAP_SYS_ADMIN. Calls of another architecture pass: the filter of a node
/// judges them.
pub fn forbid(calls: &[c_long]) -> io::Result<()> {
    let Some(architecture) = AUDIT_ARCH else {
        return Ok(());
    };
    let instruction = |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let load = |offset| instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, offset);
    let equal = |k, jt, jf| instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, jt, jf, k);
    let answer = |action| instruction(libc::BPF_RET | libc::BPF_K, 0, 0, action);
    // seccomp_data: the call's number, then the architecture.
    let mut program = vec![
        load(4),
        equal(architecture, 1, 0),
        answer(libc::SECCOMP_RET_ALLOW),
        load(0),
    ];
    for call in calls {
        program.push(equal(*call as u32, 0, 1));
        program.push(answer(libc::SECCOMP_RET_ERRNO | libc::EPERM as u32));
    }
    program.push(answer(libc::SECCOMP_RET_ALLOW));
    let filter = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(io::Error::other)?,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: `filter` points to `len` instructions; both outlive the call, which copies them.
    let set = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            0,
            &raw const filter,
        )
    };
    checked(set).map(drop)
}
