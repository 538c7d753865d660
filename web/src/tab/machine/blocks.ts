/// Cuts a pcapng stream into whole blocks, and reads its statistics: the twin of crates/gateway/src/pcapng.rs, of our agent's
/// little-endian stream. Pure.

import { joined } from "../../core/wire/packets";

const FRAME_BYTES = 12;
const MAX_BLOCK_BYTES = 128 * 1024;
const STATISTICS = 5;
const RECEIVED = 4;
const DROPPED = 5;

export interface Counts {
  passed: number;
  dropped: number;
}

export interface Whole {
  bytes: Uint8Array;
  /** What the last statistics among them say. */
  counts: Counts | null;
}

export class Blocks {
  #waiting = new Uint8Array(0);

  /** Null: what came is no pcapng. */
  push(bytes: Uint8Array): Whole | null {
    const all = joined([this.#waiting, bytes]);
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    let at = 0;
    let counts: Counts | null = null;
    while (at + FRAME_BYTES <= all.length) {
      const length = view.getUint32(at + 4, true);
      if (length < FRAME_BYTES || length > MAX_BLOCK_BYTES || length % 4 !== 0) return null;
      if (at + length > all.length) break;
      if (view.getUint32(at, true) === STATISTICS) counts = countsOf(new DataView(all.buffer, all.byteOffset + at, length));
      at += length;
    }
    this.#waiting = all.slice(at);
    return { bytes: all.slice(0, at), counts };
  }
}

function countsOf(block: DataView): Counts {
  const counts = { passed: 0, dropped: 0 };
  // After type, length, interface and time.
  for (let at = 20; at + 4 <= block.byteLength - 4; ) {
    const [code, length] = [block.getUint16(at, true), block.getUint16(at + 2, true)];
    if (length === 8 && at + 12 <= block.byteLength) {
      const value = Number(block.getBigUint64(at + 4, true));
      if (code === RECEIVED) counts.passed = value;
      if (code === DROPPED) counts.dropped = value;
    }
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return counts;
}
