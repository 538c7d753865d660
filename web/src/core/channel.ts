/// The page's end of a polled channel: sockets over HTTPS questions, for networks that block WebSockets. One channel
/// carries all sockets of a session, since a browser has few connections to one server and a question that waits takes
/// one. It must not know why it is used, nor what its sockets carry.

import { CLOSE, type Socket } from "./socket";

const TEXT = 0;
const BINARY = 1;
const CLOSED = 2;
const OPEN = 3;
const HEAD_BYTES = 9;
/** A batch ends with the record that reaches this. */
const BATCH_BYTES = 128 * 1024;
/** Waits before a question or a batch whose answer was lost is sent again; then the line counts as cut. */
const AGAIN_MS = [150, 600];
const SEND_TIMEOUT_MS = 15_000;
/** An answer may come so much later than the server waits. */
const NEWS_SLACK_MS = 10_000;
const ABNORMAL = 1006;
const EMPTY_FOR_MS = 2_000;
const QUIET_FOR_MS = 3_000;

export type Fetcher = typeof fetch;

/** One record of a batch: `u8` kind, `u32` socket, `u32` length, bytes. */
export function record(kind: number, socket: number, bytes: Uint8Array): Uint8Array {
  const made = new Uint8Array(HEAD_BYTES + bytes.length);
  const view = new DataView(made.buffer);
  view.setUint8(0, kind);
  view.setUint32(1, socket);
  view.setUint32(5, bytes.length);
  made.set(bytes, HEAD_BYTES);
  return made;
}

/** Reads the records of a batch from `at`; false when they are none. */
export function readRecords(
  batch: ArrayBuffer,
  at: number,
  seen: (kind: number, socket: number, bytes: ArrayBuffer) => void,
): boolean {
  const view = new DataView(batch);
  while (at < batch.byteLength) {
    if (at + HEAD_BYTES > batch.byteLength) return false;
    const end = at + HEAD_BYTES + view.getUint32(at + 5);
    if (end > batch.byteLength) return false;
    seen(view.getUint8(at), view.getUint32(at + 1), batch.slice(at + HEAD_BYTES, end));
    at = end;
  }
  return true;
}

export class Channel {
  /** It carries nothing any more: open another one. */
  over = false;
  #id: string | null = null;
  #waitMs = 25_000;
  #sockets = new Map<number, PolledSocket>();
  #last = 0;
  #after = 0;
  #seq = 0;
  #queue: Uint8Array[] = [];
  #sending = false;
  #requests = new Set<AbortController>();
  #emptied: ReturnType<typeof setTimeout> | undefined;

  constructor(
    /** Address of the session. */
    private readonly session: string,
    private readonly token: () => string | null,
    private readonly fetcher: Fetcher = (input, init) => fetch(input, init),
  ) {
    void this.#start();
  }

