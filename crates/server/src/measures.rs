//! How much may be measured: at once on the whole server, and per address.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::Bytes;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limiter::{network, quota};
use crate::limits::{LINE_AT_ONCE, LINE_COST, LINE_UNIT_BYTES};
use crate::lines::Lines;
use crate::words::Refusal;

/// Bytes of noise, sent again and again: more than a compressor remembers.
const NOISE_BYTES: usize = 64 * 1024;
/// What somebody who finds the server busy measuring should wait, in seconds.
const BUSY_S: u64 = 2;

/// Counts measurements.
pub(crate) struct Measures {
    turns: Arc<Semaphore>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    noise: Bytes,
    /// What pages have measured.
    pub(crate) lines: Lines,
}

impl Measures {
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut noise = vec![0; NOISE_BYTES];
        getrandom::fill(&mut noise)?;
        Ok(Self {
            turns: Arc::new(Semaphore::new(LINE_AT_ONCE)),
            addresses: RateLimiter::keyed(quota(LINE_COST)),
            clock: DefaultClock::default(),
            noise: noise.into(),
            lines: Lines::default(),
        })
    }

    /// What is sent.
    pub(crate) fn noise(&self) -> Bytes {
        self.noise.clone()
    }

    /// One of the server's turns; refused when all are taken.
    pub(crate) fn turn(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let turn = self.turns.clone().try_acquire_owned();
        turn.map_err(|_| Refusal::TooMany { after_s: BUSY_S })
    }

    /// Counts a measurement of so many bytes.
    pub(crate) fn begin(
        &self,
        address: IpAddr,
        bytes: usize,
    ) -> Result<OwnedSemaphorePermit, Refusal> {
        let turn = self.turn()?;
        let units = u32::try_from(1 + bytes / LINE_UNIT_BYTES).unwrap_or(u32::MAX);
        let units = NonZeroU32::new(units).unwrap_or(NonZeroU32::MIN);
        match self.addresses.check_key_n(&network(address), units) {
            Ok(Ok(())) => Ok(turn),
            Ok(Err(early)) => Err(Refusal::TooMany {
                after_s: early.wait_time_from(self.clock.now()).as_secs() + 1,
            }),
            Err(_) => Err(Refusal::TooLarge),
        }
    }

    /// Forgets those who have all their measurements again.
    pub(crate) fn sweep(&self) {
        self.addresses.retain_recent();
        self.lines.sweep();
    }
}
