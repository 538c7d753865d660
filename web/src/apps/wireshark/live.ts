/// A live capture: the WebSocket of one network or link, which starts, stops and comes back after a cut by itself. Each
/// connection begins with a section header, so what comes is one pcapng file however often the line was cut.

import { API } from "../../core/api";
import { CLOSE, retryDelay, socketUrl, type Dial, type Socket } from "../../core/socket";

/** `stopped`: by the learner. `refused`: there is no such network, or too many captures. */
export type LiveState = "connecting" | "live" | "waiting" | "cut" | "stopped" | "refused";

export interface LiveEvents {
  /** Whole pcapng blocks. */
  packets(bytes: Uint8Array): void;
  state(state: LiveState): void;
  /** Packets of this connection that were lost because the page was too slow. */
  dropped(count: number): void;
  signedOut(): void;
}

/** Tells the line what the socket sees; `Line` does. */
export interface LineReport {
  up(who: object): void;
  down(who: object): void;
  leave(who: object): void;
}

/** What the page takes in before it says so. */
const ACK_EVERY_BYTES = 64 * 1024;

export class Live {
  #socket: Socket | null = null;
  #state: LiveState = "connecting";
  #attempt = 0;
  #offset = 0;
  #acked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    private readonly session: string,
    private readonly source: string,
    private readonly token: () => string | null,
    private readonly events: LiveEvents,
    private readonly line: LineReport,
    private readonly dial: Dial,
  ) {
    this.#open();
  }

  get state(): LiveState {
    return this.#state;
  }

  /** No more packets: those that passed until now still come. */
  stop(): void {
    if (this.#socket?.readyState === 1) this.#say({ type: "stop" });
    else this.#end("stopped");
  }

  retryNow(): void {
    if (this.#closed || this.#socket !== null) return;
    this.#attempt = 0;
    this.#open();
  }

  /** The line is known to be dead although the socket still looks open. */
  drop(): void {
    if (this.#socket === null || this.#closed) return;
    this.#detach();
    this.#lost(0);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#detach();
    this.line.leave(this);
  }

  #open(): void {
    clearTimeout(this.#timer);
    const path = `${API}/sessions/${encodeURIComponent(this.session)}/captures/${encodeURIComponent(this.source)}`;
    const socket = this.dial(socketUrl(path));
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ token: this.token() }));
    socket.onmessage = (event) => this.#receive(event.data as string | ArrayBuffer);
    socket.onclose = (event) => {
      this.#socket = null;
      this.#lost(event.code);
    };
  }

  #receive(data: string | ArrayBuffer): void {
    if (typeof data !== "string") return this.#packets(new Uint8Array(data));
    const message = JSON.parse(data) as { type?: string; dropped?: number };
    if (message.type === "started") {
      this.#offset = this.#acked = this.#attempt = 0;
      this.#say({ type: "ack", offset: 0 });
      this.line.up(this);
      this.#become("live");
    }
    if (message.type === "counts") this.events.dropped(message.dropped ?? 0);
    if (message.type === "stopped") this.#end("stopped");
  }

  #packets(bytes: Uint8Array): void {
    this.events.packets(bytes);
    this.#offset += bytes.length;
    if (this.#offset - this.#acked < ACK_EVERY_BYTES) return;
    this.#acked = this.#offset;
    this.#say({ type: "ack", offset: this.#offset });
  }

  #lost(code: number): void {
    if (this.#closed) return;
    if (code === CLOSE.badToken) return this.events.signedOut();
    if (code === CLOSE.notFound || code === CLOSE.forbidden || code === CLOSE.tooMany) return this.#end("refused");
    if (code === CLOSE.notReady) {
      this.line.leave(this);
      this.#become("waiting");
    } else {
      this.line.down(this);
      this.#become("cut");
    }
    this.#timer = setTimeout(() => this.#open(), retryDelay(this.#attempt++));
  }

  #end(state: LiveState): void {
    this.close();
    this.#become(state);
  }

  #say(message: object): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  #detach(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #become(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.events.state(state);
  }
}
