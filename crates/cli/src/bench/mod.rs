//! Measures a lab in a place, side by side with the bare floor in the same run.
//!
//! Figures come in medians and ratios: the machine that it runs on is shared and noisy.

mod bare_pty;
mod browser;
mod burst;
pub mod display;
pub mod emulated;
mod floor;
mod memory;
mod place;
mod rest;
mod wide;

pub use browser::Browser;
pub use burst::{Burst, burst};
pub use place::{Figures, Plan, measure};
pub use wide::{Width, compare};

/// Milliseconds since then.
fn ms(since: std::time::Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// The median; 0 of nothing.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    if values.len() % 2 == 1 {
        at(middle)
    } else {
        (at(middle.saturating_sub(1)) + at(middle)) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![]), 0.0);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
