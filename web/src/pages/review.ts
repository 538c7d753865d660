/// What a board says about the lab itself: what its author should look at, and how far a class comes. Pure but for the words.

import { formatNumber, t } from "../core/i18n/index.svelte";
import type { Board, BoardLearner, BoardTask } from "../core/types";
import { PRESENCE, safeCell } from "./board";
import { lineOf } from "./line";

/** Why an author should look at a task. */
export type Fault = "broken" | "hard" | "long";

export interface ToFix {
  task: BoardTask;
  /** The task's number, from 1. */
  number: number;
  faults: Fault[];
  /** Per cent of those who tried it. */
  success: number | null;
}

/** Fewer learners say nothing about a task. */
export const FEW = 5;
/** Less success than this is low, in per cent. */
export const LOW_PERCENT = 50;
/** A task is long when half needed more than this, and more than twice what half of the tasks need. */
export const LONG_MS = 10 * 60_000;

export function successOf({ done, part, tried }: BoardTask): number | null {
  const all = done + part + tried;
  return all === 0 ? null : Math.round((100 * done) / all);
}

/** Broken checks first, then what most fail at, then what takes long. */
export function toFix(tasks: readonly BoardTask[]): ToFix[] {
  const usual = median(tasks.flatMap((task) => task.median_ms ?? []));
  const found = tasks.map((task, at): ToFix => {
    const success = successOf(task);
    const many = task.done + task.part + task.tried >= FEW;
    const faults: Fault[] = [];
    if (task.broken > 0) faults.push("broken");
    if (many && success !== null && success < LOW_PERCENT) faults.push("hard");
    if (task.done >= FEW && task.median_ms != null && task.median_ms > LONG_MS && task.median_ms > 2 * (usual ?? 0)) faults.push("long");
    return { task, number: at + 1, faults, success };
  });
  const weight = ({ faults, success, task }: ToFix) =>
    (faults.includes("broken") ? 1000 + task.broken : 0) + (faults.includes("hard") ? 200 - (success ?? 0) : 0) + (faults.includes("long") ? 50 : 0);
  return found.filter(({ faults }) => faults.length > 0).sort((a, b) => weight(b) - weight(a));
}

function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}

export function faultWords(fault: Fault, { task, success }: ToFix): string {
  if (fault === "broken") return t("board.of.broken", { n: task.broken });
  if (fault === "hard") return t("review.hard", { percent: success ?? 0, words: task.words[0]?.words ?? "" });
  return t("review.long", { n: Math.round((task.median_ms ?? 0) / 60_000) });
}

export function lineWords(learner: BoardLearner): string {
  const line = learner.line;
  if (line == null) return t("review.line.unknown");
  const words = t(`review.line.${lineOf(learner)}`, { n: line.round_trip_ms, lost: line.lost_percent });
  return line.polling ? `${words}. ${t("review.line.polling")}` : words;
}

/** Everything that the board knows of everybody, a row a learner; nothing that a spreadsheet would take for a formula. */
export function learnersTable(board: Board): { head: string[]; rows: (string | number | null)[][] } {
  const titles = board.tasks.map((task) => task.title);
  const head = [
    t("board.learner"), t("board.csv.presence"), t("board.csv.active"), t("progress.score"), t("review.csv.task"), t("review.csv.since"),
    t("review.csv.failed"), t("review.csv.place"), t("review.csv.line"),
    ...titles, ...titles.map((title) => t("review.csv.attempts", { title })),
  ];
  const time = (at: number | null | undefined) => (at == null ? null : new Date(at).toISOString());
  const rows = board.learners.map((one) => [
    one.display_name, t(PRESENCE[one.presence]), time(one.active_at), one.score,
    board.tasks.find((task) => task.id === one.work?.task)?.title ?? null, time(one.work?.since), one.work?.failed ?? null,
    one.place ?? null, one.line?.round_trip_ms ?? null,
    ...one.cells.map((cell) => (cell.attempts === 0 ? null : cell.score)), ...one.cells.map((cell) => cell.attempts),
  ]);
  return safe(head, rows);
}

/** A row a task. */
export function tasksTable(board: Board): { head: string[]; rows: (string | number | null)[][] } {
  const head = [
    t("review.step"), t("review.csv.task"), t("board.cell.done"), t("board.cell.part"), t("board.cell.tried"), t("review.csv.success"),
    t("review.csv.tries"), t("review.csv.broken"), t("review.csv.median"), t("review.csv.words"),
  ];
  const rows = board.tasks.map((task) => [
    task.step, task.title, task.done, task.part, task.tried, successOf(task), task.attempts, task.broken,
    task.median_ms == null ? null : Math.round(task.median_ms / 1000), task.words[0]?.words ?? null,
  ]);
  return safe(head, rows);
}

function safe(head: string[], rows: (string | number | null)[][]) {
  const cell = (value: string | number | null) => (typeof value === "string" ? safeCell(value) : value);
  return { head: head.map(safeCell), rows: rows.map((row) => row.map(cell)) };
}

/** For programs: the same facts with the API's own names. */
export function asJson(board: Board): string {
  const { course, lab, title, at, tasks, steps, learners, stuck } = board;
  return JSON.stringify({ course, lab, title, at, tasks, steps, learners, stuck }, null, 1);
}


export function minutesOf(ms: number | null | undefined): string {
  return ms == null ? "" : t("board.minutes", { n: ms < 60_000 ? 1 : Math.round(ms / 60_000) });
}

export function percentOf(part: number, all: number): string {
  return `${formatNumber(all === 0 ? 0 : Math.round((100 * part) / all))} %`;
}
