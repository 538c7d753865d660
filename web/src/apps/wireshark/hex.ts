/// Bytes as hexadecimal and as text. Pure.

export const PER_LINE = 16;

export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** What a byte is in ASCII; a point for what cannot be seen. */
export function glyph(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
}

/** Text of a conversation: UTF-8 where it is that, else ASCII with points. */
export function readable(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) return text;
  } catch {
    // Not UTF-8.
  }
  return Array.from(bytes, (byte) => (byte === 10 || byte === 13 ? (byte === 10 ? "\n" : "") : glyph(byte))).join("");
}
