//! How often somebody may try to sign in: per name, and per address.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::words::Refusal;

/// Tries per name at once, and the time after which one more is given.
const PER_NAME: (u32, Duration) = (10, Duration::from_secs(6));
/// Tries per address at once: a whole classroom may share one behind a translator.
const PER_ADDRESS: (u32, Duration) = (300, Duration::from_millis(250));

/// Counts tries.
pub(crate) struct Limiter {
    names: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl Limiter {
    pub(crate) fn new() -> Self {
        Self {
            names: RateLimiter::keyed(quota(PER_NAME)),
            addresses: RateLimiter::keyed(quota(PER_ADDRESS)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a try; refuses it when there were too many.
    pub(crate) fn count(&self, name: &str, address: IpAddr) -> Result<(), Refusal> {
        self.addresses
            .check_key(&network(address))
            .and_then(|()| self.names.check_key(&name.to_owned()))
            .map_err(|early| {
                let wait = early.wait_time_from(self.clock.now());
                Refusal::TooMany {
                    after_s: wait.as_secs() + 1,
                }
            })
    }

    /// Forgets those who have all their tries again.
    pub(crate) fn sweep(&self) {
        self.names.retain_recent();
        self.addresses.retain_recent();
    }
}

pub(crate) fn quota((burst, refill): (u32, Duration)) -> Quota {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(refill)
        .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
        .allow_burst(burst)
}

/// A household has a whole IPv6 /64: it counts as one address.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let prefix = u128::from(v6) & !u128::from(u64::MAX);
            IpAddr::V6(prefix.into())
        }
        v4 => v4,
    }
}
