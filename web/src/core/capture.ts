/// A live capture: the WebSocket of one network or link, which starts, stops and comes back after a cut by itself. Each
/// connection begins with a section header, so what comes is one pcapng file however often the line was cut.

import { API } from "./api";
import { Link, type LineReport, type LinkState } from "./link";
import { socketUrl, type Dial } from "./socket";

/** `stopped`: by the learner. `refused`: there is no such network, or too many captures. */
type Ended = "stopped" | "refused";
export type LiveState = LinkState<Ended>;

export interface LiveEvents {
  /** Whole pcapng blocks. */
  packets(bytes: Uint8Array): void;
  state(state: LiveState): void;
  /** Packets of this connection that were lost because the page was too slow. */
  dropped(count: number): void;
  signedOut(): void;
}

/** What the page takes in before it says so. */
const ACK_EVERY_BYTES = 64 * 1024;

export class Live {
  readonly #link: Link<Ended>;
  #offset = 0;
  #acked = 0;

  constructor(
    session: string,
    source: string,
    token: () => string | null,
    private readonly events: LiveEvents,
    line: LineReport,
    dial: Dial,
    /** Bytes to keep of each packet; null: all. */
    snap: number | null = null,
  ) {
    const path = `${API}/sessions/${encodeURIComponent(session)}/captures/${encodeURIComponent(source)}`;
    const heard = {
      hello: () => ({ token: token(), snap }),
      text: (text: string) => this.#message(text),
      bytes: (data: ArrayBuffer) => this.#packets(new Uint8Array(data)),
      state: (state: LiveState) => {
        events.state(state);
      },
      refused: () => "refused" as const,
      signedOut: () => {
        events.signedOut();
      },
    };
    this.#link = new Link(socketUrl(path), heard, line, dial);
  }

  get state(): LiveState {
    return this.#link.state;
  }

  /** No more packets: those that passed until now still come. */
  stop(): void {
    if (this.state === "live") this.#link.send({ type: "stop" });
    else this.#link.end("stopped");
  }

  retryNow(): void {
    this.#link.retryNow();
  }

  /** The line is known to be dead although the socket still looks open. */
  drop(): void {
    this.#link.drop();
  }

  close(): void {
    this.#link.close();
  }

  #message(text: string): void {
    const message = JSON.parse(text) as { type?: string; dropped?: number };
    if (message.type === "started") {
      this.#offset = this.#acked = 0;
      this.#link.send({ type: "ack", offset: 0 });
      this.#link.live();
    }
    if (message.type === "counts") this.events.dropped(message.dropped ?? 0);
    if (message.type === "stopped") this.#link.end("stopped");
  }

  #packets(bytes: Uint8Array): void {
    this.events.packets(bytes);
    this.#offset += bytes.length;
    if (this.#offset - this.#acked < ACK_EVERY_BYTES) return;
    this.#acked = this.#offset;
    this.#link.send({ type: "ack", offset: this.#offset });
  }
}
