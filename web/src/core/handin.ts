/// What a learner did in a browser, as it goes to a server: in requests that it takes, or as a file. Values in, values out.

import type { HandedAttempt, HandedIn, HandIn, TakenAttempt } from "./types";

/** Of one request; crates/server/src/routes/results.rs and limits.rs. */
export const MAX_ATTEMPTS = 64;
const MAX_BYTES = 200_000;
/** A file with more is no such file: ten thousand attempts with long answers have less. */
export const MAX_FILE_BYTES = 32 << 20;
const VERSION = 1;
const ID = /^[A-Za-z0-9_-]{1,64}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const VERDICTS = ["done", "part", "not_yet", "broken"];

/** An attempt with the digest of the lab's file that it was done with. */
export interface Made {
  attempt: HandedAttempt;
  made_of: string;
}

/** Attempts of the same work, one request a version of the lab; their order is kept. */
export function requests(made: readonly Made[], about: Omit<HandIn, "attempts" | "labwright" | "made_of">): HandIn[] {
  const all: HandIn[] = [];
  for (const { attempt, made_of } of made) {
    const last = all.at(-1);
    if (last?.made_of === made_of) last.attempts.push(attempt);
    else all.push({ labwright: VERSION, lab: about.lab, made_of, work: about.work, attempts: [attempt], hints: about.hints });
  }
  return all;
}

/** In parts that a server takes at once. */
export function batches(whole: HandIn): HandIn[] {
  const parts: HandIn[] = [];
  let bytes = 0;
  for (const attempt of whole.attempts) {
    const size = new TextEncoder().encode(JSON.stringify(attempt)).length;
    const last = parts.at(-1);
    if (last && last.attempts.length < MAX_ATTEMPTS && bytes + size <= MAX_BYTES) {
      last.attempts.push(attempt);
      bytes += size;
    } else {
      parts.push({ ...whole, attempts: [attempt] });
      bytes = size;
    }
  }
  return parts.length > 0 ? parts : [whole];
}

/** Why a file is not taken. `none`: it is no file of results. `newer`: a later page wrote it. */
export type Unreadable = "none" | "newer" | "empty" | "large";

/** The text of a file that the page in a browser has saved: one work on one lab, which is one entry a version of the lab. */
export function readFile(text: string): HandIn[] | Unreadable {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return "none";
  }
  const all = Array.isArray(read) ? read : [read];
  if (all.length === 0) return "none";
  if (all.some((one) => isObject(one) && typeof one.labwright === "number" && one.labwright > VERSION && "attempts" in one)) return "newer";
  if (!all.every(isHandIn)) return "none";
  if (new Set(all.map(({ lab, work }) => `${lab} ${work}`)).size > 1) return "none";
  return all.some(({ attempts, hints }) => attempts.length > 0 || Object.keys(hints ?? {}).length > 0) ? all : "empty";
}

/** One entry as the server's own form; several where the lab had several versions. */
export function fileText(all: readonly HandIn[]): string {
  return `${JSON.stringify(all.length === 1 ? all[0] : all, null, 1)}\n`;
}

/** What became of attempts that were handed in. */
export interface Outcome {
  handed: HandedAttempt;
  taken: TakenAttempt;
}

/** The lab is not open now: asking again at once changes nothing. */
export function isShut({ outcome, message }: TakenAttempt): boolean {
  return outcome === "later" && message != null;
}

/** Judging again takes a server time: what it puts off is handed in once more, so often. */
const TRIES = 30;
export const PAUSE_MS = 2_000;

/** Hands in all, a part at a time; `told` is how many are decided. Done again, it changes nothing. */
export async function handInAll(all: readonly HandIn[], post: (part: HandIn) => Promise<HandedIn>, told: (outcomes: Outcome[]) => void): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const part of all.flatMap(batches)) {
    let left = part;
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (tries > 0) await new Promise((done) => setTimeout(done, PAUSE_MS));
      const reply = await post(left);
      const decided = new Map(reply.attempts.filter((taken) => taken.outcome !== "later" || isShut(taken)).map((taken) => [taken.id, taken]));
      const pairs = left.attempts.flatMap((handed) => {
        const taken = decided.get(handed.id);
        return taken ? [{ handed, taken }] : [];
      });
      outcomes.push(...pairs);
      told([...outcomes]);
      left = { ...left, attempts: left.attempts.filter(({ id }) => !decided.has(id)) };
      if (left.attempts.length === 0) break;
    }
  }
  return outcomes;
}

function isHandIn(one: unknown): one is HandIn {
  if (!isObject(one) || one.labwright !== VERSION || typeof one.lab !== "string") return false;
  if (!isId(one.work) || typeof one.made_of !== "string" || !DIGEST.test(one.made_of)) return false;
  if (one.hints !== undefined && !(isObject(one.hints) && Object.values(one.hints).every(isCount))) return false;
  return Array.isArray(one.attempts) && one.attempts.every(isAttempt);
}

function isAttempt(one: unknown): one is HandedAttempt {
  return (
    isObject(one) && isId(one.id) && typeof one.task === "string" && Number.isSafeInteger(one.at) && VERDICTS.includes(one.verdict as string) &&
    typeof one.share === "number" && isCount(one.took_ms) && (one.answer == null || typeof one.answer === "string") &&
    Array.isArray(one.feedback) && one.feedback.every((line) => typeof line === "string")
  );
}

function isObject(one: unknown): one is Record<string, unknown> {
  return typeof one === "object" && one !== null && !Array.isArray(one);
}

function isId(one: unknown): boolean {
  return typeof one === "string" && ID.test(one);
}

function isCount(one: unknown): boolean {
  return Number.isSafeInteger(one) && (one as number) >= 0;
}
