/// Keeps the whole folder in this browser: file by file, each verified by its digest, so that it can be interrupted and goes
/// on where it was. A version counts when it is whole; until then the one before does. It draws nothing.

/** As `labwright export` writes it. */
export interface FileList {
  version: string;
  bytes: number;
  files: { file: string; bytes: number; sha256: string }[];
}

export interface OfflineStatus {
  /**
   * `unable`: this browser has no way to. `absent`: nothing is kept. `kept`: all is here. `newer`: all is here, and the
   * server has another version. `bringing`: it is on its way.
   */
  is: "looking" | "unable" | "absent" | "bringing" | "kept" | "newer";
  /** Bytes to bring, and those that are here. */
  bytes: number;
  here: number;
  /** Why it stopped. */
  fault: "network" | "room" | "damaged" | null;
  /** The browser has promised not to throw it away by itself. */
  persistent: boolean;
}

const CURRENT = "labwright-tab";
const PREFIX = "labwright-tab ";
/** Files that are brought at a time. */
const AT_ONCE = 4;
/** Room that is left free. */
const SPARE_BYTES = 16 << 20;

interface Current {
  cache: string;
  version: string;
}

class Fault extends Error {
  constructor(readonly why: "network" | "room" | "damaged") {
    super(why);
  }
}

export class Offline {
  #status: OfflineStatus = { is: "looking", bytes: 0, here: 0, fault: null, persistent: false };
  #stop: AbortController | null = null;
  #newest: FileList | null = null;

  constructor(
    private readonly told: (status: OfflineStatus) => void,
    private readonly scope = new URL("./", location.href).href,
  ) {}

  /** Registers the service worker and finds out what is kept. */
  async look(): Promise<void> {
    if (!("serviceWorker" in navigator) || !("caches" in globalThis)) return this.#be({ is: "unable" });
    try {
      await navigator.serviceWorker.register("sw.js", { scope: "./" });
    } catch {
      return this.#be({ is: "unable" });
    }
    const persistent = (await navigator.storage?.persisted?.()) ?? false;
    const current = await this.#current();
    this.#newest = await this.#ask();
    const bytes = this.#newest?.bytes ?? 0;
    if (current === null) return this.#be({ is: bytes > 0 ? "absent" : "unable", bytes, persistent });
    const newer = this.#newest !== null && this.#newest.version !== current.version;
    this.#be({ is: newer ? "newer" : "kept", bytes, here: bytes, persistent });
  }

  /** Brings what is missing. When it is whole it counts from the next load of the page on. */
  async bring(): Promise<boolean> {
    if (this.#stop !== null) return false;
    const before = this.#status.is;
    this.#stop = new AbortController();
    this.#be({ is: "bringing", fault: null, here: 0 });
    try {
      const list = (this.#newest ??= await this.#ask());
      if (list === null) throw new Fault("network");
      const cache = await caches.open(this.#name(list));
      const missing = await this.#missing(list, cache);
      await this.#makeRoom(missing.reduce((sum, { bytes }) => sum + bytes, 0));
      await this.#bringAll(missing, cache, this.#stop.signal);
      await this.#switch(list);
      this.#be({ is: "kept", here: list.bytes });
      this.#askToKeep();
      return true;
    } catch (error) {
      const stopped = this.#stop.signal.aborted;
      this.#stop.abort();
      const room = error instanceof DOMException && error.name === "QuotaExceededError";
      this.#be({ is: before, fault: stopped ? null : error instanceof Fault ? error.why : room ? "room" : "network" });
      return false;
    } finally {
      this.#stop = null;
    }
  }

  /** What is here stays, and is not brought again. */
  pause(): void {
    this.#stop?.abort();
  }

  /** Gives the room back; the learner's work is elsewhere, and stays. */
  async drop(): Promise<void> {
    await (await caches.open(CURRENT)).delete(this.scope);
    for (const name of await this.#names()) await caches.delete(name);
    await this.look();
  }

  /** Firefox asks the learner in its turn, who may be long, or never answer. Nothing waits for that. */
  #askToKeep(): void {
    void navigator.storage?.persist?.().then(
      (persistent) => this.#be({ persistent }),
      () => {},
    );
  }

  #be(change: Partial<OfflineStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.told(this.#status);
  }

  async #current(): Promise<Current | null> {
    const reply = await (await caches.open(CURRENT)).match(this.scope);
    return reply ? ((await reply.json()) as Current) : null;
  }

  /** The list of the version that the server has now; null when there is no server. */
  async #ask(): Promise<FileList | null> {
    try {
      const reply = await fetch("offline.json?newest", { cache: "no-cache" });
      return reply.ok ? ((await reply.json()) as FileList) : null;
    } catch {
      return null;
    }
  }

  #name({ version }: FileList): string {
    return `${PREFIX}${this.scope} ${version}`;
  }

  async #names(): Promise<string[]> {
    return (await caches.keys()).filter((name) => name.startsWith(`${PREFIX}${this.scope} `));
  }

  /** What is not here yet; files of other versions that are the same are taken over. */
  async #missing(list: FileList, cache: Cache): Promise<FileList["files"]> {
    const known = new Set((await cache.keys()).map(({ url }) => url));
    const missing = list.files.filter(({ file }) => !known.has(this.#url(file)));
    this.#be({ bytes: list.bytes, here: list.bytes - missing.reduce((sum, { bytes }) => sum + bytes, 0) });
    return missing;
  }

  async #makeRoom(bytes: number): Promise<void> {
    const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
    if (quota !== undefined && usage !== undefined && quota - usage < bytes + SPARE_BYTES) throw new Fault("room");
  }

  async #bringAll(files: FileList["files"], cache: Cache, signal: AbortSignal): Promise<void> {
    const queue = [...files];
    const bringNext = async () => {
      for (let next = queue.shift(); next && !signal.aborted; next = queue.shift()) await this.#bringOne(next, cache, signal);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, bringNext));
    signal.throwIfAborted();
  }

  async #bringOne({ file, bytes, sha256 }: FileList["files"][number], cache: Cache, signal: AbortSignal): Promise<void> {
    // Past the service worker, which would give the version before.
    const reply = await fetch(`${encodeURI(file)}?newest=${sha256.slice(0, 16)}`, { cache: "no-cache", signal });
    if (!reply.ok) throw new Fault("network");
    const content = await reply.arrayBuffer();
    if (content.byteLength !== bytes || (await sha256Of(content)) !== sha256) throw new Fault("damaged");
    const type = reply.headers.get("content-type") ?? "application/octet-stream";
    await cache.put(this.#url(file), new Response(content, { headers: { "content-type": type, "content-length": String(bytes) } }));
    this.#be({ here: this.#status.here + bytes });
  }

  #url(file: string): string {
    return new URL(encodeURI(file), this.scope).href;
  }

  /** From now on this version counts; others are given back. */
  async #switch(list: FileList): Promise<void> {
    const cache = this.#name(list);
    const current: Current = { cache, version: list.version };
    await (await caches.open(CURRENT)).put(this.scope, Response.json(current));
    for (const name of await this.#names()) if (name !== cache) await caches.delete(name);
  }
}

async function sha256Of(content: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
