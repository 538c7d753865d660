/// One desktop's connection: says who we are, hands a channel of RFB bytes to whoever speaks RFB, and comes back after a
/// loss. The screen lives on at the server, so a new channel shows it as it was. It must not know RFB, nor any page.

import { API } from "./api";
import { Link, type LineReport, type LinkState } from "./link";
import { socketUrl, type Dial } from "./socket";

export type DisplayState = LinkState;

export interface DisplayEvents {
  /** A screen is there: RFB begins on this channel, from its first byte. What it shows may be recorded. */
  attached(channel: Channel, recorded: boolean): void;
  /** The channel is dead. */
  detached(): void;
  state(state: DisplayState): void;
  signedOut(): void;
}

/** What looks like a WebSocket to noVNC: open from its birth, and closed for good by its end. */
export class Channel {
  binaryType = "arraybuffer";
  protocol = "";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readyState: number = WebSocket.OPEN;
  /** Bytes that have come. */
  received = 0;

  constructor(private readonly link: Link) {}

  send(bytes: ArrayBufferView<ArrayBuffer>): void {
    if (this.readyState === WebSocket.OPEN) this.link.send(bytes);
  }

  close(): void {
    this.end();
  }

  take(data: ArrayBuffer): void {
    this.received += data.byteLength;
    this.onmessage?.({ data });
  }

  end(): void {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code: 1000, reason: "" });
  }
}

export class DisplayConnection {
  readonly #link: Link;
  #channel: Channel | null = null;

  constructor(
    session: string,
    app: string,
    token: () => string | null,
    private readonly events: DisplayEvents,
    line: LineReport,
    dial: Dial,
    /** What `session` is: a session, or a look at one. */
    of: "sessions" | "looks" = "sessions",
  ) {
    const path = `${API}/${of}/${encodeURIComponent(session)}/displays/${encodeURIComponent(app)}`;
    const heard = {
      hello: () => ({ token: token() }),
      text: (message: string) => this.#attached(message),
      bytes: (data: ArrayBuffer) => this.#channel?.take(data),
      detached: () => this.#detached(),
      state: (state: DisplayState) => {
        events.state(state);
      },
      refused: () => "ended" as const,
      signedOut: () => {
        events.signedOut();
      },
    };
    this.#link = new Link(socketUrl(path), heard, line, dial);
  }

  get state(): DisplayState {
    return this.#link.state;
  }

  retryNow(): void {
    this.#link.retryNow();
  }

  /** The line is known to be dead although the socket still looks open, or its RFB makes no sense. */
  drop(): void {
    this.#link.drop();
  }

  close(): void {
    this.#link.close();
  }

  #attached(message: string): void {
    if (this.#channel !== null) return;
    this.#channel = new Channel(this.#link);
    this.#link.live();
    this.events.attached(this.#channel, isRecorded(message));
  }

  #detached(): void {
    const channel = this.#channel;
    if (channel === null) return;
    this.#channel = null;
    channel.end();
    this.events.detached();
  }
}

function isRecorded(message: string): boolean {
  try {
    return (JSON.parse(message) as { recorded?: unknown }).recorded === true;
  } catch {
    return false;
  }
}
