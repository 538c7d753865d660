/// One terminal's connection: attaches, counts the bytes it has received, and after a loss asks for what is missing
/// (`since`). Keys typed while it is cut are refused, never kept. It must not know xterm.js, nor any page.

import { API } from "./api";
import { CLOSE, retryDelay, socketUrl, type Dial, type Socket } from "./socket";

export type TerminalState = "connecting" | "live" | "cut" | "waiting" | "ended";

export interface Size {
  cols: number;
  rows: number;
}

export interface TerminalEvents {
  /** Output bytes. `replay`: they repeat the past, so questions in them must not be answered again. */
  output(bytes: Uint8Array, replay: boolean): void;
  /** What was shown is out of date: forget it, the kept output follows. `lost`: some of it is gone for good. */
  restart(lost: boolean): void;
  state(state: TerminalState): void;
  exit(status: number | null): void;
  /** Keys were refused because the line is cut. */
  refused(): void;
  signedOut(): void;
}

/** What the connection tells the line, so that badge and strip have one truth. */
export interface LineReport {
  up(who: object): void;
  down(who: object): void;
  leave(who: object): void;
  suspect(): void;
}

/** Larger pastes go in several messages, so that a key never waits behind a whole file. */
const CHUNK_BYTES = 8 * 1024;
/** How much output may wait to be drawn before we hang up and come back for the rest. */
const BACKLOG_BYTES = 4 * 1024 * 1024;
const ACK_EVERY_BYTES = 64 * 1024;
const ANSWER_WITHIN_MS = 2_000;

export class TerminalConnection {
  #socket: Socket | null = null;
  #state: TerminalState = "connecting";
  /** Offset of the next byte that we expect; null until the first attach. */
  #offset: number | null = null;
  #replayUntil = 0;
  #drawn = 0;
  #acked = 0;
  #attempt = 0;
  #attached = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #drained: (() => void) | null = null;

  constructor(
    private readonly session: string,
    private readonly id: string,
    private readonly token: () => string | null,
    private size: Size,
    private readonly events: TerminalEvents,
    private readonly line: LineReport,
    private readonly dial: Dial,
  ) {
    this.#open();
  }

  get state(): TerminalState {
    return this.#state;
  }

  /** Sends keys or a paste. False, and nothing is sent, unless the terminal is live. */
  input(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.#state !== "live" || this.#socket === null) {
      if (this.#state !== "ended") this.events.refused();
      return false;
    }
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) this.#socket.send(bytes.subarray(at, at + CHUNK_BYTES));
    this.#expectAnswer();
    return true;
  }

  resize(size: Size): void {
    if (size.cols === this.size.cols && size.rows === this.size.rows) return;
    this.size = size;
    if (this.#attached) this.#say({ type: "resize", ...size });
  }

  /** The screen has drawn `count` more bytes; lets a flood of output wait instead of filling memory. */
  drawn(count: number): void {
    this.#drawn += count;
    if (this.#attached && this.#drawn - this.#acked >= ACK_EVERY_BYTES) {
      this.#acked = this.#drawn;
      this.#say({ type: "ack", offset: this.#drawn });
    }
    if (this.#drained !== null && this.#drawn >= (this.#offset ?? 0)) {
      const go = this.#drained;
      this.#drained = null;
      go();
    }
  }

  retryNow(): void {
    if (this.#closed || this.#socket !== null || this.#state === "ended") return;
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
    clearTimeout(this.#answerTimer);
    this.#detach();
    this.line.leave(this);
  }

  #open(): void {
    clearTimeout(this.#timer);
    const path = `${API}/sessions/${encodeURIComponent(this.session)}/terminals/${encodeURIComponent(this.id)}`;
    const socket = this.dial(socketUrl(path));
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      socket.send(JSON.stringify({ token: this.token(), ...this.size, since: this.#offset }));
    };
    socket.onmessage = (event) => this.#receive(event.data as string | ArrayBuffer);
    socket.onclose = (event) => {
      this.#socket = null;
      this.#attached = false;
      this.#lost(event.code);
    };
  }

  #receive(data: string | ArrayBuffer): void {
    clearTimeout(this.#answerTimer);
    if (typeof data !== "string") return this.#output(new Uint8Array(data));
    const message = parse(data);
    if (message?.type === "attached") this.#wasAttached(message.offset ?? 0, message.end ?? 0, message.lost ?? false);
    if (message?.type === "exit") this.#exited(message.status ?? null);
  }

  #wasAttached(offset: number, end: number, lost: boolean): void {
    const continues = this.#offset !== null && offset === this.#offset && !lost;
    if (this.#offset !== null && !continues) this.events.restart(lost);
    // Only what repeats the past is a replay: after a loss the missed bytes may hold a question that nobody answered,
    // but its asker is long gone, so they count as past as well.
    this.#replayUntil = end;
    this.#offset = offset;
    this.#drawn = offset;
    this.#acked = offset;
    this.#attached = true;
    this.#attempt = 0;
    this.line.up(this);
    this.#become("live");
  }

  #output(bytes: Uint8Array): void {
    const offset = this.#offset ?? 0;
    const past = Math.max(0, Math.min(bytes.length, this.#replayUntil - offset));
    this.#offset = offset + bytes.length;
    if (past > 0) this.events.output(bytes.subarray(0, past), true);
    if (past < bytes.length) this.events.output(bytes.subarray(past), false);
    if (this.#offset - this.#drawn > BACKLOG_BYTES) this.#pause();
  }

  /** Too much waits to be drawn: hang up, and come back with `since` when the screen has caught up. */
  #pause(): void {
    this.#detach();
    this.#drained = () => !this.#closed && this.#state !== "ended" && this.#open();
  }

  #exited(status: number | null): void {
    this.#become("ended");
    this.line.leave(this);
    this.#detach();
    this.events.exit(status);
  }

  #lost(code: number): void {
    clearTimeout(this.#answerTimer);
    if (this.#closed || this.#state === "ended") return;
    if (code === CLOSE.badToken) return this.events.signedOut();
    if (code === CLOSE.notFound || code === CLOSE.forbidden) return this.#exited(null);
    if (code === CLOSE.notReady) {
      this.line.leave(this);
      this.#become("waiting");
    } else {
      this.line.down(this);
      this.#become("cut");
    }
    this.#timer = setTimeout(() => this.#open(), retryDelay(this.#attempt++));
  }

  #expectAnswer(): void {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.line.suspect(), ANSWER_WITHIN_MS);
  }

  #say(message: object): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  #detach(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#attached = false;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #become(state: TerminalState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.events.state(state);
  }
}

interface ServerMessage {
  type?: string;
  offset?: number;
  end?: number;
  lost?: boolean;
  status?: number | null;
}

function parse(text: string): ServerMessage | null {
  try {
    return JSON.parse(text) as ServerMessage;
  } catch {
    return null;
  }
}
