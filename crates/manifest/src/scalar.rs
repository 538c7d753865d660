//! Words that stand for amounts: sizes, durations, rates, addresses.
//!
//! Text in, value or reason out; a reason says what is allowed.

use std::net::IpAddr;

use ipnet::IpNet;

/// Whether a text holds a template, whose value is known only per learner.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// Splits `128M` into its number and its unit.
fn split_unit(text: &str) -> Option<(f64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let number: f64 = number.parse().ok()?;
    Some((number, unit.trim()))
}

fn amount(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let (number, unit) = split_unit(text.trim())?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    Some(number * factor)
}

/// Rounds to a whole amount; `None` when it does not fit.
fn whole(value: f64) -> Option<u64> {
    const MOST: f64 = 9.0e15;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "range checked"
    )]
    (0.0..=MOST).contains(&value).then(|| value.round() as u64)
}

/// Bytes: `512M`, `1.5G`, `100k` (multiples of 1024), or a plain number.
pub(crate) fn size(text: &str) -> Option<u64> {
    const K: f64 = 1024.0;
    whole(amount(
        text,
        &[
            ("", 1.0),
            ("B", 1.0),
            ("k", K),
            ("K", K),
            ("M", K * K),
            ("G", K * K * K),
            ("T", K * K * K * K),
        ],
    )?)
}

/// Microseconds: `20ms`, `2s`, `90m`, `2h`, or several together: `1h30m`.
pub(crate) fn duration_us(text: &str) -> Option<u64> {
    const UNITS: &[(&str, f64)] = &[
        ("us", 1.0),
        ("ms", 1e3),
        ("s", 1e6),
        ("m", 60e6),
        ("h", 3600e6),
        ("d", 86400e6),
    ];
    let mut rest = text.trim();
    let mut total = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let letters = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let tail = rest.get(letters..)?;
        let end = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .map_or(rest.len(), |n| letters + n);
        let (part, next) = rest.split_at_checked(end)?;
        total += amount(part, UNITS)?;
        rest = next.trim_start();
    }
    whole(total)
}

/// A share from a percentage: `0.1%` is 0.001.
pub(crate) fn percent(text: &str) -> Option<f64> {
    let number: f64 = text.trim().strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number / 100.0)
}

/// Bits per second: `10mbit`.
pub(crate) fn rate_bps(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let units = [("bit", 1.0), ("kbit", 1e3), ("mbit", 1e6), ("gbit", 1e9)];
    whole(amount(&lower, &units)?).filter(|rate| *rate > 0)
}

/// Thousandths of a processor: `0.5` is 500.
pub(crate) fn cpu_milli(text: &str) -> Option<u64> {
    let number: f64 = text.parse().ok()?;
    whole(number * 1000.0).filter(|milli| *milli > 0)
}

/// A finite number of at least 0.
pub(crate) fn number(text: &str) -> Option<f64> {
    text.parse()
        .ok()
        .filter(|n: &f64| n.is_finite() && *n >= 0.0)
}

/// `10.0.0.2/24`: an address with its prefix length.
pub(crate) fn address(text: &str) -> Option<IpNet> {
    text.parse().ok()
}

/// `10.0.0.0/8`: a prefix without host bits.
pub(crate) fn prefix(text: &str) -> Option<IpNet> {
    address(text).filter(|net| net.addr() == net.network())
}

/// `10.0.0.1`.
pub(crate) fn ip(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// Whether it is a unicast MAC address.
pub(crate) fn is_mac(text: &str) -> bool {
    let bytes: Vec<Option<u8>> = text
        .split(':')
        .map(|byte| {
            u8::from_str_radix(byte, 16)
                .ok()
                .filter(|_| byte.len() == 2)
        })
        .collect();
    let unicast = matches!(bytes.first(), Some(Some(first)) if first & 1 == 0);
    unicast && bytes.len() == 6 && bytes.iter().all(Option::is_some)
}

/// `2..4` or `3`: fewest and most.
pub(crate) fn people(text: &str) -> Option<(u32, u32)> {
    let (min, max) = match text.split_once("..") {
        Some((min, max)) => (min.trim().parse().ok()?, max.trim().parse().ok()?),
        None => {
            let size = text.trim().parse().ok()?;
            (size, size)
        }
    };
    (min >= 1 && min <= max).then_some((min, max))
}

/// A relative path that stays below where it starts.
pub(crate) fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with('/')
        && !path.contains(['\0', '\\'])
        && path.split('/').all(|part| part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        assert_eq!(size("512M"), Some(512 << 20));
        assert_eq!(size("1.5G"), Some(3 << 29));
        assert_eq!(size("12 parsecs"), None);
        assert_eq!(size("9999999999T"), None);
        assert_eq!(duration_us("20ms"), Some(20_000));
        assert_eq!(duration_us("1h30m"), Some(5_400_000_000));
        assert_eq!(duration_us("30"), None);
        assert_eq!(duration_us(""), None);
        assert_eq!(percent("0.1%"), Some(0.001));
        assert_eq!(percent("101%"), None);
        assert_eq!(rate_bps("10Mbit"), Some(10_000_000));
        assert_eq!(cpu_milli("0.5"), Some(500));
        assert_eq!(people("2..4"), Some((2, 4)));
        assert_eq!(people("4..2"), None);
        assert!(is_mac("02:00:00:00:00:01") && !is_mac("ff:00:00:00:00:01"));
        assert!(is_inside("a/b") && !is_inside("a/../../b") && !is_inside("/a"));
    }
}
