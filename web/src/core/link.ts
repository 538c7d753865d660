/// A socket of the page that comes back by itself: it says hello, hands on what it hears, and after a loss tries again
/// until the server says that there is nothing to come back to. It must not know what travels on it.

import { CLOSE, retryDelay, type Dial, type Socket } from "./socket";

/** `waiting`: the server answers, what we ask for is not ready. `E`: for good. */
export type LinkState<E extends string = "ended"> = "connecting" | "live" | "waiting" | "cut" | E;

/** What a link tells the line, so that badge and strip have one truth. */
export interface LineReport {
  up(who: object): void;
  down(who: object): void;
  leave(who: object): void;
}

export interface LinkEvents<E extends string = "ended"> {
  /** The socket is open: what to say first. */
  hello(): object;
  text(message: string): void;
  bytes(data: ArrayBuffer): void;
  /** The socket is gone, whoever ended it. */
  detached?(): void;
  state(state: LinkState<E>): void;
  /** The server will not have us, as there is no such thing or there are too many: what the link ends as. */
  refused(): E;
  signedOut(): void;
}

const OPEN = 1;

export class Link<E extends string = "ended"> {
  #socket: Socket | null = null;
  #state: LinkState<E> = "connecting";
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    private readonly url: string,
    private readonly events: LinkEvents<E>,
    private readonly line: LineReport,
    private readonly dial: Dial,
  ) {
    this.open();
  }

  get state(): LinkState<E> {
    return this.#state;
  }

  /** Connects; does nothing while a socket is there, or after the end. */
  open(): void {
    if (this.#closed || this.#socket !== null) return;
    clearTimeout(this.#timer);
    const socket = this.dial(this.url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify(this.events.hello()));
    socket.onmessage = (event) => {
      const data = event.data as string | ArrayBuffer;
      if (typeof data === "string") this.events.text(data);
      else this.events.bytes(data);
    };
    socket.onclose = (event) => {
      this.hangUp();
      this.#lost(event.code);
    };
  }

  /** The server has let us in. */
  live(): void {
    this.#attempt = 0;
    this.line.up(this);
    this.#become("live");
  }

  /** Sends bytes or a message; what finds no open socket is dropped. */
  send(what: ArrayBufferView<ArrayBuffer> | object): void {
    if (this.#socket?.readyState !== OPEN) return;
    this.#socket.send(ArrayBuffer.isView(what) ? (what as ArrayBufferView<ArrayBuffer>) : JSON.stringify(what));
  }

  /** Does not wait for the next attempt. */
  retryNow(): void {
    if (this.#socket !== null) return;
    this.#attempt = 0;
    this.open();
  }

  /** The line is known to be dead although the socket still looks open, or what comes makes no sense. */
  drop(): void {
    if (this.#socket === null) return;
    this.hangUp();
    this.#lost(0);
  }

  /** Ends the socket and does not come back by itself: `open` does. */
  hangUp(): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.events.detached?.();
  }

  /** Ends it for good, and says so. */
  end(state: E): void {
    this.close();
    this.#become(state);
  }

  /** Ends it for good, without a word. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.hangUp();
    this.line.leave(this);
  }

  #lost(code: number): void {
    if (this.#closed) return;
    if (code === CLOSE.badToken) return this.events.signedOut();
    if (code === CLOSE.notFound || code === CLOSE.forbidden || code === CLOSE.tooMany) {
      return this.end(this.events.refused());
    }
    if (code === CLOSE.notReady) {
      this.line.leave(this);
      this.#become("waiting");
    } else {
      this.line.down(this);
      this.#become("cut");
    }
    this.#timer = setTimeout(() => this.open(), retryDelay(this.#attempt++));
  }

  #become(state: LinkState<E>): void {
    if (state === this.#state) return;
    this.#state = state;
    this.events.state(state);
  }
}
