/// Keeps the learner's files: when to save, what came of it, and how they come back. It must not draw anything, nor know what
/// the machine is made of.

import { Refused } from "../../core/wire/client";
import { NotOurs, type Save, type Saves } from "../saves";
import { TooLarge } from "./archive";

/** Files of all nodes of a lab together. */
export const MOST_BYTES = 64 << 20;
/** So long after the last key, or output, the files are saved. */
export const QUIET_MS = 3_000;
/** Who never stops is not waited for any longer. */
export const MOST_MS = 30_000;
/** A save that failed is tried again. */
export const AGAIN_MS = 30_000;

/** A machine that can be asked. */
export interface Nodes {
  save(node: string, mostBytes: number): Promise<Uint8Array>;
  restore(node: string, archive: Uint8Array): Promise<void>;
  /** It is not there any more. */
  lost(): boolean;
}

/**
 * Why the files are not kept just now. `room`: the browser has none left. `size`: they are too large. `machine`: it refused.
 * `restore`: those that are kept could not be put back; they stay as they are, until the learner says what to do.
 */
export type Trouble = "room" | "size" | "machine" | "restore";

export interface Keeping {
  /** The files are kept as they were then; null while none are. */
  savedAt: number | null;
  trouble: Trouble | null;
}

/** An archive came damaged out of the browser. */
class Damaged extends Error {}