  /** Opens a socket to what a WebSocket's address names below the session: `events`, `terminals/t1`. */
  open(to: string): Socket {
    clearTimeout(this.#emptied);
    const number = (this.#last += 1);
    const socket = new PolledSocket(
      (kind, bytes) => this.#put(record(kind, number, bytes)),
      () => this.#forget(number),
    );
    this.#sockets.set(number, socket);
    this.#queue.push(record(OPEN, number, new TextEncoder().encode(to)));
    if (this.#id !== null) {
      queueMicrotask(() => {
        socket.opened();
        void this.#flush();
      });
    }
    return socket;
  }

  /** Closes each socket when nothing has been sent on it for a while: there is a better way now. */
  retire(): void {
    const timer = setInterval(() => {
      for (const socket of this.#sockets.values()) if (socket.quietMs() > QUIET_FOR_MS) socket.close(CLOSE.goingAway);
      if (this.over || this.#sockets.size === 0) clearInterval(timer);
    }, 500);
  }

  close(): void {
    this.#lose(ABNORMAL);
  }

  async #start(): Promise<void> {
    const opened = await this.#ask("POST", "", SEND_TIMEOUT_MS);
    if (opened === null) return;
    const { id, wait_ms } = (await opened.json()) as { id: string; wait_ms: number };
    this.#id = id;
    this.#waitMs = wait_ms;
    if (this.over) return this.#dismiss();
    for (const socket of [...this.#sockets.values()]) socket.opened();
    void this.#flush();
    await this.#listen();
  }

  async #listen(): Promise<void> {
    while (!this.over) {
      const answer = await this.#ask("GET", `/${this.#id}?after=${this.#after}`, this.#waitMs + NEWS_SLACK_MS);
      if (answer === null || this.over) return;
      const batch = await answer.arrayBuffer();
      if (batch.byteLength < 4) return this.#lose(ABNORMAL);
      const number = new DataView(batch).getUint32(0);
      if (number === this.#after) continue;
      this.#after = number;
      const whole = readRecords(batch, 4, (kind, socket, bytes) => this.#receive(kind, socket, bytes));
      if (!whole) return this.#lose(ABNORMAL);
    }
  }

  #receive(kind: number, number: number, bytes: ArrayBuffer): void {
    const socket = this.#sockets.get(number);
    if (kind === TEXT) socket?.heard(new TextDecoder().decode(bytes));
    if (kind === BINARY) socket?.heard(bytes);
    if (kind !== CLOSED) return;
    this.#remove(number);
    socket?.lost(new DataView(bytes).getUint16(0));
  }

  #put(made: Uint8Array): void {
    this.#queue.push(made);
    void this.#flush();
  }

  /** Sends what waits: at once, but one batch at a time, so that keys typed meanwhile go together. */
  async #flush(): Promise<void> {
    if (this.#sending || this.#id === null) return;
    this.#sending = true;
    while (this.#queue.length > 0 && !this.over) {
      // What is said in one go travels together.
      await Promise.resolve();
      const body = this.#nextBatch();
      this.#seq += 1;
      await this.#ask("POST", `/${this.#id}?seq=${this.#seq}`, SEND_TIMEOUT_MS, body);
    }
    this.#sending = false;
  }

  #nextBatch(): Uint8Array<ArrayBuffer> {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && bytes < BATCH_BYTES) bytes += this.#queue[count++]?.length ?? 0;
    const batch = new Uint8Array(bytes);
    let at = 0;
    for (const made of this.#queue.splice(0, count)) {
      batch.set(made, at);
      at += made.length;
    }
    return batch;
  }

  /** Asks until there is an answer; null, and everything is lost, when there is none or it is a refusal. */
  async #ask(method: string, path: string, timeoutMs: number, body?: Uint8Array<ArrayBuffer>): Promise<Response | null> {
    for (let attempt = 0; !this.over; attempt += 1) {
      const answer = await this.#send(method, path, timeoutMs, body).catch(() => null);
      if (answer?.ok) return answer;
      if (this.over) return null;
      const wait = AGAIN_MS[attempt];
      const passing = answer === null || answer.status >= 500;
      if (!passing || wait === undefined) {
        this.#lose(answer === null ? ABNORMAL : this.#codeOf(answer.status));
        return null;
      }
      await new Promise((done) => setTimeout(done, wait));
    }
    return null;
  }

  async #send(method: string, path: string, timeoutMs: number, body?: Uint8Array<ArrayBuffer>): Promise<Response> {
    const request = new AbortController();
    const timer = setTimeout(() => request.abort(), timeoutMs);
    this.#requests.add(request);
    const headers: Record<string, string> = { authorization: `Bearer ${this.token() ?? ""}` };
    if (body) headers["content-type"] = "application/octet-stream";
    const { signal } = request;
    const options: RequestInit = { method, headers, body, signal, cache: "no-store", credentials: "same-origin" };
    try {
      const answer = await this.fetcher(`${this.session}/channels${path}`, options);
      // Whole, so that an answer that breaks off counts as none.
      return new Response(answer.status === 204 ? null : await answer.arrayBuffer(), { status: answer.status });
    } finally {
      clearTimeout(timer);
      this.#requests.delete(request);
    }
  }

  /** What a WebSocket would have been closed with. A channel that is not there any more was forgotten by a restart. */
  #codeOf(status: number): number {
    if (status === 401) return CLOSE.badToken;
    if (status === 403) return CLOSE.forbidden;
    if (status === 404 && this.#id === null) return CLOSE.notFound;
    return ABNORMAL;
  }

  #forget(number: number): void {
    if (!this.#sockets.has(number)) return;
    this.#put(record(CLOSED, number, new Uint8Array([3, 232])));
    this.#remove(number);
  }

  #remove(number: number): void {
    this.#sockets.delete(number);
    clearTimeout(this.#emptied);
    if (this.#sockets.size === 0) this.#emptied = setTimeout(() => this.#lose(ABNORMAL), EMPTY_FOR_MS);
  }

  #lose(code: number): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.#emptied);
    for (const request of this.#requests) request.abort();
    this.#dismiss();
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    for (const socket of sockets) socket.lost(code);
  }

  /** Tells the server that nobody asks here any more; it would find out by itself. */
  #dismiss(): void {
    if (this.#id === null) return;
    const headers = { authorization: `Bearer ${this.token() ?? ""}` };
    this.fetcher(`${this.session}/channels/${this.#id}`, { method: "DELETE", headers, keepalive: true }).catch(() => {});
  }
}

/** What a WebSocket is to its user. */
class PolledSocket implements Socket {
  binaryType: BinaryType = "arraybuffer";
  readyState: number = 0;
  readonly protocol = "";
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  #sentAt = Date.now();

  constructor(
    private readonly put: (kind: number, bytes: Uint8Array) => void,
    private readonly forget: () => void,
  ) {}

  send(data: string | ArrayBuffer | ArrayBufferView): void {
    if (this.readyState !== 1) return;
    this.#sentAt = Date.now();
    if (typeof data === "string") return this.put(TEXT, new TextEncoder().encode(data));
    const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
    this.put(BINARY, bytes);
  }

  close(code = 1000): void {
    if (this.readyState === 3) return;
    this.forget();
    this.readyState = 3;
    queueMicrotask(() => this.onclose?.(new CloseEvent("close", { code })));
  }

  quietMs(): number {
    return Date.now() - this.#sentAt;
  }

  opened(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }

  heard(data: string | ArrayBuffer): void {
    if (this.readyState === 1) this.onmessage?.(new MessageEvent("message", { data }));
  }

  lost(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.(new CloseEvent("close", { code }));
  }
}
