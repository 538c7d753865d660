/// From attempts to what the page shows: the views of the lab's file with the learner's progress in them, by the rules of
/// crates/session/src/progress.rs (the best try counts). Pure.

import type { components } from "../core/api.gen";
import type { SessionView, StepView, TaskView } from "../core/types";
import type { Kept } from "./course/suspend";
import type { Told } from "./home/ledger";
import type { StoredAttempt } from "./store";

type TabPages = components["schemas"]["TabPages"];

/** Points are kept to so many parts of a point. */
const PARTS = 10_000;
const RANK = { done: 3, part: 2, not_yet: 1, broken: 0, untried: -1 } as const;

export interface Done {
  attempts: StoredAttempt[];
  /** Hints revealed, by task. */
  hints: Record<string, number>;
  /** What a course kept of tasks, in place of attempts that this browser never saw; its attempts come on top. */
  carried?: Record<string, Kept>;
  /** What a course has said of attempts, by id. */
  told?: ReadonlyMap<string, Told>;
  /** The same in words for the learner, where it is not what was said here. */
  said?: (told: Told, attempt: StoredAttempt) => string | null;
}

/**
 * What of a course's `kept` this browser does not have itself: the better of both counts, by task, and the larger number of
 * attempts and of hints. A course that is told attempt by attempt has counted only those that it has taken.
 */
export function carry(kept: Record<string, Kept>, done: Done): Record<string, Kept> {
  const { told } = done;
  const counted = (attempt: StoredAttempt) => asTold(attempt, told).verdict !== "broken" && (!told || told.get(attempt.id)?.outcome === "taken");
  return Object.fromEntries(
    Object.entries(kept).map(([task, there]) => {
      const here = done.attempts.filter((attempt) => attempt.task === task && counted(attempt)).length;
      return [task, { ...there, attempts: Math.max(0, there.attempts - here) }];
    }),
  );
}

/** What counts of an attempt: the course's verdict, where it judged again and came to another. */
function asTold(attempt: StoredAttempt, told: Done["told"]): StoredAttempt {
  const verdict = told?.get(attempt.id)?.verdict ?? attempt.verdict;
  // A part of the points comes with what the course has of the task.
  return verdict === attempt.verdict ? attempt : { ...attempt, verdict, share: verdict === "done" ? 1 : 0 };
}

export function pointsOf(share: number, points: number): number {
  return rounded(Math.min(1, Math.max(0, share)) * points);
}

function rounded(points: number): number {
  return Math.round(points * PARTS) / PARTS;
}

export function taskView(task: TaskView, pages: TabPages, done: Done): TaskView {
  const attempts = done.attempts.filter((attempt) => attempt.task === task.id).map((attempt) => asTold(attempt, done.told));
  const counted = attempts.filter((attempt) => attempt.verdict !== "broken");
  const carried = done.carried?.[task.id];
  const best = attempts.reduce<TaskView["state"]>(
    (best, { verdict }) => (RANK[verdict] > RANK[best] ? verdict : best),
    carried?.state ?? "untried",
  );
  const hints = pages.hints[task.id] ?? [];
  const revealed = Math.min(hints.length, Math.max(done.hints[task.id] ?? 0, carried?.hints ?? 0));
  return {
    ...task,
    state: best,
    score: pointsOf(Math.max(carried?.share ?? 0, ...counted.map(({ share }) => share)), task.points),
    feedback: feedbackOf(task.id, done),
    attempts: counted.length + (carried?.attempts ?? 0),
    hints: hints.slice(0, revealed),
    hints_left: hints.length - revealed,
  };
}

function feedbackOf(task: string, { attempts, told, said }: Done): string[] {
  const last = attempts.filter((attempt) => attempt.task === task).at(-1);
  if (!last) return [];
  const line = told?.get(last.id);
  const words = line ? (said?.(line, last) ?? null) : null;
  return words === null ? last.feedback : [...last.feedback, words];
}

export function stepView(step: StepView, pages: TabPages, done: Done): StepView {
  return { ...step, tasks: step.tasks.map((task) => taskView(task, pages, done)) };
}

export function sessionView(pages: TabPages, done: Done, now: number): SessionView {
  const steps = pages.session.steps.map((summary) => {
    const tasks = pages.steps[summary.n - 1]?.tasks.map((task) => taskView(task, pages, done)) ?? [];
    const score = rounded(tasks.reduce((sum, task) => sum + task.score, 0));
    const all = tasks.length > 0 && tasks.every((task) => task.state === "done");
    const state = all ? "done" : score > 0 ? "part" : "todo";
    return { ...summary, score, state } as typeof summary;
  });
  return { ...pages.session, now, steps, score: rounded(steps.reduce((sum, step) => sum + step.score, 0)) };
}
