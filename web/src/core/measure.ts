/// Measures the line between this page and the server, really and within bounds: round trips, late answers, whether a
/// WebSocket and a held answer pass, how many bytes a second. It sends nothing about anybody, and stops when told to.

import { API } from "./api";
import { socketUrl } from "./socket";

export interface Measured {
  /** Median of there and back, and half of the answers lie so far from it; null when nothing was answered. */
  roundTripMs: number | null;
  spreadMs: number | null;
  /** Questions that were not answered within a second, and all. HTTPS hides lost packets; what is seen is lateness. */
  late: number;
  asked: number;
  /** Whether a WebSocket opens and answers. */
  socket: "passes" | "blocked" | null;
  /** Whether an answer that is held back arrives, as long polling needs. */
  held: "passes" | "cut" | null;
  /** Millions of bits a second; null when it could not be measured. */
  downMbit: number | null;
  upMbit: number | null;
}

export const NOTHING: Measured = {
  roundTripMs: null, spreadMs: null, late: 0, asked: 0, socket: null, held: null, downMbit: null, upMbit: null,
};

export type Part = "roundtrip" | "channels" | "down" | "up";

export interface Measuring {
  signal: AbortSignal;
  /** Called often, with the share that is done, 0 to 1. */
  onprogress(part: Part, share: number): void;
  fetcher?: typeof fetch;
  dial?: (url: string) => WebSocket;
  now?: () => number;
}

const PROBES = 16;
const PROBE_TIMEOUT_MS = 3_000;
const LATE_MS = 1_000;
const PAUSE_MS = 60;
const SOCKET_TIMEOUT_MS = 5_000;
const ECHOES = 5;
const HELD_TIMEOUT_MS = 9_000;
/** Bytes of one question; the next is larger as long as the last one was quick. */
const DOWN_BYTES = [65_536, 262_144, 1_048_576];
const UP_BYTES = [32_768, 131_072, 200_000];
/** A direction is measured for so long, or so many bytes. */
const RATE_MS = 1_500;
const DOWN_MOST = 6 << 20;
const UP_MOST = 1 << 20;
const RATE_TIMEOUT_MS = 12_000;
/** What one part is of the whole, for the progress. */
const SHARES: Record<Part, [number, number]> = { roundtrip: [0, 0.3], channels: [0.3, 0.6], down: [0.6, 0.85], up: [0.85, 1] };

/** Measures all; what was cancelled stays as far as it came. Rejects never. */
export async function measure(options: Measuring): Promise<Measured> {
  const found: Measured = { ...NOTHING };
  const at = (part: Part, share: number) => {
    const [from, to] = SHARES[part];
    options.onprogress(part, from + (to - from) * Math.min(1, share));
  };
  // A held answer takes seconds and no bytes: it goes beside the rest.
  const held = passes(options);
  await roundTrips(options, found, (share) => at("roundtrip", share));
  if (options.signal.aborted) return found;
  at("channels", 0);
  found.socket = await opens(options);
  at("channels", 0.5);
  found.held = await held;
  if (options.signal.aborted) return found;
  if (found.roundTripMs !== null) {
    found.downMbit = await rate(options, DOWN_BYTES, DOWN_MOST, down, (share) => at("down", share));
    found.upMbit = await rate(options, UP_BYTES, UP_MOST, up, (share) => at("up", share));
  }
  if (!options.signal.aborted) at("up", 1);
  return found;
}

async function roundTrips(options: Measuring, found: Measured, progress: (share: number) => void): Promise<void> {
  const now = options.now ?? (() => performance.now());
  const times: number[] = [];
  for (let n = 0; n < PROBES && !options.signal.aborted; n += 1) {
    progress(n / PROBES);
    const start = now();
    const answered = await ask(options, "/healthz", {}, PROBE_TIMEOUT_MS);
    if (options.signal.aborted) break;
    const took = now() - start;
    // The first one may have to open the connection.
    if (n > 0 || answered === null) {
      found.asked += 1;
      if (answered === null || took > LATE_MS) found.late += 1;
      if (answered !== null) times.push(took);
    }
    await pause(PAUSE_MS, options.signal);
  }
  const [median, spread] = middle(times);
  found.roundTripMs = median;
  found.spreadMs = spread;
}