export class Keeper {
  #keeping: Keeping = { savedAt: null, trouble: null };
  #followers = new Set<(keeping: Keeping) => void>();
  #lab = "";
  #owner = "";
  #nodes: Nodes | null = null;
  /** Digests of what is kept, by node. */
  #kept = new Map<string, string>();
  /** The learner has done something since the start. */
  #begun = false;
  /** When the first and the last thing happened that no save has seen; null: none. */
  #since: { first: number; last: number } | null = null;
  /** When a save failed, last; 0: it has not. */
  #failedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** One thing at a time. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly saves: Saves,
    /** Digest of the machine's image. */
    private readonly image: string,
    /** The learner's nodes; none where the lab keeps nothing. */
    readonly names: string[],
  ) {}

  get keeping(): Keeping {
    return this.#keeping;
  }

  /** Is told what is kept, now and at every change, until it is let go. */
  follow(told: (keeping: Keeping) => void): () => void {
    this.#followers.add(told);
    told(this.#keeping);
    return () => void this.#followers.delete(told);
  }

  /** This page has the work on the lab. */
  take(lab: string): void {
    this.leave();
    this.#lab = lab;
    this.#owner = crypto.randomUUID();
  }

  /** Another page has it: nothing more is saved here. */
  leave(): void {
    this.parted();
    this.#owner = "";
    this.#since = null;
    this.#begun = false;
  }

  /** The machine is not there any more, or not yet. */
  parted(): void {
    clearTimeout(this.#timer);
    this.#nodes = null;
  }

  /** The machine is new: it gets what is kept, and is saved from now on. A machine that was lost meanwhile is an error. */
  restore(nodes: Nodes): Promise<void> {
    return this.#alone(async () => {
      this.#nodes = null;
      this.#since = null;
      this.#begun = false;
      if (this.names.length > 0) await this.#restoreAll(nodes);
      this.#nodes = nodes;
    });
  }

  /** The same machine can be asked again. */
  rejoined(nodes: Nodes): void {
    this.#nodes = nodes;
    this.#failedAt = 0;
    this.#plan();
  }

  /** The learner did something in the machine. */
  used(): void {
    this.#begun = true;
    this.#noticed();
  }

  /** The machine said something: what the learner began goes on. */
  shown(): void {
    if (this.#begun) this.#noticed();
  }

  /** Saves at once what no save has seen. */
  soon(): Promise<void> {
    return this.#alone(() => this.#save());
  }

  /** Starts a node afresh, or all, by `act`; then what was kept of it is not wanted any more. */
  reset(node: string | null, act: () => Promise<unknown>): Promise<void> {
    return this.#alone(async () => {
      await act();
      if (this.names.length === 0 || (node !== null && this.#keeping.trouble === "restore")) return;
      await this.#forget(node);
    });
  }

  /** What is kept could not be put back, and the learner does without. */
  anew(): Promise<void> {
    return this.#alone(async () => {
      await this.#forget(null);
      this.#since ??= { first: Date.now(), last: Date.now() };
      await this.#save();
    });
  }

  /** Puts in what was kept elsewhere, in place of what is there, and keeps it; false when the machine does not take it. */
  bring(archives: { node: string; archive: Uint8Array }[]): Promise<boolean> {
    return this.#alone(async () => {
      const nodes = this.#nodes;
      if (nodes === null) return false;
      try {
        for (const { node, archive } of archives) await nodes.restore(node, archive);
      } catch (error) {
        console.error(error);
        return false;
      }
      // The learner wants these, and no others any more.
      if (this.#keeping.trouble === "restore") this.#be({ trouble: null });
      this.#since ??= { first: Date.now(), last: Date.now() };
      await this.#save();
      return true;
    });
  }

  /** What is kept now. */
  async kept(): Promise<Save[]> {
    await this.#queue.catch(() => {});
    return this.saves.of(this.#lab);
  }

  async #restoreAll(nodes: Nodes): Promise<void> {
    const lab = this.#lab;
    let saves: Save[] = [];
    try {
      await this.saves.claim(lab, this.#owner);
      saves = await this.saves.of(lab);
    } catch (error) {
      // A browser that keeps nothing: what is done now is told to be lost, and tried nevertheless.
      console.error(error);
      return this.#be({ savedAt: null, trouble: "room" });
    }
    this.#kept = new Map(saves.map(({ node, sha256 }) => [node, sha256]));
    const savedAt = saves.length === 0 ? null : Math.max(...saves.map(({ at }) => at));
    try {
      for (const { node, sha256, archive } of saves.filter(({ node }) => this.names.includes(node))) {
        if ((await sha256Of(archive)) !== sha256) throw new Damaged(`what is kept of ${node} is damaged`);
        await nodes.restore(node, archive);
      }
    } catch (error) {
      if (nodes.lost()) throw error;
      console.error(error);
      return this.#be({ savedAt, trouble: "restore" });
    }
    this.#be({ savedAt, trouble: null });
  }

  async #save(): Promise<void> {
    const [nodes, owner, since] = [this.#nodes, this.#owner, this.#since];
    if (nodes === null || owner === "" || since === null || this.#keeping.trouble === "restore" || this.names.length === 0) return;
    clearTimeout(this.#timer);
    this.#since = null;
    try {
      const saves = await this.#archives(nodes);
      const changed = saves.filter(({ node, sha256 }) => this.#kept.get(node) !== sha256);
      if (owner !== this.#owner) return;
      if (changed.length > 0) await this.saves.keep(this.#lab, owner, changed);
      for (const { node, sha256 } of changed) this.#kept.set(node, sha256);
      this.#failedAt = 0;
      this.#be({ savedAt: saves[0]?.at ?? null, trouble: null });
    } catch (error) {
      this.#failed(error, owner, since);
    }
    this.#plan();
  }

  async #archives(nodes: Nodes): Promise<Save[]> {
    const at = Date.now();
    const saves: Save[] = [];
    let left = MOST_BYTES;
    for (const node of this.names) {
      const archive = await nodes.save(node, left);
      left -= archive.length;
      saves.push({ lab: this.#lab, node, at, image: this.image, sha256: await sha256Of(archive), archive });
    }
    return saves;
  }

  #failed(error: unknown, owner: string, since: { first: number; last: number }): void {
    if (owner !== this.#owner) return;
    if (error instanceof NotOurs) return this.leave();
    console.error(error);
    this.#since ??= since;
    this.#failedAt = Date.now();
    // A machine that is lost is told elsewhere, and what it had is saved when it is back.
    if (error instanceof TooLarge) this.#be({ trouble: "size" });
    else if (error instanceof Refused) this.#be({ trouble: "machine" });
    else if (error instanceof DOMException) this.#be({ trouble: "room" });
  }

  async #forget(node: string | null): Promise<void> {
    if (node === null) {
      this.#since = null;
      this.#begun = false;
    }
    await this.saves.forget(this.#lab, this.#owner, node).catch((error: unknown) => {
      // The next save writes over it.
      console.error(error);
      this.#noticed();
    });
    if (node === null) this.#kept.clear();
    else this.#kept.delete(node);
    this.#be(this.#kept.size === 0 ? { savedAt: null, trouble: null } : { trouble: null });
  }

  #noticed(): void {
    if (this.names.length === 0) return;
    const now = Date.now();
    this.#since = { first: this.#since?.first ?? now, last: now };
    this.#plan();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#since === null || this.#nodes === null) return;
    const { first, last } = this.#since;
    const due = Math.max(Math.min(last + QUIET_MS, first + MOST_MS), this.#failedAt + AGAIN_MS);
    this.#timer = setTimeout(() => void this.soon(), Math.max(0, due - Date.now()));
  }

  #alone<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#queue.catch(() => {}).then(act);
    this.#queue = done;
    return done;
  }

  #be(change: Partial<Keeping>): void {
    this.#keeping = { ...this.#keeping, ...change };
    for (const told of this.#followers) told(this.#keeping);
  }
}

async function sha256Of(content: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
