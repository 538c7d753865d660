//! Which encoding a server is asked for first. Pure.
//!
//! On a quick line ZRLE: it is lossless, so that nothing is sent twice. An X server that sends
//! JPEG sends the same place again, without loss, as soon as the line has room; on a quick line
//! that is three times the bytes. On a slow line Tight with JPEG: a picture is there at once.

use super::encodings::encoding::*;

/// How the line to a viewer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Speed {
    /// Quick, or not measured yet.
    #[default]
    Quick,
    /// Slow.
    Slow,
}

/// What noVNC asks for when nobody has chosen a quality.
const UNCHOSEN_QUALITY: i32 = QUALITY_0 + 6;
const UNCHOSEN_COMPRESSION: i32 = COMPRESS_0 + 2;
/// How hard to pack for a slow line.
const SLOW_COMPRESSION: i32 = COMPRESS_0 + 6;

/// The encodings in the order that fits the line. A viewer that asks for a quality or a
/// compression of its own gets what it asks for, in its own order.
pub fn arrange(listed: &[i32], speed: Speed) -> Vec<i32> {
    let mut list = listed.to_vec();
    if is_chosen(listed) {
        return list;
    }
    let first = match speed {
        Speed::Quick => ZRLE,
        Speed::Slow => TIGHT,
    };
    let is_picture = |number: &i32| (RAW..=ZRLE).contains(number) && *number != COPY_RECT;
    let from = list.iter().position(|number| *number == first);
    let to = list.iter().position(is_picture);
    if let (Some(from), Some(to)) = (from, to)
        && let Some(way) = list.get_mut(to..=from)
    {
        way.rotate_right(1);
    }
    if speed == Speed::Slow {
        for number in &mut list {
            if *number == UNCHOSEN_COMPRESSION {
                *number = SLOW_COMPRESSION;
            }
        }
    }
    list
}

fn is_chosen(listed: &[i32]) -> bool {
    listed.iter().any(|number| match *number {
        quality @ QUALITY_0..=QUALITY_9 => quality != UNCHOSEN_QUALITY,
        compression @ COMPRESS_0..=COMPRESS_9 => compression != UNCHOSEN_COMPRESSION,
        FINE_QUALITY_0..=FINE_QUALITY_100 | SUBSAMPLING_FIRST..=SUBSAMPLING_LAST => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As noVNC 1.7 lists them, as far as they can be measured.
    const NOVNC: [i32; 12] = [
        COPY_RECT,
        TIGHT,
        TIGHT_PNG,
        ZRLE,
        HEXTILE,
        RRE,
        ZLIB,
        RAW,
        UNCHOSEN_QUALITY,
        UNCHOSEN_COMPRESSION,
        DESKTOP_SIZE,
        LAST_RECT,
    ];

    fn check(listed: &[i32], speed: Speed, begins: &[i32], has: &[i32]) {
        let arranged = arrange(listed, speed);
        assert_eq!(arranged[..begins.len()], *begins);
        assert_eq!(arranged.len(), listed.len());
        assert!(has.iter().all(|number| arranged.contains(number)));
    }

    #[test]
    fn a_quick_line_gets_zrle_and_a_slow_one_tight_with_jpeg() {
        check(
            &NOVNC,
            Speed::Quick,
            &[COPY_RECT, ZRLE, TIGHT, TIGHT_PNG, HEXTILE],
            &NOVNC,
        );
        let slow = [UNCHOSEN_QUALITY, SLOW_COMPRESSION];
        check(
            &NOVNC,
            Speed::Slow,
            &[COPY_RECT, TIGHT, TIGHT_PNG, ZRLE],
            &slow,
        );
        check(
            &[HEXTILE, ZRLE, TIGHT],
            Speed::Slow,
            &[TIGHT, HEXTILE, ZRLE],
            &[],
        );
    }

    #[test]
    fn the_viewers_own_choice_wins() {
        for (at, level) in [
            (8, QUALITY_9),
            (8, QUALITY_0),
            (9, COMPRESS_9),
            (8, FINE_QUALITY_0),
        ] {
            let mut listed = NOVNC;
            listed[at] = level;
            for speed in [Speed::Quick, Speed::Slow] {
                assert_eq!(arrange(&listed, speed), listed);
            }
        }
    }

    #[test]
    fn what_is_not_listed_is_not_asked_for() {
        for listed in [&[RAW][..], &[], &[COPY_RECT, HEXTILE, RAW], &[CURSOR]] {
            assert_eq!(arrange(listed, Speed::Quick), listed);
            assert_eq!(arrange(listed, Speed::Slow), listed);
        }
    }
}