/** Median, and the median distance from it. */
export function middle(values: readonly number[]): [number | null, number | null] {
  const median = medianOf(values);
  return median === null ? [null, null] : [Math.round(median), Math.round(medianOf(values.map((one) => Math.abs(one - median))) ?? 0)];
}

function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

async function passes(options: Measuring): Promise<Measured["held"]> {
  const answer = await ask(options, `${API}/line/held`, {}, HELD_TIMEOUT_MS);
  if (options.signal.aborted || answer?.status === 429) return null;
  return answer?.ok ? "passes" : "cut";
}

/** Opens a WebSocket and has words said back. */
function opens(options: Measuring): Promise<Measured["socket"]> {
  return new Promise((done) => {
    let left = ECHOES;
    let socket: WebSocket | null = null;
    const end = (result: Measured["socket"]) => {
      clearTimeout(timer);
      options.signal.removeEventListener("abort", cancel);
      if (socket) socket.onclose = socket.onmessage = socket.onopen = null;
      socket?.close();
      done(result);
    };
    const cancel = () => end(null);
    const timer = setTimeout(() => end("blocked"), SOCKET_TIMEOUT_MS);
    options.signal.addEventListener("abort", cancel);
    try {
      socket = (options.dial ?? ((url) => new WebSocket(url)))(socketUrl(`${API}/line/socket`));
    } catch {
      return end("blocked");
    }
    const say = () => socket?.send(JSON.stringify({ n: left }));
    socket.onopen = say;
    socket.onmessage = () => {
      left -= 1;
      if (left === 0) end("passes");
      else say();
    };
    // Our own words for "too many measure just now" came through a WebSocket.
    socket.onclose = (event) => end(event.code === 4429 ? "passes" : "blocked");
  });
}

type Direction = (options: Measuring, bytes: number) => Promise<Response | null>;

async function down(options: Measuring, bytes: number): Promise<Response | null> {
  const answer = await ask(options, `${API}/line/bytes?n=${bytes}`, {}, RATE_TIMEOUT_MS);
  if (answer?.ok) await answer.arrayBuffer().catch(() => null);
  return answer;
}

function up(options: Measuring, bytes: number): Promise<Response | null> {
  // Noise, so that no proxy on the way makes it smaller.
  const noise = new Uint8Array(bytes);
  for (let from = 0; from < bytes; from += 65_536) crypto.getRandomValues(noise.subarray(from, Math.min(bytes, from + 65_536)));
  const request = { method: "POST", body: noise, headers: { "content-type": "application/octet-stream" } };
  return ask(options, `${API}/line/bytes`, request, RATE_TIMEOUT_MS);
}

async function rate(
  options: Measuring, sizes: readonly number[], most: number, direction: Direction, progress: (share: number) => void,
): Promise<number | null> {
  const now = options.now ?? (() => performance.now());
  const began = now();
  let best: number | null = null;
  let sent = 0;
  let size = 0;
  while (!options.signal.aborted && now() - began < RATE_MS && sent < most) {
    progress(Math.max((now() - began) / RATE_MS, sent / most));
    const bytes = sizes[size] ?? 0;
    const start = now();
    const answer = await direction(options, bytes);
    const took = Math.max(1, now() - start);
    if (options.signal.aborted || !answer?.ok) break;
    sent += bytes;
    // Short ones say more about the round trip than about the line.
    if (best === null || size === sizes.length - 1 || took > 300) best = Math.max(best ?? 0, (bytes * 8) / took / 1000);
    else best = (bytes * 8) / took / 1000;
    if (took < 500) size = Math.min(sizes.length - 1, size + 1);
  }
  return best === null ? null : Math.round(best * 10) / 10;
}

async function ask(options: Measuring, path: string, request: RequestInit, timeoutMs: number): Promise<Response | null> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]);
  try {
    return await (options.fetcher ?? fetch)(path, { cache: "no-store", credentials: "omit", ...request, signal });
  } catch {
    return null;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}
