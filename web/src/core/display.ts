/// One desktop's connection: says who we are, hands a channel of RFB bytes to whoever speaks RFB, and comes back after a
/// loss. The screen lives on at the server, so a new channel shows it as it was. It must not know RFB, nor any page.

import { API } from "./api";
import { CLOSE, retryDelay, socketUrl, type Dial, type Socket } from "./socket";
import type { LineReport } from "./terminal";

export type DisplayState = "connecting" | "live" | "cut" | "waiting" | "ended";

export interface DisplayEvents {
  /** A screen is there: RFB begins on this channel, from its first byte. */
  attached(channel: Channel): void;
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
  #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(bytes: ArrayBufferView<ArrayBuffer>): void {
    if (this.readyState === WebSocket.OPEN && this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
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
  #socket: Socket | null = null;
  #channel: Channel | null = null;
  #state: DisplayState = "connecting";
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    private readonly session: string,
    private readonly app: string,
    private readonly token: () => string | null,
    private readonly events: DisplayEvents,
    private readonly line: LineReport,
    private readonly dial: Dial,
  ) {
    this.#open();
  }

  get state(): DisplayState {
    return this.#state;
  }

  retryNow(): void {
    if (this.#closed || this.#socket !== null || this.#state === "ended") return;
    this.#attempt = 0;
    this.#open();
  }

  /** The line is known to be dead although the socket still looks open, or its RFB makes no sense. */
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
    const path = `${API}/sessions/${encodeURIComponent(this.session)}/displays/${encodeURIComponent(this.app)}`;
    const socket = this.dial(socketUrl(path));
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ token: this.token() }));
    socket.onmessage = (event) => this.#receive(socket, event.data as string | ArrayBuffer);
    socket.onclose = (event) => {
      this.#detach();
      this.#lost(event.code);
    };
  }

  #receive(socket: Socket, data: string | ArrayBuffer): void {
    if (typeof data !== "string") return this.#channel?.take(data);
    if (this.#channel !== null) return;
    this.#channel = new Channel(socket);
    this.#attempt = 0;
    this.line.up(this);
    this.#become("live");
    this.events.attached(this.#channel);
  }

  #lost(code: number): void {
    if (this.#closed || this.#state === "ended") return;
    if (code === CLOSE.badToken) return this.events.signedOut();
    if (code === CLOSE.notFound || code === CLOSE.forbidden) {
      this.line.leave(this);
      return this.#become("ended");
    }
    if (code === CLOSE.notReady) {
      this.line.leave(this);
      this.#become("waiting");
    } else {
      this.line.down(this);
      this.#become("cut");
    }
    this.#timer = setTimeout(() => this.#open(), retryDelay(this.#attempt++));
  }

  #detach(): void {
    const [socket, channel] = [this.#socket, this.#channel];
    this.#socket = this.#channel = null;
    if (socket !== null) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    if (channel !== null) {
      channel.end();
      this.events.detached();
    }
  }

  #become(state: DisplayState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.events.state(state);
  }
}
