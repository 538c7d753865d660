/// One terminal's connection: attaches, counts the bytes it has received, and after a loss asks for what is missing
/// (`since`). Keys typed while it is cut are refused, never kept. It must not know xterm.js, nor any page.

import { API } from "./api";
import { Link, type LineReport as LinkReport, type LinkState } from "./link";
import { socketUrl, type Dial } from "./socket";

export type TerminalState = LinkState;

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

export interface LineReport extends LinkReport {
  /** A key had no answer for a while. */
  suspect(): void;
}

/** Larger pastes go in several messages, so that a key never waits behind a whole file. */
const CHUNK_BYTES = 8 * 1024;
/** How much output may wait to be drawn before we hang up and come back for the rest. */
const BACKLOG_BYTES = 4 * 1024 * 1024;
const ACK_EVERY_BYTES = 64 * 1024;
const ANSWER_WITHIN_MS = 2_000;

export class TerminalConnection {
  readonly #link: Link;
  /** Offset of the next byte that we expect; null until the first attach. */
  #offset: number | null = null;
  #replayUntil = 0;
  #drawn = 0;
  #acked = 0;
  #attached = false;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;
  #drained: (() => void) | null = null;

  constructor(
    session: string,
    id: string,
    token: () => string | null,
    private size: Size,
    private readonly events: TerminalEvents,
    private readonly line: LineReport,
    dial: Dial,
    /** What `session` is: a session, or a look at one. */
    of: "sessions" | "looks" = "sessions",
  ) {
    const path = `${API}/${of}/${encodeURIComponent(session)}/terminals/${encodeURIComponent(id)}`;
    const heard = {
      hello: () => ({ token: token(), ...this.size, since: this.#offset }),
      text: (text: string) => this.#message(text),
      bytes: (data: ArrayBuffer) => this.#output(new Uint8Array(data)),
      detached: () => this.#detached(),
      state: (state: TerminalState) => {
        events.state(state);
      },
      refused: () => {
        events.exit(null);
        return "ended" as const;
      },
      signedOut: () => {
        events.signedOut();
      },
    };
    this.#link = new Link(socketUrl(path), heard, line, dial);
  }

  get state(): TerminalState {
    return this.#link.state;
  }

  /** Sends keys or a paste. False, and nothing is sent, unless the terminal is live. */
  input(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (this.state !== "live" || !this.#attached) {
      if (this.state !== "ended") this.events.refused();
      return false;
    }
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) this.#link.send(bytes.subarray(at, at + CHUNK_BYTES));
    this.#expectAnswer();
    return true;
  }

  resize(size: Size): void {
    if (size.cols === this.size.cols && size.rows === this.size.rows) return;
    this.size = size;
    if (this.#attached) this.#link.send({ type: "resize", ...size });
  }

  /** The screen has drawn `count` more bytes; lets a flood of output wait instead of filling memory. */
  drawn(count: number): void {
    this.#drawn += count;
    if (this.#attached && this.#drawn - this.#acked >= ACK_EVERY_BYTES) {
      this.#acked = this.#drawn;
      this.#link.send({ type: "ack", offset: this.#drawn });
    }
    if (this.#drained !== null && this.#drawn >= (this.#offset ?? 0)) {
      const go = this.#drained;
      this.#drained = null;
      go();
    }
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
    clearTimeout(this.#answerTimer);
    const message = parse(text);
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
    this.#link.live();
  }

  #output(bytes: Uint8Array): void {
    clearTimeout(this.#answerTimer);
    const offset = this.#offset ?? 0;
    const past = Math.max(0, Math.min(bytes.length, this.#replayUntil - offset));
    this.#offset = offset + bytes.length;
    if (past > 0) this.events.output(bytes.subarray(0, past), true);
    if (past < bytes.length) this.events.output(bytes.subarray(past), false);
    if (this.#offset - this.#drawn > BACKLOG_BYTES) this.#pause();
  }

  /** Too much waits to be drawn: hang up, and come back with `since` when the screen has caught up. */
  #pause(): void {
    this.#link.hangUp();
    this.#drained = () => this.#link.open();
  }

  #exited(status: number | null): void {
    this.#link.end("ended");
    this.events.exit(status);
  }

  #detached(): void {
    clearTimeout(this.#answerTimer);
    this.#attached = false;
  }

  #expectAnswer(): void {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.line.suspect(), ANSWER_WITHIN_MS);
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
