//! Which life of the machine this is, and life after a snapshot: the clock stood still, and the
//! kernel's random numbers are those of everybody who restores the same snapshot.

use std::fs::File;
use std::io;

use labwright_wire::Failure;
use rustix::time::{ClockId, Timespec, clock_settime};

use super::node::failure;
use super::{Machine, kernel};

/// How much is enough to make the random numbers new, and not too much, in bytes.
const ENTROPY_BYTES: std::ops::RangeInclusive<usize> = 32..=256;

impl Machine {
    /// Takes up life after a snapshot.
    pub fn wake(&self, unix_ms: u64, entropy: &str) -> Result<(), Failure> {
        if !self.wakes {
            return Err(Failure {
                code: "unsupported".to_owned(),
                message: "this machine's clock is not its own".to_owned(),
            });
        }
        wake(unix_ms, entropy).map_err(|error| failure(error.to_string()))
    }
}

/// Random, different at every start of an agent.
pub fn epoch() -> io::Result<String> {
    let mut bytes = [0; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

/// Sets the clock and stirs `entropy`, which is in hexadecimal, into the kernel's pool.
fn wake(unix_ms: u64, entropy: &str) -> io::Result<()> {
    let entropy = bytes(entropy)
        .filter(|bytes| ENTROPY_BYTES.contains(&bytes.len()))
        .ok_or_else(|| io::Error::other("`entropy` is 32 to 256 bytes in hexadecimal"))?;
    let time = Timespec {
        tv_sec: i64::try_from(unix_ms / 1000).map_err(io::Error::other)?,
        tv_nsec: i32::try_from(unix_ms % 1000 * 1_000_000)
            .map_err(io::Error::other)?
            .into(),
    };
    clock_settime(ClockId::Realtime, time)?;
    let pool = File::options().write(true).open("/dev/urandom")?;
    kernel::add_entropy(&pool, &entropy)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok())
        })
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| Some(pair.first()? << 4 | pair.get(1)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_and_nothing_else() {
        assert_eq!(bytes("00fF10"), Some(vec![0, 255, 16]));
        for wrong in ["0", "0g", "é0"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn too_little_changes_nothing() {
        assert!(wake(0, "00").is_err());
    }
}
