/// A learner's progress as a course keeps it (`cmi.suspend_data`): few characters, versioned, and not trusted when it comes
/// back. Pure. docs/scorm.md has the format.

import type { TaskView } from "../../core/types";

type State = TaskView["state"];

/** What is known of a task that was begun. */
export interface Kept {
  state: State;
  /** Share of the points, 0 to 1. */
  share: number;
  attempts: number;
  hints: number;
}

export interface Suspended {
  /** Names one attempt of one learner at the package. */
  registration: string;
  tasks: Record<string, Kept>;
}

/** Why what came is not taken: another lab's, a later page's, or damaged. */
export type Unread = "foreign" | "newer" | "damaged";

const FORM = "labwright1";
/** Shares are kept to so many parts. */
const PARTS = 10_000;
const MAX_ATTEMPTS = 99_999;
const MAX_HINTS = 999;
const MAX_TASKS = 1_000;
/** What SCORM 2004 lets a course keep; nothing longer can be ours. */
const MAX_CHARS = 64_000;
const LETTERS: Record<State, string> = { done: "d", part: "p", not_yet: "n", broken: "b", untried: "u" };
const STATES = Object.fromEntries(Object.entries(LETTERS).map(([state, letter]) => [letter, state as State]));
const ENTRY = /^([a-z0-9][a-z0-9_-]{0,62}):([dpnbu])(\d{0,5})\.(\d{1,5})\.(\d{1,3})$/;
const REGISTRATION = /^[a-z0-9]{4,40}$/;

export function keptOf(task: TaskView): Kept {
  const share = task.points > 0 ? task.score / task.points : task.state === "done" ? 1 : 0;
  return { state: task.state, share: Math.min(1, Math.max(0, share)), attempts: task.attempts, hints: task.hints.length };
}

/** `whole` is false when not every task found room; those that are done go first. */
export function encode(lab: string, { registration, tasks }: Suspended, limit: number): { text: string; whole: boolean } {
  const begun = Object.entries(tasks).filter(([, kept]) => kept.state !== "untried" || kept.hints > 0);
  const first = begun.filter(([, { state }]) => state === "done");
  const entries = [...first, ...begun.filter(([, { state }]) => state !== "done")].map(([id, kept]) => entry(id, kept));
  let count = entries.length;
  while (count > 0 && sealed(lab, registration, entries.slice(0, count)).length > limit) count--;
  return { text: sealed(lab, registration, entries.slice(0, count)), whole: count === entries.length };
}

/** Null when nothing was kept. */
export function decode(lab: string, text: string): Suspended | Unread | null {
  if (text.trim() === "") return null;
  if (text.length > MAX_CHARS) return "damaged";
  const [form, of, check, registration = "", list, ...more] = text.split(";");
  if (form !== FORM) return /^labwright\d+$/.test(form ?? "") ? "newer" : "foreign";
  if (list === undefined || more.length > 0 || check !== digest([of, registration, list])) return "damaged";
  if (of !== lab) return "foreign";
  if (!REGISTRATION.test(registration)) return "damaged";
  const entries = list === "" ? [] : list.split(",");
  if (entries.length > MAX_TASKS) return "damaged";
  const tasks: Record<string, Kept> = Object.create(null) as Record<string, Kept>;
  for (const entry of entries) {
    const read = ENTRY.exec(entry);
    const state = STATES[read?.[2] ?? ""];
    if (!read?.[1] || !state) return "damaged";
    const parts = read[3] === "" ? impliedParts(state) : Number(read[3]);
    if (parts > PARTS) return "damaged";
    tasks[read[1]] = { state, share: parts / PARTS, attempts: Number(read[4]), hints: Number(read[5]) };
  }
  return { registration, tasks };
}

function sealed(lab: string, registration: string, entries: string[]): string {
  const list = entries.join(",");
  return [FORM, lab, digest([lab, registration, list]), registration, list].join(";");
}

function entry(id: string, { state, share, attempts, hints }: Kept): string {
  const parts = Math.round(share * PARTS);
  const said = parts === impliedParts(state) ? "" : String(parts);
  return `${id}:${LETTERS[state]}${said}.${Math.min(attempts, MAX_ATTEMPTS)}.${Math.min(hints, MAX_HINTS)}`;
}

function impliedParts(state: State): number {
  return state === "done" ? PARTS : 0;
}

/** FNV-1a: finds what was cut or changed on the way, not what was forged. */
function digest(parts: (string | undefined)[]): string {
  let sum = 0x811c9dc5;
  for (const char of parts.join(";")) sum = Math.imul(sum ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return sum.toString(36);
}
