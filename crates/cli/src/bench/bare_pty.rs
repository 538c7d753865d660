//! The floor of an echo: a shell on a pseudo-terminal of this host, with nothing between.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::median;
use crate::failure::{Explain, Outcome};

/// Median of `repeats` echoes, in milliseconds.
pub fn echo_ms(repeats: u32) -> Outcome<f64> {
    let upper = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).context("opening a terminal")?;
    grantpt(&upper)
        .and_then(|()| unlockpt(&upper))
        .context("opening a terminal")?;
    let name = ptsname(&upper, Vec::new()).context("naming a terminal")?;
    let name = name.to_string_lossy().into_owned();
    let end = || File::options().read(true).write(true).open(&name);
    let mut shell = Command::new("setsid")
        .args(["--ctty", "bash", "--norc", "-i"])
        .stdin(Stdio::from(end()?))
        .stdout(Stdio::from(end()?))
        .stderr(Stdio::from(end()?))
        .spawn()
        .context("starting a shell")?;
    let mut upper = File::from(upper);
    let times = type_and_read(&mut upper, repeats);
    // The shell has nothing to lose.
    let _ = shell.kill();
    let _ = shell.wait();
    Ok(median(times?))
}

fn type_and_read(upper: &mut File, repeats: u32) -> Outcome<Vec<f64>> {
    read_until(upper, |bytes| {
        bytes.contains(&b'$') || bytes.contains(&b'#')
    })?;
    let mut times = Vec::new();
    for _ in 0..repeats {
        let began = Instant::now();
        upper.write_all(b"x")?;
        read_until(upper, |bytes| bytes.contains(&b'x'))?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(times)
}

fn read_until(upper: &mut File, found: impl Fn(&[u8]) -> bool) -> Outcome {
    let mut buffer = [0; 4096];
    loop {
        let count = upper.read(&mut buffer).context("reading from a terminal")?;
        if found(buffer.get(..count).unwrap_or_default()) {
            return Ok(());
        }
    }
}
