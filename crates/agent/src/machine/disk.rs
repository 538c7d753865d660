//! The session's disk: one sparse ext4 image in the session's directory that holds the upper and
//! work directories of its nodes, so that neither bytes nor inodes of the host can be used up.
//!
//! The image is mounted through a loop device that clears itself, in the agent's mount namespace
//! only: when the agent dies both go, and the files stay in the image for the next agent.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::mount::MountFlags;

use super::kernel;

/// Smallest image that ext4 is made on, in bytes.
const MIN_BYTES: u64 = 8 * 1024 * 1024;
/// Where ext4 keeps `s_state`, and the bit that says that it was unmounted cleanly.
const STATE_OFFSET: u64 = 1024 + 0x3A;
const STATE_CLEAN: u8 = 1;

/// Mounts the image at `target`; makes it when there is none.
///
/// It starts programs and waits for them itself, so it must be called before the agent reaps.
pub fn mount(image: &Path, bytes: u64, target: &Path) -> io::Result<()> {
    if !image.exists() {
        make(image, bytes.max(MIN_BYTES))?;
    } else if !is_clean(image)? {
        repair(image)?;
    }
    let file = File::options().read(true).write(true).open(image)?;
    let (device, number) = kernel::attach_loop(&file)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOATIME;
    // Without `noinit_itable` the kernel would write out all inode tables in the background and
    // the image would not stay sparse; `discard` gives deleted files back to the host.
    rustix::mount::mount(
        format!("/dev/loop{number}"),
        target,
        "ext4",
        flags,
        c"noinit_itable,discard",
    )?;
    drop(device);
    Ok(())
}

/// Mounts memory of this size at `target`, in place of an image. Overlays need its `trusted.*`
/// attributes, which tmpfs has.
pub fn mount_memory(bytes: u64, target: &Path) -> io::Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOATIME;
    let size = CString::new(format!("size={},mode=0711", bytes.max(MIN_BYTES)))?;
    rustix::mount::mount("tmpfs", target, "tmpfs", flags, size.as_c_str())?;
    Ok(())
}

/// No journal: when only the agent dies the kernel still unmounts in order, and after a loss of
/// power the image is repaired or thrown away with the session.
fn make(image: &Path, bytes: u64) -> io::Result<()> {
    let unfinished = image.with_extension("new");
    let private = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    private.set_len(bytes)?;
    let options = "lazy_itable_init=1,nodiscard,root_owner=0:0";
    let made = Command::new("mke2fs")
        .args(["-q", "-F", "-t", "ext4", "-m", "0", "-O", "^has_journal"])
        .args(["-E", options])
        .arg(&unfinished)
        .stdin(Stdio::null())
        .output()?;
    succeed("mke2fs", &made, &[0])?;
    std::fs::rename(&unfinished, image)
}

fn is_clean(image: &Path) -> io::Result<bool> {
    let mut state = [0];
    let mut file = File::open(image)?;
    file.seek(SeekFrom::Start(STATE_OFFSET))?;
    file.read_exact(&mut state)?;
    Ok(state.iter().all(|state| state & STATE_CLEAN != 0))
}

fn repair(image: &Path) -> io::Result<()> {
    let repaired = Command::new("e2fsck")
        .args(["-f", "-y"])
        .arg(image)
        .stdin(Stdio::null())
        .output()?;
    // 1: errors were corrected (e2fsck(8)).
    succeed("e2fsck", &repaired, &[0, 1])
}

fn succeed(program: &str, output: &std::process::Output, codes: &[i32]) -> io::Result<()> {
    if output
        .status
        .code()
        .is_some_and(|code| codes.contains(&code))
    {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{program}: {}", words.trim())))
}
