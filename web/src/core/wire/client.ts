/// The upper end of the wire protocol: opens streams to an agent, each with a header, a reply and frames. It must not know
/// what carries the channel, nor what a stream is for.

import type { Control, Failed, Open, Reply } from "./messages";
import { joined } from "./packets";
import { Broken, type Stream, type Yamux } from "./yamux";

export const KIND = { data: 0, stderr: 1, control: 2, eof: 3 } as const;
const MAX_HEADER_BYTES = 2 * 1024 * 1024;
const MAX_FRAME_BYTES = 64 * 1024;
/** Bytes of one frame that are written at a time. */
const CHUNK_BYTES = 32 * 1024;

/** The agent said no. */
export class Refused extends Error {
  readonly code: string;

  constructor({ code, message }: Failed) {
    super(message);
    this.code = code;
  }
}

export interface Frame {
  kind: number;
  bytes: Uint8Array;
}

export function headerBytes(message: object): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(message));
  if (json.length > MAX_HEADER_BYTES) throw new Broken("a header is too long");
  return joined([lengthBytes(json.length), json]);
}

export function frameBytes(kind: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_FRAME_BYTES) throw new Broken("a frame is too long");
  return joined([Uint8Array.of(kind), lengthBytes(bytes.length), bytes]);
}

function lengthBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

/** Opens a stream and waits for its reply; a refusal is an error. */
export async function openStream(mux: Yamux, open: Open): Promise<{ reply: Reply; frames: Frames }> {
  const stream = mux.open();
  try {
    await stream.write(headerBytes(open));
    const length = new DataView((await whole(stream, 4)).slice().buffer).getUint32(0);
    if (length > MAX_HEADER_BYTES) throw new Broken("a reply is too long");
    const reply = JSON.parse(new TextDecoder().decode(await whole(stream, length))) as Reply;
    if (reply.reply === "failed") throw new Refused(reply);
    return { reply, frames: new Frames(stream) };
  } catch (error) {
    stream.reset();
    throw error;
  }
}

/** Asks for what is answered by a reply alone. */
export async function request(mux: Yamux, open: Open): Promise<Reply> {
  const { reply, frames } = await openStream(mux, open);
  frames.close();
  return reply;
}

async function whole(stream: Stream, count: number): Promise<Uint8Array> {
  const bytes = await stream.read(count);
  if (bytes.length < count) throw new Broken("the stream ended");
  return bytes;
}

/** A stream after its reply: frames both ways. */
export class Frames {
  constructor(private readonly stream: Stream) {}

  /** Null when the stream ended between two frames. */
  async read(): Promise<Frame | null> {
    const head = await this.stream.read(5);
    if (head.length === 0) return null;
    if (head.length < 5) throw new Broken("the stream ended");
    const kind = head[0] ?? 0;
    const length = new DataView(head.slice().buffer).getUint32(1);
    if (kind > KIND.eof || length > MAX_FRAME_BYTES) throw new Broken("what came is no frame");
    return { kind, bytes: await whole(this.stream, length) };
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      await this.stream.write(frameBytes(KIND.data, bytes.subarray(at, at + CHUNK_BYTES)));
    }
  }

  control(message: Control): Promise<void> {
    return this.stream.write(frameBytes(KIND.control, new TextEncoder().encode(JSON.stringify(message))));
  }

  /** No more data this way; frames may still come. */
  eof(): Promise<void> {
    return this.stream.write(frameBytes(KIND.eof, new Uint8Array(0)));
  }

  close(): void {
    this.stream.reset();
  }
}

export function jsonOf<T>(frame: Frame): T {
  return JSON.parse(new TextDecoder().decode(frame.bytes)) as T;
}
