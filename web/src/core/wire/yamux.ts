/// yamux's client (hashicorp/yamux, spec.md, version 0): many streams on one channel, each with a window, so that a slow
/// reader holds nobody else up. It must not know what travels on a stream, nor what carries the channel.

import { joined } from "./packets";

const HEAD_BYTES = 12;
const TYPE = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const;
const FLAG = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;
/** yamux's first window; it never grows here. */
const WINDOW_BYTES = 256 * 1024;
/** Bytes of a stream that go into one frame, so that a key never waits behind a whole file. */
const CHUNK_BYTES = 16 * 1024;
/** Streams that may be open at once. */
export const MAX_STREAMS = 64;
/** How often a silent channel is asked for a sign of life, and after how long without one it is dead. */
const PING_EVERY_MS = 60_000;
const SILENCE_MS = 150_000;

export interface Head {
  type: number;
  flags: number;
  stream: number;
  length: number;
}

export function headBytes({ type, flags, stream, length }: Head): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(1, type);
  view.setUint16(2, flags);
  view.setUint32(4, stream);
  view.setUint32(8, length);
  return bytes;
}

/** Null where it is none. */
export function readHead(bytes: Uint8Array): Head | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  const head = { type: view.getUint8(1), flags: view.getUint16(2), stream: view.getUint32(4), length: view.getUint32(8) };
  return view.getUint8(0) === 0 && head.type <= TYPE.goAway ? head : null;
}

/** The channel, or the stream, is gone. */
export class Broken extends Error {}

export class Yamux {
  #streams = new Map<number, Stream>();
  #next = 1;
  #over = false;
  #partial = new Uint8Array(0);
  #heard = Date.now();
  #pings = 0;
  #pulse: ReturnType<typeof setInterval>;

  constructor(
    private readonly send: (bytes: Uint8Array) => void,
    /** The channel has ended, by whichever side. */
    private readonly closed: () => void,
  ) {
    this.#pulse = setInterval(() => this.#ping(), PING_EVERY_MS);
  }

  get over(): boolean {
    return this.#over;
  }

