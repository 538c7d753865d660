/// What the learner did, sent to the course that the page belongs to: every attempt once, in order, as often as it takes. It
/// never holds up the work, and draws nothing.

import type { Who } from "../../core/account.svelte";
import { type Api, ApiError } from "../../core/api";
import { errorText } from "../../core/errors";
import { batches, isShut, requests, type Made } from "../../core/handin";
import type { HandedAttempt, HandedIn, HandIn, TabHome } from "../../core/types";
import type { StoredAttempt } from "../store";
import type { Carried, Ledger, Told, Work } from "./ledger";

/** Waits before what failed is tried again; the last one stays. */
export const AGAIN_MS = [2_000, 5_000, 15_000, 60_000, 300_000];
/** The server was busy judging: the rest is asked for soon. */
const LATER_MS = 5_000;
/** Looked at again, the page asks the course no more often. */
const LOOK_EVERY_MS = 30_000;

/**
 * Why something is not in the course. `signed_out`: the sign-in is over. `other`: somebody else is signed in now. `refused`:
 * the course does not take it, and says why. `disk`: this browser could not note what was sent.
 */
export type Trouble = { is: "network" | "busy" | "signed_out" | "other" | "disk" } | { is: "refused"; message: string };

/** What this browser did; the tab's server has it. */
export interface Done {
  attempts: readonly StoredAttempt[];
  hints: Readonly<Record<string, number>>;
}

export interface Ways {
  api: Api;
  ledger: Ledger;
  /** The token of this learner, or why there is none. */
  token: () => Promise<string | "out" | "other">;
}

export class Results {
  /** Attempts that the course does not have yet, and when the first of them was made. */
  waiting = $state(0);
  since = $state<number | null>(null);
  sending = $state(false);
  trouble = $state.raw<Trouble | null>(null);
  carried = $state.raw<Carried | null>(null);
  /** What became of attempts, by id. */
  told = $state.raw<ReadonlyMap<string, Told>>(new Map());
  /** Is told when the course said something. */
  onheard: () => void = () => {};
  #work: Work;
  #done: () => Done = () => ({ attempts: [], hints: {} });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again = 0;
  #asked = 0;
  #following = false;
  #resting = true;

  private constructor(
    readonly home: TabHome,
    readonly who: Who,
    /** SHA-256 of the lab's file. */
    private readonly madeOf: string,
    private readonly ways: Ways,
    work: Work,
    told: Told[],
  ) {
    this.#work = work;
    this.carried = work.carried;
    this.told = new Map(told.map((line) => [line.id, line]));
  }

  /** `lab` is the name that this learner's work has in this browser. */
  static async open(lab: string, home: TabHome, who: Who, madeOf: string, ways: Ways): Promise<Results> {
    return new Results(home, who, madeOf, ways, await ways.ledger.work(lab), await ways.ledger.told(lab));
  }

