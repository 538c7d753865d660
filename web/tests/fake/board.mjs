/// A class of make-believe learners for the teacher's board.

import { STEPS } from "./data.mjs";

const FIRST = ["Adèle", "Bao", "Chloé", "Diego", "Elena", "Farah", "Gabriel", "Hana", "Ines", "Jonas", "Kenza", "Louis"];
const TASKS = STEPS.flatMap((step, n) => step.tasks.map((task) => ({ ...task, step: n + 1 })));

/** `count` learners, each a little further than the one before, always the same. */
export function makeClass(count) {
  const began = Date.now() - 40 * 60_000;
  const learners = Array.from({ length: count }, (_, n) => {
    const done = n % (TASKS.length + 1);
    const never = n % 17 === 16;
    const cells = TASKS.map((task, at) => cellOf(task, never ? 99 : at - done, n));
    return {
      id: `l${n}`,
      display_name: `${FIRST[n % FIRST.length]} ${String.fromCharCode(65 + (n % 26))}. ${n}`,
      presence: never ? "never" : n % 7 === 6 ? "away" : "here",
      active_at: never ? null : began + n * 1000,
      score: cells.reduce((sum, cell) => sum + cell.score, 0),
      cells,
      work: never || n % 7 === 6 || cells.every((cell) => cell.state === "done") ? null : { task: TASKS[cells.findIndex((cell) => cell.state !== "done")].id, since: began + n * 1000, failed: n % 4 },
      place: never || n % 7 === 6 ? null : "local",
      line: never || n % 7 === 6 ? null : { round_trip_ms: n % 23 === 3 ? 900 : 40, lost_percent: 0, polling: n % 29 === 4 },
      changed: 1,
    };
  });
  const stuck = learners
    .filter((one, n) => one.presence === "here" && n % 11 === 2 && one.cells.some((cell) => cell.state !== "done"))
    .map((one, n) => ({
      learner: one.id,
      task: TASKS[one.cells.findIndex((cell) => cell.state !== "done")].id,
      reason: ["tries", "quiet", "time"][n % 3],
      since: began + n * 60_000,
      failed: n % 3 === 0 ? 4 : 0,
      words: n % 3 === 0 ? "The last ACK is missing." : null,
    }));
  return { stamp: 1, learners, stuck };
}

function cellOf(task, ahead, n) {
  if (ahead < 0) return { state: "done", score: task.points, attempts: 1 + (n % 3) };
  if (ahead > 0 || n % 3 === 0) return { state: "untried", score: 0, attempts: 0 };
  return n % 3 === 1 ? { state: "part", score: task.points / 2, attempts: 2 } : { state: "not_yet", score: 0, attempts: 4 };
}

export function boardView(group, lab, lang, after, labs) {
  const whole = after === 0;
  const column = (at) => group.learners.map((one) => one.cells[at]);
  const count = (cells, state) => cells.filter((cell) => cell.state === state).length;
  return {
    course: "networks",
    course_title: "Networks, week 3",
    lab: lab.name,
    title: lab.title[lang],
    labs: labs.map((one) => ({ name: one.name, title: one.title[lang] })),
    at: Date.now(),
    stamp: group.stamp,
    whole,
    tasks: TASKS.map((task, at) => ({
      id: task.id,
      title: task.title[lang],
      step: task.step,
      points: task.points,
      done: count(column(at), "done"),
      part: count(column(at), "part"),
      tried: count(column(at), "not_yet"),
      at_it: 3,
      attempts: column(at).reduce((sum, cell) => sum + cell.attempts, 0),
      broken: at === 1 ? 2 : 0,
      median_ms: at === 0 ? null : 4 * 60_000,
      words: at === 0 ? [{ words: "The last ACK is missing.", learners: 7 }] : [],
    })),
    steps: STEPS.map((step, n) => ({ n: n + 1, title: step.title?.[lang] ?? `Step ${n + 1}`, tasks: step.tasks.length, reached: Math.max(0, group.learners.length - 20 * n), finished: Math.max(0, group.learners.length - 20 * (n + 1)), median_ms: n === 0 ? null : 300_000 })),
    learners: group.learners.filter((one) => whole || one.changed > after).map(({ changed: _, ...one }) => one),
    stuck: group.stuck,
  };
}