  open(): Stream {
    if (this.#over) throw new Broken("the channel is closed");
    if (this.#streams.size >= MAX_STREAMS) throw new Broken("too many streams are open");
    const id = this.#next;
    this.#next += 2;
    const stream = new Stream(
      (type, flags, payload, length) => this.#put(type, flags, id, payload, length),
      () => this.#streams.delete(id),
    );
    this.#streams.set(id, stream);
    return stream;
  }

  /** Takes what came over the channel. */
  receive(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#heard = Date.now();
    let rest = this.#partial.length === 0 ? bytes : joined([this.#partial, bytes]);
    while (rest.length >= HEAD_BYTES) {
      const head = readHead(rest);
      if (head === null) return this.close();
      const payload = head.type === TYPE.data ? head.length : 0;
      // Nobody may send more than a window.
      if (payload > WINDOW_BYTES) return this.close();
      if (rest.length < HEAD_BYTES + payload) break;
      this.#take(head, rest.subarray(HEAD_BYTES, HEAD_BYTES + payload));
      if (this.#over) return;
      rest = rest.subarray(HEAD_BYTES + payload);
    }
    this.#partial = rest.slice();
  }

  /** Ends the channel and every stream of it. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#pulse);
    for (const stream of [...this.#streams.values()]) stream.broke();
    this.#streams.clear();
    this.closed();
  }

  #take(head: Head, payload: Uint8Array): void {
    if (head.type === TYPE.goAway) return this.close();
    if (head.type === TYPE.ping) {
      if (head.flags & FLAG.syn) this.#put(TYPE.ping, FLAG.ack, 0, null, head.length);
      return;
    }
    const stream = this.#streams.get(head.stream);
    if (stream === undefined) {
      // The agent opens none; what comes for one that is closed here is of no use.
      if (head.flags & FLAG.syn) this.#put(TYPE.windowUpdate, FLAG.rst, head.stream, null, 0);
      return;
    }
    if (head.type === TYPE.windowUpdate) stream.granted(head.length);
    else if (!stream.came(payload)) return this.close();
    if (head.flags & FLAG.rst) stream.broke();
    else if (head.flags & FLAG.fin) stream.ended();
  }

  #put(type: number, flags: number, stream: number, payload: Uint8Array | null, length: number): void {
    if (this.#over) return;
    const head = headBytes({ type, flags, stream, length });
    this.send(payload === null ? head : joined([head, payload]));
  }

  #ping(): void {
    if (Date.now() - this.#heard > SILENCE_MS) return this.close();
    this.#pings += 1;
    this.#put(TYPE.ping, FLAG.syn, 0, null, this.#pings);
  }
}

type Put = (type: number, flags: number, payload: Uint8Array | null, length: number) => void;

/** One stream: bytes both ways. */
export class Stream {
  #chunks: Uint8Array[] = [];
  #have = 0;
  /** What was read and not granted again. */
  #taken = 0;
  #sendWindow = WINDOW_BYTES;
  #receiveWindow = WINDOW_BYTES;
  #opened = false;
  #theirsEnded = false;
  #oursEnded = false;
  #broken = false;
  #waiting = new Set<() => void>();
  /** Writes go one after another. */
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly put: Put,
    private readonly forget: () => void,
  ) {}

  /** So many bytes; fewer, or none, only where the other end said that there are no more. */
  async read(count: number): Promise<Uint8Array> {
    while (this.#have < count && !this.#theirsEnded) {
      if (this.#broken) throw new Broken("the stream broke");
      // What is wanted may be longer than a window: what came has been taken over.
      this.#grant();
      await this.#change();
    }
    if (this.#broken && this.#have < count) throw new Broken("the stream broke");
    const bytes = this.#cut(Math.min(count, this.#have));
    this.#grant();
    return bytes;
  }

  /** Settles when all is on its way. */
  write(bytes: Uint8Array): Promise<void> {
    this.#writing = this.#writing.catch(() => {}).then(() => this.#write(bytes));
    return this.#writing;
  }

  /** No more bytes from here. What was written before goes first. */
  async end(): Promise<void> {
    await this.#writing.catch(() => {});
    if (this.#oursEnded || this.#broken) return;
    this.#oursEnded = true;
    this.put(TYPE.windowUpdate, FLAG.fin | this.#first(), null, 0);
    if (this.#theirsEnded) this.forget();
  }

  /** Ends both ways at once; what is on its way is lost. */
  reset(): void {
    if (this.#broken) return;
    const known = this.#opened && !(this.#oursEnded && this.#theirsEnded);
    if (known) this.put(TYPE.windowUpdate, FLAG.rst, null, 0);
    this.broke();
    this.forget();
  }

  came(bytes: Uint8Array): boolean {
    this.#receiveWindow -= bytes.length;
    if (this.#receiveWindow < 0) return false;
    if (bytes.length > 0 && !this.#broken) {
      this.#chunks.push(bytes.slice());
      this.#have += bytes.length;
      this.#wake();
    }
    return true;
  }

  granted(bytes: number): void {
    this.#sendWindow += bytes;
    this.#wake();
  }

  ended(): void {
    this.#theirsEnded = true;
    if (this.#oursEnded) this.forget();
    this.#wake();
  }

  broke(): void {
    this.#broken = true;
    this.forget();
    this.#wake();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      while (this.#sendWindow === 0 && !this.#broken) await this.#change();
      if (this.#broken || this.#oursEnded) throw new Broken("the stream broke");
      const length = Math.min(bytes.length - at, this.#sendWindow, CHUNK_BYTES);
      this.#sendWindow -= length;
      this.put(TYPE.data, this.#first(), bytes.subarray(at, at + length), length);
      at += length;
    }
  }

  #first(): number {
    const flag = this.#opened ? 0 : FLAG.syn;
    this.#opened = true;
    return flag;
  }

  #cut(count: number): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let left = count; left > 0; ) {
      const chunk = this.#chunks[0] as Uint8Array;
      const part = chunk.subarray(0, left);
      parts.push(part);
      left -= part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#have -= count;
    this.#taken += count;
    return parts.length === 1 ? (parts[0] as Uint8Array) : joined(parts);
  }

  /** Lets the other end send more, in steps of half a window; what waits to be read counts only when a reader wants more. */
  #grant(): void {
    if (this.#theirsEnded || this.#broken) return;
    const room = this.#receiveWindow === 0 && this.#taken === 0 ? WINDOW_BYTES : this.#taken;
    if (room < WINDOW_BYTES / 2) return;
    this.#taken = 0;
    this.#receiveWindow += room;
    this.put(TYPE.windowUpdate, this.#first(), null, room);
  }

  #change(): Promise<void> {
    return new Promise((done) => this.#waiting.add(done));
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const done of waiting) done();
  }
}
