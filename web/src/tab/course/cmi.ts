/// What is told to a course, in the words of either version of SCORM. Pure. docs/scorm.md says the same to people.

import type { TaskView } from "../../core/types";
import type { Version } from "./find";

/** Where a learner stands. */
export interface Standing {
  /** 0 to 1; null in a lab without points. */
  scaled: number | null;
  /** Every task is done. */
  completed: boolean;
  /** Every point is reached. */
  passed: boolean;
}

/** A verdict, as a course's journal has it. Nothing that the learner wrote is in it. */
export interface Interaction {
  task: string;
  title: string;
  state: "done" | "part" | "not_yet" | "broken";
  share: number;
  points: number;
  /** Milliseconds since 1970. */
  at: number;
  latency_ms: number;
}

/** An element with its value; courses may lack the optional ones. */
export interface Telling {
  element: string;
  value: string;
  optional: boolean;
}

/** What an element of free text may hold. */
export const SUSPEND_CHARS: Record<Version, number> = { "1.2": 4_096, "2004": 64_000 };
/** Interactions that every course takes (2004 says 250). */
export const MAX_INTERACTIONS = 250;
const MAX_TITLE = 250;
/** 1.2 counts at most 9999 hours. */
const MAX_HOURS = 9_999;

export function standingOf(tasks: TaskView[], steps: { all: number; at: number }): Standing {
  const points = tasks.reduce((sum, task) => sum + task.points, 0);
  const score = tasks.reduce((sum, task) => sum + task.score, 0);
  const read = tasks.length === 0 && steps.at >= steps.all;
  const completed = tasks.length > 0 ? tasks.every(({ state }) => state === "done") : read;
  return {
    scaled: points > 0 ? Math.min(1, score / points) : null,
    completed,
    passed: completed && (points === 0 || score >= points - 1e-6),
  };
}

/** A course that knew better already is not told worse. */
export function better(one: Standing, other: Standing): Standing {
  return {
    scaled: one.scaled === null ? other.scaled : Math.max(one.scaled, other.scaled ?? 0),
    completed: one.completed || other.completed,
    passed: one.passed || other.passed,
  };
}

export function standingTold(version: Version, { scaled, completed, passed }: Standing): Telling[] {
  const telling = (element: string, value: string, optional = false) => ({ element, value, optional });
  const score: Telling[] = [];
  if (scaled !== null) {
    const at = version === "1.2" ? "cmi.core.score" : "cmi.score";
    if (version === "2004") score.push(telling("cmi.score.scaled", decimal(scaled, 6)));
    score.push(telling(`${at}.min`, "0", true), telling(`${at}.max`, "100", true), telling(`${at}.raw`, decimal(100 * scaled, 2)));
  }
  if (version === "1.2") {
    return [...score, telling("cmi.core.lesson_status", passed ? "passed" : completed ? "completed" : "incomplete")];
  }
  // Open edX hands a score on to its grade book when it hears of success, be it unknown.
  return [
    ...score,
    telling("cmi.completion_status", completed ? "completed" : "incomplete"),
    telling("cmi.success_status", passed ? "passed" : "unknown"),
  ];
}

/** What the course knew before. */
export function standingRead(version: Version, get: (element: string) => string | null): Standing {
  const status = get(version === "1.2" ? "cmi.core.lesson_status" : "cmi.completion_status");
  const success = version === "1.2" ? status : get("cmi.success_status");
  const raw = version === "1.2" ? number(get("cmi.core.score.raw"), 100) : number(get("cmi.score.scaled"), 1);
  const passed = success === "passed";
  return { scaled: raw, completed: passed || status === "completed", passed };
}

export function placeTold(version: Version, place: { step: number; finished: boolean; elapsed_ms: number }): Telling[] {
  const core = version === "1.2" ? "cmi.core" : "cmi";
  const time = version === "1.2" ? clockSpan(place.elapsed_ms) : isoSpan(place.elapsed_ms);
  const usual = version === "1.2" ? "" : "normal";
  return [
    { element: version === "1.2" ? "cmi.core.lesson_location" : "cmi.location", value: `step-${place.step}`, optional: true },
    { element: `${core}.session_time`, value: time, optional: true },
    { element: `${core}.exit`, value: place.finished ? usual : "suspend", optional: false },
  ];
}

export function stepRead(location: string | null): number | null {
  const read = /^step-([1-9]\d{0,3})$/.exec(location ?? "");
  return read ? Number(read[1]) : null;
}

/** The records of interaction `n`; its id and type first, as the specification asks. */
export function interactionTold(version: Version, n: number, it: Interaction): Telling[] {
  const at = `cmi.interactions.${n}`;
  const told = [
    [`${at}.id`, it.task],
    [`${at}.type`, "performance"],
    version === "1.2" ? [`${at}.time`, clockTime(it.at)] : [`${at}.timestamp`, isoTime(it.at)],
    [`${at}.weighting`, decimal(it.points, 2)],
    [`${at}.result`, resultOf(version, it)],
    [`${at}.latency`, version === "1.2" ? clockSpan(it.latency_ms) : isoSpan(it.latency_ms)],
  ];
  if (version === "2004") told.push([`${at}.description`, Array.from(it.title).slice(0, MAX_TITLE).join("")]);
  return told.map(([element = "", value = ""]) => ({ element, value, optional: true }));
}

function resultOf(version: Version, { state, share }: Interaction): string {
  if (state === "done") return "correct";
  if (state === "part") return decimal(share, 4);
  if (state === "broken") return "neutral";
  return version === "1.2" ? "wrong" : "incorrect";
}

/** HHHH:MM:SS.SS */
export function clockSpan(ms: number): string {
  const hundredths = Math.max(0, Math.round(ms / 10));
  const hours = Math.floor(hundredths / 360_000);
  if (hours > MAX_HOURS) return `${MAX_HOURS}:59:59.99`;
  const two = (n: number) => String(n).padStart(2, "0");
  const rest = hundredths % 360_000;
  return `${String(hours).padStart(4, "0")}:${two(Math.floor(rest / 6_000))}:${two(Math.floor((rest % 6_000) / 100))}.${two(rest % 100)}`;
}

/** PT1H2M3.04S */
export function isoSpan(ms: number): string {
  const hundredths = Math.max(0, Math.round(ms / 10));
  const hours = Math.floor(hundredths / 360_000);
  const minutes = Math.floor((hundredths % 360_000) / 6_000);
  const seconds = (hundredths % 6_000) / 100;
  return `PT${hours > 0 ? `${hours}H` : ""}${minutes > 0 ? `${minutes}M` : ""}${decimal(seconds, 2)}S`;
}

/** The time of day where the learner is. */
function clockTime(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
}

function isoTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Without exponent and trailing zeros. */
function decimal(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

function number(text: string | null, of: number): number | null {
  const value = text === null || text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(value) && value >= 0 && value <= of ? value / of : null;
}
