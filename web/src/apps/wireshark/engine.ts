/// Wireshark's dissectors in a frame of their own: brings the bundle, starts it, asks and listens. It draws nothing.
///
/// The frame has an origin of its own and reaches no server, so the page fetches the files, where the browser keeps them.
/// Beside a lab that has no server the frame's document is handed to it, too: what keeps the files for times without a
/// connection does not serve a frame that is nobody's.

import { door } from "../../core/door";
import type { Ask, Told, Rows, Start } from "./protocol";

/** Where the bundle is. */
export const bundle = () => `${door.files}/bundles/wireshark`;

/** What the bundle says about itself. */
interface About {
  wiregasm: string;
  hash: string;
  files: Record<string, number>;
  /** Those that are to be unpacked here. */
  packed?: string[];
}

/** The server has no bundle. */
export class Missing extends Error {}

export interface EngineEvents {
  /** How much of the bundle is here, from 0 to 1. */
  progress(part: number): void;
  ready(version: string): void;
  failed(error: Error): void;
  rows(rows: Rows): void;
}

type Question = Extract<Ask, { id: number }>;
/** A question without its number. */
type Without<T> = T extends unknown ? Omit<T, "id"> : never;

export class Engine {
  #frame: HTMLIFrameElement;
  #port: MessagePort | null = null;
  #waiting = new Map<number, (value: never) => void>();
  #early: Ask[] = [];
  #next = 1;
  #ready = false;
  #stop = new AbortController();

  constructor(
    host: HTMLElement,
    private readonly events: EngineEvents,
  ) {
    this.#frame = document.createElement("iframe");
    this.#frame.setAttribute("sandbox", "allow-scripts");
    this.#frame.hidden = true;
    this.#frame.title = "Wireshark";
    this.#frame.setAttribute("aria-hidden", "true");
    void this.#start(host).catch((error: Error) => this.#stop.signal.aborted || this.#fail(error));
  }

  tell(ask: Exclude<Ask, Question>): void {
    if (this.#ready) this.#port?.postMessage(ask);
    else this.#early.push(ask);
  }

  ask<T>(question: Without<Question>): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((done) => {
      this.#waiting.set(id, done as (value: never) => void);
      const ask = { ...question, id } as Question;
      if (this.#ready) this.#port?.postMessage(ask);
      else this.#early.push(ask);
    });
  }

  close(): void {
    this.#stop.abort();
    this.#port?.close();
    this.#frame.remove();
  }

  async #start(host: HTMLElement): Promise<void> {
    const signal = this.#stop.signal;
    const about = await fetch(`${bundle()}/bundle.json`, { cache: "no-cache", signal });
    if (about.status === 404) throw new Missing();
    const { hash, files, packed } = (await about.json()) as About;
    const total = Object.values(files).reduce((sum, size) => sum + size, 0);
    let here = 0;
    const count = (bytes: number) => this.events.progress((here += bytes) / total);
    const bring = (name: string) => {
      const unpack = packed?.includes(name) ?? false;
      return bringFile(`${bundle()}/${name}${unpack ? ".packed" : ""}?v=${hash}`, files[name] ?? 0, unpack, count, signal);
    };
    const [loader, worker, wasm, data] = await Promise.all(
      ["wiregasm.js", "worker.js", "wiregasm.wasm", "wiregasm.data"].map(bring),
    );
    if (!loader || !worker || !wasm || !data) throw new Error("the bundle is not whole");
    const text = (bytes: ArrayBuffer) => new TextDecoder().decode(bytes);
    await this.#open(host, door.remote ? null : text(await bring("frame.js")));
    const start: Start = { type: "start", loader: text(loader), worker: text(worker), wasm, data };
    const channel = new MessageChannel();
    this.#port = channel.port1;
    this.#port.onmessage = (event: MessageEvent<Told>) => this.#hear(event.data);
    this.#frame.contentWindow?.postMessage(start, "*", [channel.port2, wasm, data]);
  }

  /** Opens the frame's document, or one with this script; done when it says hello. */
  #open(host: HTMLElement, script: string | null): Promise<void> {
    return new Promise((done, failed) => {
      const hear = (event: MessageEvent) => {
        if (event.source !== this.#frame.contentWindow) return;
        const said = event.data as { type?: string; message?: string };
        if (said?.type === "hello") done();
        if (said?.type === "failed") {
          failed(new Error(said.message));
          this.#fail(new Error(said.message));
        }
      };
      addEventListener("message", hear, { signal: this.#stop.signal });
      if (script === null) this.#frame.src = `${bundle()}/index.html`;
      else this.#frame.srcdoc = documentWith(script);
      host.append(this.#frame);
    });
  }

  #hear(told: Told): void {
    if (told.told === "rows") return this.events.rows(told);
    if (told.told === "failed") return this.#fail(new Error(told.message));
    if (told.told === "reply") {
      this.#waiting.get(told.id)?.(told.value as never);
      this.#waiting.delete(told.id);
      return;
    }
    this.#ready = true;
    for (const ask of this.#early.splice(0)) this.#port?.postMessage(ask);
    this.events.ready(told.version);
  }

  #fail(error: Error): void {
    this.close();
    this.events.failed(error);
  }
}

/** What the bundle's `index.html` is, with its script in it: it may run that one, and what the page hands it. */
function documentWith(script: string): string {
  const mark = crypto.randomUUID();
  const policy = `default-src 'none'; script-src 'nonce-${mark}' blob: 'wasm-unsafe-eval'; worker-src blob:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<script nonce="${mark}">${script.replaceAll("</script", "<\\/script")}</script>`;
}

/** Fetches a file whole, counting its bytes as they come. */
async function bringFile(
  url: string,
  size: number,
  unpack: boolean,
  count: (bytes: number) => void,
  signal: AbortSignal,
): Promise<ArrayBuffer> {
  const reply = await fetch(url, { signal });
  if (!reply.ok || !reply.body) throw new Error(`${url}: ${reply.status}`);
  const whole = new Uint8Array(size);
  let at = 0;
  const body = unpack ? reply.body.pipeThrough(new DecompressionStream("gzip")) : reply.body;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > size) throw new Error(`${url} is longer than it says`);
    whole.set(value, at);
    at += value.length;
    count(value.length);
  }
  if (at !== size) throw new Error(`${url} was cut off`);
  return whole.buffer;
}
