/// The learner's database as the page sees it: a worker, questions and answers, and an end when it is stopped. One page
/// at a time owns it (Web Locks); where the browser keeps nothing it lives in memory. It shows nothing.

import type { Opened, Reply, Request } from "./protocol";

/** The files of a worker that was ended are let go in the background: how often, and how long apart, they are asked for. */
const OPEN_TRIES = 60;
const OPEN_AGAIN_MS = 200;
/** What browsers say of a file that another worker still holds. */
const HELD = ["NoModificationAllowedError", "InvalidStateError"];

/** The database was stopped, or taken over, before it answered. */
export class Stopped extends Error {}

interface Waiting {
  settle(reply: unknown): void;
  fail(error: Error): void;
}

export class Database {
  #worker: Worker | null = null;
  #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(
    /** Names the learner's copy in this browser. */
    readonly folder: string,
    private readonly make: () => Worker = newWorker,
  ) {}

  /** Opens the copy, and tries again while an ended worker still holds it. */
  async open(fresh = false): Promise<Opened> {
    for (let tries = 1; await canKeep(); tries += 1) {
      this.#start();
      try {
        return await this.ask({ act: "open", folder: this.folder, persist: true, fresh });
      } catch (error) {
        if (error instanceof Stopped) throw error;
        this.end();
        // A browser that cannot keep files says something else at once.
        if (!HELD.includes((error as Error).name)) break;
        if (tries === OPEN_TRIES) throw error;
        await new Promise((done) => setTimeout(done, OPEN_AGAIN_MS));
      }
    }
    this.#start();
    return this.ask({ act: "open", folder: this.folder, persist: false, fresh });
  }

  ask<R extends Request>(request: R): Promise<Reply<R["act"]>> {
    const worker = this.#worker;
    if (!worker) return Promise.reject(new Stopped("stopped"));
    const id = this.#next++;
    return new Promise((settle, fail) => {
      this.#waiting.set(id, { settle: settle as (reply: unknown) => void, fail });
      worker.postMessage({ id, request });
    });
  }

  /** Ends what runs, whatever it is. What was not committed is undone when it is opened again. */
  end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { fail } of this.#waiting.values()) fail(new Stopped("stopped"));
    this.#waiting.clear();
  }

  #start(): void {
    this.end();
    const worker = this.make();
    worker.onmessage = (event: MessageEvent<{ id: number; reply?: unknown; error?: string; name?: string }>) => {
      const { id, reply, error, name } = event.data;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error !== undefined) waiting?.fail(Object.assign(new Error(error), { name }));
      else waiting?.settle(reply);
    };
    worker.onerror = (event) => {
      for (const { fail } of this.#waiting.values()) fail(new Error(event.message || "the worker did not start"));
      this.#waiting.clear();
    };
    this.#worker = worker;
  }
}

function newWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}

/** Whether this browser keeps files for pages like this one: not over plain HTTP, not in every private window. */
async function canKeep(): Promise<boolean> {
  if (!isSecureContext || !navigator.storage?.getDirectory) return false;
  return navigator.storage.getDirectory().then(
    () => true,
    () => false,
  );
}

/** Owns a name among the pages of this browser until it is let go or taken over. */
export class Ownership {
  #release: (() => void) | null = null;

  constructor(
    readonly name: string,
    /** Another page took it. */
    private readonly lost: () => void,
  ) {}

  /** True when it is ours now; with `steal` it always is. */
  async take(steal = false): Promise<boolean> {
    if (!navigator.locks) return true;
    return new Promise((answer) => {
      const options: LockOptions = steal ? { steal: true } : { ifAvailable: true };
      const held = navigator.locks.request(this.name, options, (lock) => {
        answer(lock !== null);
        return lock === null ? undefined : new Promise<void>((release) => (this.#release = release));
      });
      held.catch(() => {
        this.#release = null;
        this.lost();
      });
    });
  }

  release(): void {
    this.#release?.();
    this.#release = null;
  }
}
