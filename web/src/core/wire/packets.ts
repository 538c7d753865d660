/// Packets on a line that may freeze: COBS of a kind, a payload and a CRC, and a zero byte (docs/wire-protocol.md,
/// crates/wire/src/console.rs). Pure.

export const VERSION = 1;
/** Longest payload of a packet. */
export const MAX_PACKET_BYTES = 16 * 1024;
const AROUND_BYTES = 5;
const MAX_LINE_BYTES = encodedBytes(MAX_PACKET_BYTES + AROUND_BYTES);
const HELLO = 0;
const DATA = 1;

export interface Hello {
  version: number;
  /** Names a channel; empty from a lower end that has none. */
  epoch: string;
}

export type Packet = { kind: "hello"; hello: Hello } | { kind: "data"; bytes: Uint8Array } | { kind: "damage" };

const DAMAGE: Packet = { kind: "damage" };

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, at) => {
  let crc = at;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 as in zip. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

/** A packet with bytes of the channel, at most `MAX_PACKET_BYTES` of them. */
export function dataPacket(bytes: Uint8Array): Uint8Array {
  return packet(DATA, bytes);
}

/** A hello; the zero before it ends whatever was half written. */
export function helloPacket(epoch: string, version = VERSION): Uint8Array {
  return joined([Uint8Array.of(0), packet(HELLO, new TextEncoder().encode(JSON.stringify({ version, epoch })))]);
}

function packet(kind: number, payload: Uint8Array): Uint8Array {
  const plain = new Uint8Array(payload.length + AROUND_BYTES);
  plain[0] = kind;
  plain.set(payload, 1);
  new DataView(plain.buffer).setUint32(payload.length + 1, crc32(plain.subarray(0, payload.length + 1)));
  return stuff(plain);
}

function encodedBytes(plain: number): number {
  return plain + Math.floor(plain / 254) + 1;
}

/** COBS, and the zero that ends it. */
function stuff(plain: Uint8Array): Uint8Array {
  const line = new Uint8Array(encodedBytes(plain.length) + 1);
  let code = 0;
  let at = 1;
  for (let from = 0; from < plain.length; from += 1) {
    const byte = plain[from] ?? 0;
    if (byte !== 0) line[at++] = byte;
    const full = at - code === 255;
    if (byte !== 0 && !full) continue;
    line[code] = at - code;
    // A run of 254 at the very end needs no code behind it.
    if (full && byte !== 0 && from === plain.length - 1) return line.subarray(0, at + 1);
    code = at++;
  }
  line[code] = at - code;
  return line.subarray(0, at + 1);
}

function unstuff(line: Uint8Array): Uint8Array | null {
  const plain = new Uint8Array(line.length);
  let at = 0;
  let length = 0;
  while (at < line.length) {
    const code = line[at] ?? 0;
    if (code === 0 || at + code > line.length) return null;
    plain.set(line.subarray(at + 1, at + code), length);
    length += code - 1;
    at += code;
    if (code !== 255 && at < line.length) length += 1;
  }
  return plain.subarray(0, length);
}

function parse(line: Uint8Array): Packet {
  const plain = unstuff(line);
  if (plain === null || plain.length < AROUND_BYTES) return DAMAGE;
  const end = plain.length - 4;
  const crc = new DataView(plain.buffer, plain.byteOffset, plain.length).getUint32(end);
  if (crc32(plain.subarray(0, end)) !== crc) return DAMAGE;
  const payload = plain.subarray(1, end);
  if (plain[0] === DATA && payload.length <= MAX_PACKET_BYTES) return { kind: "data", bytes: payload };
  const hello = plain[0] === HELLO ? helloOf(payload) : null;
  return hello === null ? DAMAGE : { kind: "hello", hello };
}

function helloOf(json: Uint8Array): Hello | null {
  try {
    const { version, epoch } = JSON.parse(new TextDecoder().decode(json)) as Partial<Hello>;
    return typeof version === "number" && typeof epoch === "string" ? { version, epoch } : null;
  } catch {
    return null;
  }
}

/** Finds the packets in what comes over the line. Holds one at most. */
export class Decoder {
  #line = new Uint8Array(MAX_LINE_BYTES);
  #length = 0;
  #tooLong = false;

  take(bytes: Uint8Array): Packet[] {
    const found: Packet[] = [];
    let from = 0;
    for (;;) {
      const zero = bytes.indexOf(0, from);
      this.#keep(bytes.subarray(from, zero < 0 ? bytes.length : zero));
      if (zero < 0) return found;
      if (this.#tooLong) found.push(DAMAGE);
      else if (this.#length > 0) found.push(parse(this.#line.subarray(0, this.#length)));
      this.#length = 0;
      this.#tooLong = false;
      from = zero + 1;
    }
  }

  #keep(part: Uint8Array): void {
    this.#tooLong ||= this.#length + part.length > MAX_LINE_BYTES;
    if (this.#tooLong) return;
    this.#line.set(part, this.#length);
    this.#length += part.length;
  }
}

export function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