  /** This page has the work: from now on it sends. */
  follow(done: () => Done): void {
    this.#done = done;
    this.#resting = false;
    this.#count();
    void this.send();
    if (this.#following) return;
    this.#following = true;
    addEventListener("online", () => void this.send());
    document.addEventListener("visibilitychange", () => {
      const due = this.trouble !== null || this.waiting > 0 || Date.now() - this.#asked > LOOK_EVERY_MS;
      if (document.visibilityState === "visible" && due) void this.send();
    });
    // Somebody signs in or out in another tab.
    addEventListener("storage", ({ key }) => {
      if (key?.startsWith("labwright.") && this.trouble !== null && this.trouble.is !== "network") void this.send();
    });
  }

  /** Another page has the work now. */
  rest(): void {
    this.#resting = true;
    clearTimeout(this.#timer);
  }

  /** There is a verdict, or a hint. */
  progress(): void {
    this.#count();
    void this.send();
  }

  /** Sends what waits; where nothing does, asks how far the learner is. True when the course has everything. */
  async send(): Promise<boolean> {
    if (this.sending || this.#resting) return false;
    clearTimeout(this.#timer);
    this.sending = true;
    try {
      const whole = await this.#sendAll();
      this.#again = 0;
      this.trouble = null;
      if (!whole) this.#wait(LATER_MS);
      return whole;
    } catch (error) {
      this.#failed(error);
      return false;
    } finally {
      this.sending = false;
      this.#count();
    }
  }

  /** All that was ever done here, as a server takes it. */
  all(): HandIn[] {
    return this.#requests(this.#done().attempts);
  }

  get #path(): string {
    const { course, lab } = this.home;
    return `/courses/${encodeURIComponent(course)}/labs/${encodeURIComponent(lab)}/results`;
  }

  #waiting(): StoredAttempt[] {
    return this.#done().attempts.filter(({ id }) => !this.told.has(id));
  }

  #requests(attempts: readonly StoredAttempt[]): HandIn[] {
    const { hints } = this.#done();
    const all = requests(attempts.map((attempt) => madeAs(attempt, this.madeOf)), { lab: this.home.lab, work: this.#work.work, hints: { ...hints } });
    return all.length > 0 ? all : [{ labwright: 1, lab: this.home.lab, made_of: this.madeOf, work: this.#work.work, attempts: [], hints: { ...hints } }];
  }

  async #sendAll(): Promise<boolean> {
    const token = await this.ways.token();
    if (token === "out" || token === "other") throw new NotSignedIn(token === "out" ? "signed_out" : "other");
    const { api } = this.ways;
    api.token = token;
    this.#asked = Date.now();
    const { hints } = this.#done();
    const news = Object.entries(hints).some(([task, n]) => n > (this.#work.hints[task] ?? 0));
    const parts = this.#requests(this.#waiting()).flatMap(batches).filter(({ attempts }) => attempts.length > 0 || news);
    if (parts.length === 0) await this.#heard(null, await api.get<HandedIn>(this.#path));
    let shut: string | null = null;
    for (const part of parts) {
      if (this.#resting) return false;
      const reply = await api.post<HandedIn>(this.#path, part);
      await this.#heard(part, reply);
      if (reply.attempts.some((taken) => taken.outcome === "later" && !isShut(taken))) return false;
      shut ??= reply.attempts.find(isShut)?.message ?? null;
    }
    if (shut !== null) throw new NotNow(shut);
    // What was done while it was sent goes next.
    const more = this.#waiting().length > 0;
    if (more) queueMicrotask(() => void this.send());
    return !more;
  }

  async #heard(part: HandIn | null, reply: HandedIn): Promise<void> {
    const tasks = new Map(part?.attempts.map(({ id, task }) => [id, task]));
    const told: Told[] = reply.attempts.flatMap(({ id, outcome, verdict, self_reported, message }) => {
      const task = tasks.get(id);
      if (task === undefined || outcome === "later") return [];
      const kept = outcome === "refused" ? "refused" : "taken";
      return [{ lab: this.#work.lab, id, task, outcome: kept, verdict: verdict ?? null, self_reported, message: message ?? null } satisfies Told];
    });
    const { score, points, at } = reply;
    const work: Work = { ...this.#work, hints: { ...this.#work.hints, ...part?.hints }, carried: { tasks: reply.tasks, score, points, at } };
    try {
      await this.ways.ledger.note(work, told);
    } catch (cause) {
      throw new NotNoted(String(cause));
    }
    this.#work = work;
    this.carried = work.carried;
    if (told.length > 0) this.told = new Map([...this.told, ...told.map((line) => [line.id, line] as const)]);
    this.#count();
    this.onheard();
  }

  #failed(error: unknown): void {
    const wait = AGAIN_MS[Math.min(this.#again++, AGAIN_MS.length - 1)] as number;
    this.trouble = troubleOf(error);
    // Who has to sign in, or is refused, is not helped by asking again and again: at the next look.
    if (this.trouble.is === "signed_out" || this.trouble.is === "other" || this.trouble.is === "refused") return;
    const asked = error instanceof ApiError && error.retryAfter !== null ? error.retryAfter * 1000 : 0;
    this.#wait(Math.max(wait, asked));
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#resting) this.#timer = setTimeout(() => void this.send(), ms);
  }

  #count(): void {
    const waiting = this.#waiting();
    this.waiting = waiting.length;
    this.since = waiting[0]?.at ?? null;
  }
}

class NotSignedIn extends Error {
  constructor(readonly is: "signed_out" | "other") {
    super(is);
  }
}

/** The lab is not open; work that was done of it waits, for dates change. */
class NotNow extends Error {}

/** It was sent, and will be again: the course knows it by its id. */
class NotNoted extends Error {}

function troubleOf(error: unknown): Trouble {
  if (error instanceof NotSignedIn) return { is: error.is };
  if (error instanceof NotNoted) return { is: "disk" };
  if (error instanceof NotNow) return { is: "refused", message: error.message };
  if (!(error instanceof ApiError)) return { is: "busy" };
  if (error.status === 0) return { is: "network" };
  if (error.status === 401) return { is: "signed_out" };
  if (error.status === 429 || error.status >= 500) return { is: "busy" };
  return { is: "refused", message: errorText(error) };
}

/** An attempt as a server takes it. */
export function madeAs(attempt: StoredAttempt, madeOf: string): Made {
  const { id, task, at, verdict, share, feedback, took_ms, answer } = attempt;
  const handed: HandedAttempt = { id, task, at, verdict, share, feedback, took_ms, answer };
  return { attempt: handed, made_of: attempt.made_of ?? madeOf };
}
