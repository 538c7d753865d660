/// What a Wireshark tab knows: the capture's bytes, the dissector's answers, the live line. It draws nothing.

import { Live, type LiveState } from "../../core/capture";
import { recall, remember } from "../../core/storage";
import { dial } from "../../core/transport";
import type { LineReport } from "../../core/link";
import { Engine, Missing } from "./engine";
import type { Checked, Packet, Row, Rows, Stream } from "./protocol";

/** Longest capture that a tab keeps: it is read from its beginning whenever it has grown. */
export const MAX_BYTES = 64 * 1024 * 1024;
export const MAX_PACKETS = 100_000;

/** A pause that needs no word. */
const PATIENCE_MS = 500;
const LOADED = "wireshark.loaded";

export type EngineState = "loading" | "ready" | "missing" | "failed";

/** Where a capture comes from. */
export interface Origin {
  session: string;
  source: string;
  token: () => string | null;
  line: LineReport;
  signedOut: () => void;
}

export class Capture {
  engineState = $state<EngineState>("loading");
  progress = $state(0);
  version = $state("");
  why = $state("");
  /** Null: not live, a file. */
  live = $state<LiveState | null>(null);
  paused = $state(false);
  /** The tab holds all that it can. */
  full = $state(false);
  dropped = $state(0);
  packets = $state(0);
  matched = $state(0);
  first = $state(0);
  rows = $state.raw<Row[]>([]);
  error = $state("");
  tookMs = $state(0);
  /** The filter that the rows passed. */
  filter = $state("");
  bytes = $state(0);
  /** What is shown was opened from a file. */
  ofFile = $state(false);
  /** The dissector takes its time over what was asked: a long capture is read, or filtered. */
  busy = $state(false);
  /** This browser has never loaded the dissector. */
  readonly firstTime = !recall(LOADED, false);
  #patience: ReturnType<typeof setTimeout> | undefined;
  /** The tab is not seen: the dissector rests. */
  #hidden = false;
  /** Packets of connections that are over, that were lost. */
  #lost = 0;
  #engine: Engine;
  #live: Live | null = null;
  #parts: Uint8Array[] = [];
  /** While paused: how many of the parts the dissector has. */
  #given = 0;

  constructor(host: HTMLElement) {
    this.#engine = new Engine(host, {
      progress: (part) => (this.progress = part),
      ready: (version) => {
        this.version = version;
        this.engineState = "ready";
        remember(LOADED, true);
      },
      failed: (error) => {
        this.why = error.message;
        this.engineState = error instanceof Missing ? "missing" : "failed";
        this.stop();
      },
      rows: (rows) => this.#take(rows),
    });
  }

  /** Starts a live capture, after what is there. */
  start(origin: Origin): () => void {
    this.#live?.close();
    this.paused = this.full = false;
    this.#lost = this.dropped;
    const live = new Live(origin.session, origin.source, origin.token, {
      packets: (bytes) => this.append(bytes),
      state: (state) => {
        this.live = state;
        if (state !== "live") this.#lost = this.dropped;
      },
      dropped: (count) => (this.dropped = this.#lost + count),
      signedOut: origin.signedOut,
    }, origin.line, dial);
    this.#live = live;
    this.live = live.state;
    return () => live.close();
  }

  stop(): void {
    this.#live?.stop();
  }

  retryNow(): void {
    this.#live?.retryNow();
  }

  drop(): void {
    this.#live?.drop();
  }

  pause(paused: boolean): void {
    this.paused = paused;
    this.#give();
  }

  /** The tab is seen, or not. */
  show(seen: boolean): void {
    this.#hidden = !seen;
    this.#give();
  }

  /** Shows a file instead of what is there. */
  open(bytes: Uint8Array): void {
    this.#live?.close();
    this.live = null;
    this.clear();
    this.paused = false;
    this.ofFile = true;
    this.append(bytes);
  }

  append(bytes: Uint8Array): void {
    if (this.full) return;
    this.#parts.push(bytes);
    this.bytes += bytes.length;
    this.#give();
    if (this.bytes > MAX_BYTES) this.#fill();
  }

  clear(): void {
    this.#parts = [];
    this.#given = this.bytes = this.dropped = this.#lost = 0;
    this.full = this.ofFile = false;
    this.#engine.tell({ ask: "clear" });
  }

  /** All that was captured, as a file. */
  file(): Blob {
    return new Blob(this.#parts as Uint8Array<ArrayBuffer>[], { type: "application/x-pcapng" });
  }

  look(filter: string, first: number | null, count: number): void {
    this.#wait();
    this.#engine.tell({ ask: "look", filter, first, count });
  }

  check(filter: string): Promise<Checked> {
    return this.#engine.ask<Checked>({ ask: "check", filter });
  }

  packet(number: number): Promise<Packet | null> {
    return this.#engine.ask<Packet | null>({ ask: "packet", number });
  }

  complete(field: string): Promise<{ field: string; name: string }[]> {
    return this.#engine.ask({ ask: "complete", field });
  }

  follow(kind: string, filter: string): Promise<Stream | null> {
    return this.#engine.ask<Stream | null>({ ask: "follow", kind, filter });
  }

  /** Place of a packet among those that pass a filter. */
  place(filter: string, number: number): Promise<number> {
    return this.#engine.ask<number>({ ask: "find", filter, number });
  }

  close(): void {
    clearTimeout(this.#patience);
    this.#live?.close();
    this.#engine.close();
  }

  #give(): void {
    if (this.paused || this.#hidden) return;
    if (this.#given < this.#parts.length) this.#wait();
    for (const bytes of this.#parts.slice(this.#given)) this.#engine.tell({ ask: "append", bytes });
    this.#given = this.#parts.length;
  }

  #wait(): void {
    this.#patience ??= setTimeout(() => (this.busy = true), PATIENCE_MS);
  }

  #take(rows: Rows): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.busy = false;
    this.packets = rows.packets;
    this.matched = rows.matched;
    this.first = rows.first;
    this.rows = rows.rows;
    this.error = rows.error;
    this.tookMs = rows.tookMs;
    this.filter = rows.filter;
    if (rows.packets > MAX_PACKETS) this.#fill();
  }

  #fill(): void {
    if (this.live === null || this.full) return;
    this.full = true;
    this.stop();
  }
}
