/// The sockets of terminals and captures, spoken by this tab to itself: what crates/gateway does between a page and an
/// agent, in the same messages.

import { CLOSE } from "../../core/socket";
import { jsonOf, KIND, openStream, Refused, type Frames } from "../../core/wire/client";
import type { Control, Exit, Open, Reply } from "../../core/wire/messages";
import type { Yamux } from "../../core/wire/yamux";
import type { Other, TabSocket } from "../socket";
import { Blocks } from "./blocks";

/** So much may wait to be drawn before the stream is left to fill. */
const UNDRAWN_BYTES = 512 * 1024;
const NORMAL = 1000;

interface Asked {
  type?: string;
  cols?: number;
  rows?: number;
  since?: number | null;
  snap?: number | null;
  offset?: number;
}

/** How far the page says that it has drawn; one that never says so is not waited for. */
class Drawn {
  #to: number | null = null;
  #moved: () => void = () => {};

  advance(to: number): void {
    if (this.#to === null || to > this.#to) this.#to = to;
    this.#moved();
  }

  async room(offset: number): Promise<void> {
    while (this.#to !== null && offset - this.#to > UNDRAWN_BYTES) await new Promise<void>((moved) => (this.#moved = moved));
  }

  skip(bytes: number): void {
    if (this.#to !== null) this.#to += bytes;
  }
}

/** What is common to both: the first message opens a stream, which ends with the socket. */
abstract class Carried implements Other {
  protected frames: Frames | null = null;
  protected drawn = new Drawn();
  #begun = false;
  #over = false;
  /** Writes go one after the other. */
  #writes: Promise<unknown> = Promise.resolve();

  constructor(
    protected readonly socket: TabSocket,
    private readonly mux: Yamux | null,
  ) {}

  text(text: string): void {
    const asked = JSON.parse(text) as Asked;
    if (this.#begun) return this.told(asked);
    this.#begun = true;
    void this.#carry(asked);
  }

  bytes(_: Uint8Array): void {}

  closed(): void {
    this.#over = true;
    this.frames?.close();
    this.drawn.advance(Number.MAX_SAFE_INTEGER);
  }

  protected abstract open(asked: Asked): Open;
  protected abstract carry(reply: Reply, frames: Frames): Promise<number>;
  protected abstract told(asked: Asked): void;

  protected say(message: object): void {
    this.socket.hear(JSON.stringify(message));
  }

  protected write(what: (frames: Frames) => Promise<void>): void {
    const { frames } = this;
    // A stream that is gone is seen by its reader.
    if (frames) this.#writes = this.#writes.then(() => what(frames)).catch(() => {});
  }

  async #carry(asked: Asked): Promise<void> {
    if (this.mux === null) return this.socket.end(CLOSE.goingAway);
    try {
      const { reply, frames } = await openStream(this.mux, this.open(asked));
      this.frames = frames;
      if (this.#over) return frames.close();
      this.socket.end(await this.carry(reply, frames));
    } catch (error) {
      this.socket.end(error instanceof Refused ? refusal(error) : CLOSE.goingAway);
    }
  }
}

function refusal({ code }: Refused): number {
  if (code === "limit") return CLOSE.tooMany;
  return code === "not_found" ? CLOSE.notFound : CLOSE.notReady;
}

/** Is told what passes a terminal. */
export interface Passing {
  used(): void;
  shown(): void;
}

export class TerminalSocket extends Carried {
  constructor(
    socket: TabSocket,
    mux: Yamux | null,
    private readonly id: string,
    private readonly node: string,
    private readonly passing: Passing,
  ) {
    super(socket, mux);
  }

  protected open({ cols = 80, rows = 24, since = null }: Asked): Open {
    return { open: "pty", node: this.node, terminal: this.id, cols, rows, since, existing: false, argv: [], user: null };
  }

  protected async carry(reply: Reply, frames: Frames): Promise<number> {
    if (reply.reply !== "terminal") return CLOSE.notReady;
    let { offset } = reply;
    this.say({ type: "attached", offset, end: reply.end, lost: reply.lost });
    for (;;) {
      await this.drawn.room(offset);
      const frame = await frames.read();
      if (frame === null) return CLOSE.notReady;
      if (frame.kind === KIND.data || frame.kind === KIND.stderr) {
        offset += frame.bytes.length;
        this.passing.shown();
        this.socket.hear(frame.bytes.slice().buffer);
      }
      if (frame.kind !== KIND.control) continue;
      const control = jsonOf<Control>(frame);
      if (control.control === "skipped") {
        this.drawn.skip(Math.max(0, control.offset - offset));
        offset = control.offset;
        this.say({ type: "attached", offset, end: offset, lost: true });
      }
      if (control.control === "exit") {
        this.say({ type: "exit", status: statusOf(control.exit) });
        return NORMAL;
      }
    }
  }

  protected told({ type, cols, rows, offset }: Asked): void {
    if (type === "resize" && cols && rows) this.write((frames) => frames.control({ control: "resize", cols, rows }));
    if (type === "ack" && offset !== undefined) this.drawn.advance(offset);
  }

  override bytes(bytes: Uint8Array): void {
    // The sender may use its buffer again.
    const own = bytes.slice();
    this.passing.used();
    this.write((frames) => frames.write(own));
  }
}

/** The exit status as a shell reports it. */
function statusOf(exit: Exit): number {
  return "code" in exit ? exit.code : 128 + exit.signal;
}

export class CaptureSocket extends Carried {
  constructor(
    socket: TabSocket,
    mux: Yamux | null,
    private readonly source: string,
  ) {
    super(socket, mux);
  }

  protected open({ snap }: Asked): Open {
    const [one = "", other] = this.source.split(":");
    const at = other === undefined ? { network: one } : { node: one, network: other };
    return { open: "capture", ...at, ...(typeof snap === "number" ? { snap } : {}) };
  }

  protected async carry(_: Reply, frames: Frames): Promise<number> {
    this.say({ type: "started" });
    const blocks = new Blocks();
    let offset = 0;
    for (;;) {
      await this.drawn.room(offset);
      const frame = await frames.read();
      if (frame === null) return CLOSE.notReady;
      if (frame.kind === KIND.eof) {
        this.say({ type: "stopped" });
        return NORMAL;
      }
      if (frame.kind !== KIND.data) continue;
      const whole = blocks.push(frame.bytes);
      if (whole === null) return CLOSE.goingAway;
      offset += whole.bytes.length;
      if (whole.bytes.length > 0) this.socket.hear(whole.bytes.slice().buffer);
      if (whole.counts) this.say({ type: "counts", ...whole.counts });
    }
  }

  protected told({ type, offset }: Asked): void {
    if (type === "stop") this.write((frames) => frames.eof());
    if (type === "ack" && offset !== undefined) this.drawn.advance(offset);
  }
}
