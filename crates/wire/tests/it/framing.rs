//! Headers and frames as bytes.

use labwright_wire::frame::{self, Frame, FrameError, Kind};
use labwright_wire::limits::{MAX_FRAME_BYTES, MAX_HEADER_BYTES};
use labwright_wire::{Open, Reply};
use proptest::prelude::*;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Data),
        Just(Kind::Stderr),
        Just(Kind::Control),
        Just(Kind::Eof)
    ]
}

proptest! {
    /// What was written is read, however the channel cuts it.
    #[test]
    fn frames_come_back(
        frames in prop::collection::vec((kinds(), prop::collection::vec(any::<u8>(), 0..3000)), 0..20),
        piece in 1_usize..5000,
    ) {
        let read = block_on(async {
            let (mut upper, mut lower) = tokio::io::duplex(piece);
            let write = async {
                for (kind, bytes) in &frames {
                    frame::write_frame(&mut upper, *kind, bytes).await.unwrap();
                }
                drop(upper);
            };
            let read = async {
                let mut read = Vec::new();
                while let Some(Frame { kind, bytes }) = frame::read_frame(&mut lower).await.unwrap() {
                    read.push((kind, bytes));
                }
                read
            };
            tokio::join!(write, read).1
        });
        prop_assert_eq!(read, frames);
    }

    /// Any bytes at all: a frame, an end or an error, and never more memory than the limit.
    #[test]
    fn noise_is_survived(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        block_on(async {
            let mut rest = noise.as_slice();
            while let Ok(Some(frame)) = frame::read_frame(&mut rest).await {
                assert!(frame.bytes.len() <= noise.len());
            }
            let _ = frame::read_header::<Open>(&mut noise.as_slice()).await;
            let _ = frame::read_header::<Reply>(&mut noise.as_slice()).await;
        });
    }

    /// Any JSON that nests: refused or taken, not a stack overflow.
    #[test]
    fn deep_headers_are_survived(depth in 0_usize..100_000) {
        let json = "[".repeat(depth);
        let mut bytes = u32::try_from(json.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(json.as_bytes());
        let read = block_on(frame::read_header::<Open>(&mut bytes.as_slice()));
        prop_assert!(read.is_err());
    }
}

#[test]
fn too_long_is_refused_before_it_is_read() {
    block_on(async {
        let length = u32::try_from(MAX_FRAME_BYTES + 1).unwrap().to_be_bytes();
        let bytes = [&[0], length.as_slice()].concat();
        let error = frame::read_frame(&mut bytes.as_slice()).await.unwrap_err();
        assert!(
            matches!(
                error,
                FrameError::TooLong {
                    limit: MAX_FRAME_BYTES,
                    ..
                }
            ),
            "{error}"
        );
        let error = frame::read_header::<Open>(&mut [255_u8; 4].as_slice())
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                FrameError::TooLong {
                    limit: MAX_HEADER_BYTES,
                    ..
                }
            ),
            "{error}"
        );
    });
}

#[test]
fn too_long_is_not_written() {
    block_on(async {
        let mut sink = Vec::new();
        let bytes = vec![0; MAX_FRAME_BYTES + 1];
        let error = frame::write_frame(&mut sink, Kind::Data, &bytes)
            .await
            .unwrap_err();
        assert!(matches!(error, FrameError::TooLong { .. }), "{error}");
        assert!(sink.is_empty());
        frame::write_frame(&mut sink, Kind::Data, &bytes[1..])
            .await
            .unwrap();
    });
}

#[test]
fn unknown_kinds_and_cut_frames_are_errors() {
    block_on(async {
        let error = frame::read_frame(&mut [9_u8, 0, 0, 0, 0].as_slice())
            .await
            .unwrap_err();
        assert!(matches!(error, FrameError::UnknownKind(9)), "{error}");
        for cut in [&[0_u8, 0, 0][..], &[0, 0, 0, 0, 5, 1]] {
            let error = frame::read_frame(&mut &cut[..]).await.unwrap_err();
            assert!(matches!(error, FrameError::Io(_)), "{error}");
        }
        assert_eq!(frame::read_frame(&mut [].as_slice()).await.unwrap(), None);
    });
}
