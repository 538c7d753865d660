//! The numbers of encodings, and which of them can be measured.

/// Encodings (RFC 6143 §7.7, §7.8; rfbproto).
pub mod encoding {
    #![allow(missing_docs)] // They have the names of the protocol.

    pub const RAW: i32 = 0;
    pub const COPY_RECT: i32 = 1;
    pub const RRE: i32 = 2;
    pub const CORRE: i32 = 4;
    pub const HEXTILE: i32 = 5;
    pub const ZLIB: i32 = 6;
    pub const TIGHT: i32 = 7;
    pub const ZRLE: i32 = 16;
    pub const QUALITY_0: i32 = -32;
    pub const QUALITY_9: i32 = -23;
    pub const DESKTOP_SIZE: i32 = -223;
    pub const LAST_RECT: i32 = -224;
    pub const CURSOR: i32 = -239;
    pub const X_CURSOR: i32 = -240;
    pub const COMPRESS_9: i32 = -247;
    pub const COMPRESS_0: i32 = -256;
    pub const QEMU_KEY: i32 = -258;
    pub const TIGHT_PNG: i32 = -260;
    pub const LED_STATE: i32 = -261;
    pub const DESKTOP_NAME: i32 = -307;
    pub const EXTENDED_DESKTOP_SIZE: i32 = -308;
    pub const XVP: i32 = -309;
    pub const FENCE: i32 = -312;
    pub const CONTINUOUS_UPDATES: i32 = -313;
    pub const CURSOR_WITH_ALPHA: i32 = -314;
    pub const EXTENDED_MOUSE_BUTTONS: i32 = -316;
    pub const FINE_QUALITY_0: i32 = -512;
    pub const FINE_QUALITY_100: i32 = -412;
    pub const SUBSAMPLING_FIRST: i32 = -768;
    pub const SUBSAMPLING_LAST: i32 = -763;
    pub const VMWARE_CURSOR: i32 = 0x574d_5664;
    pub const VMWARE_CURSOR_POSITION: i32 = 0x574d_5666;
    pub const VMWARE_LED_STATE: i32 = 0x574d_5668;
    pub const EXTENDED_CLIPBOARD: i32 = 0xC0A1_E5CE_u32.cast_signed();
}

/// What a server may send after this encoding was asked for can be measured.
///
/// Left out on purpose: JPEG (21), whose end is found by decoding it; H.264 (50), which no X
/// server sends; extended mouse buttons, after which the length of a pointer's message depends on
/// who has read what; xvp, for to switch a machine off is not a viewer's.
pub fn is_measured(number: i32) -> bool {
    use encoding::*;
    let pixels = matches!(
        number,
        RAW | COPY_RECT | RRE | CORRE | HEXTILE | ZLIB | TIGHT | TIGHT_PNG | ZRLE
    );
    let pointer = matches!(
        number,
        CURSOR | X_CURSOR | CURSOR_WITH_ALPHA | VMWARE_CURSOR | VMWARE_CURSOR_POSITION
    );
    let screen = matches!(
        number,
        DESKTOP_SIZE | EXTENDED_DESKTOP_SIZE | DESKTOP_NAME | LAST_RECT
    );
    let other = matches!(
        number,
        FENCE | CONTINUOUS_UPDATES | EXTENDED_CLIPBOARD | QEMU_KEY | LED_STATE | VMWARE_LED_STATE
    );
    let level = matches!(
        number,
        QUALITY_0..=QUALITY_9
            | COMPRESS_0..=COMPRESS_9
            | FINE_QUALITY_0..=FINE_QUALITY_100
            | SUBSAMPLING_FIRST..=SUBSAMPLING_LAST
    );
    pixels || pointer || screen || other || level
}
