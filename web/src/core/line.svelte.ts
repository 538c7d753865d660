/// The line between this page and the server: how fast it answers, and whether it is cut. The sockets report what
/// they see (`up`, `down`), a small probe measures the round trip. It must not know what travels on the line.

import { ticker } from "./clock.svelte";
import { door } from "./door";
import type { LineReport } from "./types";

export type LineState = "good" | "slow" | "poor" | "cut" | "offline";

/** Shorter interruptions are not shown. */
export const SHOW_AFTER_MS = 1000;
const PROBE_EVERY_MS = 15_000;
const PROBE_TIMEOUT_MS = 5_000;
const SUSPECT_TIMEOUT_MS = 3_000;
/** So many of the last probes say how much is lost. */
const REMEMBERED = 20;
/**
 * A clock that is looked at every few seconds and has jumped this far: the computer was asleep. Browsers let the timers
 * of hidden pages run once a minute only.
 */
const LOOK_EVERY_MS = 5_000;
const ASLEEP_MS = 20_000;
const ASLEEP_HIDDEN_MS = 150_000;
const SLOW_MS = 250;
const POOR_MS = 800;

export function quality(roundTripMs: number): "good" | "slow" | "poor" {
  if (roundTripMs >= POOR_MS) return "poor";
  return roundTripMs >= SLOW_MS ? "slow" : "good";
}

export class Line {
  roundTripMs = $state<number | null>(null);
  /** When the line was lost, by this computer's clock; null while it holds. */
  lostAt = $state<number | null>(null);
  offline = $state(door.remote && !navigator.onLine);
  /** Sockets go by HTTPS questions, because WebSockets are blocked here. */
  polling = $state(false);
  failedProbes = $state(0);
  /** The last probes, oldest first: whether each was answered in time. */
  probes = $state.raw<readonly boolean[]>([]);
  #down = new Set<object>();
  #retries = new Set<() => void>();
  #breaks = new Set<() => void>();
  #listeners = new Set<(report: LineReport) => void>();
  #probing = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly fetcher: typeof fetch = (input, init) => fetch(input, init)) {}

  get state(): LineState {
    if (this.offline) return "offline";
    if (this.lostAt !== null && this.lostForMs >= SHOW_AFTER_MS) return "cut";
    return this.roundTripMs === null ? "good" : quality(this.roundTripMs);
  }

  get lostForMs(): number {
    return this.lostAt === null ? 0 : Math.max(0, ticker.now - this.lostAt);
  }

  get shown(): boolean {
    return this.state === "cut" || this.state === "offline";
  }

  /** Starts measuring; the answer stops it. */
  watch(): () => void {
    const offline = () => this.#wentOffline();
    const online = () => this.#cameOnline();
    const visible = () => document.visibilityState === "visible" && this.#wake();
    const shown = (event: PageTransitionEvent) => event.persisted && this.#wake();
    addEventListener("offline", offline);
    addEventListener("online", online);
    addEventListener("pageshow", shown);
    document.addEventListener("visibilitychange", visible);
    let looked = Date.now();
    let seen = true;
    this.#clock = setInterval(() => {
      const visible = document.visibilityState === "visible";
      if (Date.now() - looked > (visible && seen ? ASLEEP_MS : ASLEEP_HIDDEN_MS)) this.#sleptOver();
      looked = Date.now();
      seen = visible;
    }, LOOK_EVERY_MS);
    this.#timer = setInterval(() => document.visibilityState === "visible" && void this.probe(), PROBE_EVERY_MS);
    void this.probe();
    return () => {
      removeEventListener("offline", offline);
      removeEventListener("online", online);
      removeEventListener("pageshow", shown);
      document.removeEventListener("visibilitychange", visible);
      clearInterval(this.#timer);
      clearInterval(this.#clock);
    };
  }

  /** A socket registers how to try again at once and how to drop a connection that only seems alive. */
  join(retryNow: () => void, drop: () => void): () => void {
    this.#retries.add(retryNow);
    this.#breaks.add(drop);
    return () => {
      this.#retries.delete(retryNow);
      this.#breaks.delete(drop);
    };
  }

  /** Hears of every measurement that was answered. */
  onmeasured(listener: (report: LineReport) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  down(who: object): void {
    this.#down.add(who);
    this.lostAt ??= Date.now();
  }

  up(who: object): void {
    this.#down.delete(who);
    if (this.#down.size === 0) this.lostAt = null;
  }

  /** The socket is gone for good; it is neither up nor down. */
  leave(who: object): void {
    this.up(who);
  }

  retryNow(): void {
    for (const retry of this.#retries) retry();
  }

  /** Keys went out and nothing came back: look at once whether the line still holds. */
  suspect(): void {
    if (this.lostAt === null) void this.probe(SUSPECT_TIMEOUT_MS);
  }

  async probe(timeoutMs = PROBE_TIMEOUT_MS): Promise<void> {
    if (this.#probing) return;
    this.#probing = true;
    const start = performance.now();
    try {
      await this.fetcher("/healthz", { cache: "no-store", signal: AbortSignal.timeout(timeoutMs) });
      this.roundTripMs = Math.round(performance.now() - start);
      this.failedProbes = 0;
      this.#note(true);
      this.#tell(this.roundTripMs);
    } catch {
      this.failedProbes += 1;
      this.#note(false);
      for (const drop of this.#breaks) drop();
    } finally {
      this.#probing = false;
    }
  }

  #tell(roundTripMs: number): void {
    const lost = this.probes.filter((answered) => !answered).length;
    const report = { round_trip_ms: roundTripMs, lost_percent: Math.round((100 * lost) / this.probes.length), polling: this.polling };
    for (const listener of this.#listeners) listener(report);
  }

  #note(answered: boolean): void {
    this.probes = [...this.probes.slice(1 - REMEMBERED), answered];
  }

  /** The computer was asleep: the server has given up its sockets, and none of them may ever say so here. */
  #sleptOver(): void {
    for (const drop of this.#breaks) drop();
    this.retryNow();
    void this.probe(SUSPECT_TIMEOUT_MS);
  }

  /** Somebody is back: timers may have stood still. */
  #wake(): void {
    if (this.lostAt !== null) this.retryNow();
    void this.probe(SUSPECT_TIMEOUT_MS);
  }

  #wentOffline(): void {
    if (!door.remote) return;
    this.offline = true;
    this.lostAt ??= Date.now();
    for (const drop of this.#breaks) drop();
  }

  #cameOnline(): void {
    this.offline = false;
    if (this.#down.size === 0) this.lostAt = null;
    this.retryNow();
    void this.probe();
  }
}

export const line = new Line((input, init) => door.fetch(input, init));
