/// How the page opens sockets: WebSockets, and where a network blocks them, HTTPS long polling, without asking. Apps
/// open theirs with `dial` and need not know which it is.

import { api } from "./account.svelte";
import { Channel, type Fetcher } from "./channel";
import { door } from "./door";
import { line } from "./line.svelte";
import type { Dial, Socket } from "./socket";

/** So many WebSockets in a row that brought no word, while the server does answer, and they count as blocked. */
const BLOCKED_AFTER = 2;
/** A WebSocket that is not open by then never will be. */
const OPEN_WITHIN_MS = 10_000;
const ANSWER_WITHIN_MS = 5_000;
/** When WebSockets are tried again; each time later, for the trial costs the server a little. */
const TRIAL_MS = [30_000, 60_000, 120_000, 300_000];

/** Where the transport says which way it goes. */
export interface Way {
  polling: boolean;
}

export class Transport {
  #strikes = 0;
  #words = 0;
  #asking = false;
  #channels = new Map<string, Channel>();
  #lastUrl = "";
  #trials = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly token: () => string | null,
    private readonly way: Way,
    private readonly fetcher: Fetcher = (input, init) => fetch(input, init),
    private readonly open: (url: string) => WebSocket = (url) => new WebSocket(url),
  ) {}

  dial: Dial = (url) => {
    this.#lastUrl = url;
    return this.way.polling ? this.#poll(url) : this.#watched(url);
  };

  /** The network may be another one: looks at once whether WebSockets work here. */
  lookAgain(): void {
    if (this.way.polling) this.#try();
  }

  /** The page goes away; what it polled would be kept for a while otherwise. */
  leave(): void {
    for (const channel of this.#channels.values()) channel.close();
    this.#channels.clear();
  }

  #poll(url: string): Socket {
    const { session, to } = partsOf(url);
    let channel = this.#channels.get(session);
    if (!channel || channel.over) {
      channel = new Channel(session, this.token, this.fetcher);
      this.#channels.set(session, channel);
    }
    return channel.open(to);
  }

  /** A WebSocket of which we note whether anything came through it. */
  #watched(url: string): Socket {
    const socket = this.open(url);
    const close = socket.close.bind(socket);
    let ours = false;
    const late = setTimeout(close, OPEN_WITHIN_MS);
    socket.close = (code, reason) => {
      ours = true;
      close(code, reason);
    };
    let heard = false;
    socket.addEventListener("open", () => clearTimeout(late));
    socket.addEventListener("message", () => (heard ||= this.#works()));
    socket.addEventListener("close", ({ code }) => {
      clearTimeout(late);
      if (isOfServer(code)) this.#works();
      else if (!heard && !ours) void this.#strike();
    });
    return socket as Socket;
  }

  #works(): true {
    this.#strikes = 0;
    this.#words += 1;
    return true;
  }

  /** A WebSocket failed. That says something about WebSockets only when the server can be reached otherwise. */
  async #strike(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const words = this.#words;
    const answers = await this.#answers();
    this.#asking = false;
    if (!answers || words !== this.#words || this.way.polling) return;
    this.#strikes += 1;
    if (this.#strikes < BLOCKED_AFTER) return;
    this.way.polling = true;
    this.#trials = 0;
    this.#tryLater();
  }

  async #answers(): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      return (await this.fetcher("/healthz", { cache: "no-store", signal })).ok;
    } catch {
      return false;
    }
  }

  #tryLater(): void {
    clearTimeout(this.#timer);
    const wait = TRIAL_MS[Math.min(this.#trials, TRIAL_MS.length - 1)];
    this.#trials += 1;
    this.#timer = setTimeout(() => this.#try(), wait);
  }

  /** Opens a WebSocket and says nothing sensible: a refusal in the server's own words shows that they pass. */
  #try(): void {
    clearTimeout(this.#timer);
    const socket = this.open(this.#lastUrl);
    const late = setTimeout(() => socket.close(), OPEN_WITHIN_MS);
    socket.addEventListener("open", () => socket.send("{}"));
    socket.addEventListener("close", ({ code }) => {
      clearTimeout(late);
      if (!isOfServer(code)) return this.#tryLater();
      this.way.polling = false;
      this.#works();
      for (const channel of this.#channels.values()) channel.retire();
      this.#channels.clear();
    });
  }
}

/** Codes that our server gives; others may come from the browser or from something in between. */
function isOfServer(code: number): boolean {
  return code === 1012 || (code >= 4400 && code < 4500);
}

/** The address of the session, and what the socket's address names below it. */
export function partsOf(url: string): { session: string; to: string } {
  const { pathname } = new URL(url);
  const [, api, version, noun, id, ...rest] = pathname.split("/");
  return { session: `/${api}/${version}/${noun}/${id}`, to: rest.map(decodeURIComponent).join("/") };
}

export const transport = new Transport(() => api.token, line);
export const dial: Dial = (url) => (door.dial ?? transport.dial)(url);

if (typeof window !== "undefined") {
  addEventListener("online", () => transport.lookAgain());
  addEventListener("pagehide", () => transport.leave());
}
