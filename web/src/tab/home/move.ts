/// A learner's files of a lab, from this browser to the server and back. Whole or not at all on either side, and what is
/// replaced stays until the new is there. It draws nothing and asks nobody: who calls it has asked.

import { type Api, ApiError } from "../../core/api";
import { recall, remember } from "../../core/storage";
import type { KeptFiles, TabHome } from "../../core/types";
import type { Keeper } from "../machine/keeper";

/** A session that was told to end saves its files first. */
const END_MS = 120_000;
const LOOK_MS = 1_000;
/** An archive of 64 MB on a bad line. */
const UPLOAD_MS = 600_000;

/** The machine in the tab did not take the files, or the session on the server did not end. */
export class NotMoved extends Error {
  constructor(readonly why: "machine" | "session" | "none") {
    super(why);
  }
}

export class Move {
  constructor(
    private readonly api: Api,
    private readonly home: TabHome,
    /** Null where the lab has no computers. */
    private readonly keeper: Keeper | null,
    /** The name that this learner's work has in this browser. */
    private readonly lab: string,
    /** The token of this learner; throws where there is none. */
    private readonly signIn: () => Promise<string>,
    private readonly pauseMs = LOOK_MS,
  ) {}

  /** What the server has. */
  async look(): Promise<KeptFiles> {
    return this.#call((api) => api.get<KeptFiles>(this.#path));
  }

  /** Files are there that neither came from here nor were brought here. */
  isOwn(kept: KeptFiles): boolean {
    return kept.nodes.length > 0 && kept.at !== recall<number | null>(this.#memory, null);
  }

  /** When this browser's files were saved; null where it has none. */
  async here(): Promise<number | null> {
    const saves = (await this.keeper?.kept()) ?? [];
    return saves.length === 0 ? null : Math.max(...saves.map(({ at }) => at));
  }

  /** When files were saved on the server that are not here and newer than those; null where there are none such, or no answer. */
  async newer(): Promise<number | null> {
    try {
      const [kept, here] = [await this.look(), await this.here()];
      return kept.at != null && this.isOwn(kept) && kept.at > (here ?? 0) ? kept.at : null;
    } catch {
      return null;
    }
  }

  /** Ends the session on the server, and waits until its files are saved. */
  async end(session: string): Promise<void> {
    await this.#call((api) => api.post(`/sessions/${encodeURIComponent(session)}/end`));
    for (const end = Date.now() + END_MS; Date.now() < end; await new Promise((done) => setTimeout(done, this.pauseMs))) {
      if ((await this.look()).session == null) return;
    }
    throw new NotMoved("session");
  }

  /** Puts this browser's files where the next session on the server finds them. Without any, nothing is replaced there. */
  async toServer(): Promise<void> {
    await this.keeper?.soon();
    const saves = (await this.keeper?.kept()) ?? [];
    if (saves.length === 0) return;
    const form = new FormData();
    for (const { node, archive } of saves) form.append(node, new Blob([archive as Uint8Array<ArrayBuffer>], { type: "application/x-tar" }), `${node}.tar`);
    const kept = await this.#call((api) => api.call<KeptFiles>(this.#path, { method: "POST", form, timeoutMs: UPLOAD_MS }));
    remember(this.#memory, kept.at ?? null);
  }

  /** Puts the server's files into the machine here, all of them once they are here, and keeps them. */
  async fromServer(): Promise<void> {
    const kept = await this.look();
    if (kept.session != null) throw new NotMoved("session");
    if (kept.nodes.length === 0) throw new NotMoved("none");
    const archives: { node: string; archive: Uint8Array }[] = [];
    for (const { node } of kept.nodes) {
      const bytes = await this.#call((api) => api.bytes(`${this.#path}/${encodeURIComponent(node)}`));
      archives.push({ node, archive: new Uint8Array(bytes) });
    }
    const known = archives.filter(({ node }) => this.keeper?.names.includes(node));
    if (!(await this.keeper?.bring(known))) throw new NotMoved("machine");
    remember(this.#memory, kept.at ?? null);
  }

  get #path(): string {
    return `/courses/${encodeURIComponent(this.home.course)}/labs/${encodeURIComponent(this.home.lab)}/kept`;
  }

  /** The server's own word for the files that both sides had last. */
  get #memory(): string {
    return `moved.${this.lab}`;
  }

  async #call<T>(act: (api: Api) => Promise<T>): Promise<T> {
    this.api.token = await this.signIn();
    return act(this.api);
  }
}

/** The lab is open on the server: its session has to end first. */
export function isOpenThere(error: unknown): boolean {
  return error instanceof ApiError && error.code === "session_open";
}
