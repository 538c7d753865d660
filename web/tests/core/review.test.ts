import { describe, expect, it } from "vitest";
import type { Board, BoardLearner, BoardTask } from "../../src/core/types";
import { ordered } from "../../src/pages/board";
import { lineOf } from "../../src/pages/line";
import { asJson, learnersTable, tasksTable, toFix } from "../../src/pages/review";

const task = (id: string, more: Partial<BoardTask> = {}): BoardTask => ({
  id, title: id, step: 1, points: 1, done: 8, part: 1, tried: 1, at_it: 0, attempts: 12, broken: 0, median_ms: 120_000, words: [], ...more,
});
const learner = (id: string, more: Partial<BoardLearner> = {}): BoardLearner => ({
  id, display_name: id, presence: "here", active_at: null, score: 1, cells: [{ state: "done", score: 1, attempts: 2, self_reported: false }], ...more,
});
const board = (tasks: BoardTask[], learners: BoardLearner[]): Board => ({
  course: "c", course_title: "C", lab: "l", title: "L", labs: [], at: 0, stamp: 1, whole: true, tasks, steps: [], learners, stuck: [],
});
const line = (round_trip_ms: number, lost_percent = 0, polling = false) => ({ round_trip_ms, lost_percent, polling });

describe("what an author should look at", () => {
  it("is broken checks first, then what most fail at, then what takes long; nothing else", () => {
    const tasks = [task("fine"), task("long", { median_ms: 1_500_000 }), task("hard", { done: 2, tried: 8 }), task("broken", { broken: 1 })];
    expect(toFix(tasks).map(({ number, faults }) => [number, faults])).toEqual([[4, ["broken"]], [3, ["hard"]], [2, ["long"]]]);
  });
  it("takes few learners for no evidence", () => {
    expect(toFix([task("new", { done: 0, part: 0, tried: 4 })])).toEqual([]);
    expect(toFix([task("slow", { done: 4, part: 0, tried: 0, median_ms: 1_500_000 })])).toEqual([]);
  });
});

describe("lines on the board", () => {
  it("have the words of the learner's own badge", () => {
    const of = (report: BoardLearner["line"]) => lineOf(learner("a", { line: report }));
    expect([null, line(40), line(300), line(40, 0, true), line(900), line(40, 30)].map(of)).toEqual(["unknown", "good", "slow", "slow", "poor", "poor"]);
  });
  it("can be looked for, and the longest at a task comes first", () => {
    const at = (since: number) => ({ task: "t", since, failed: 0 });
    const all = board([task("t")], [learner("a", { work: at(30), line: line(40) }), learner("b", { work: at(10), line: line(900) }), learner("c")]);
    expect(ordered(all, "time", "all", "")).toEqual(["b", "a", "c"]);
    expect(ordered(all, "name", "line", "")).toEqual(["b"]);
  });
});

describe("what is saved", () => {
  const wild = board([task("=1+1", { words: [{ words: "@SUM(A1)", learners: 2 }] })], [learner("-2", { display_name: "+cmd|' /C calc'!A0", line: line(40) })]);
  it("holds nothing that a spreadsheet takes for a formula", () => {
    const cells = [learnersTable(wild), tasksTable(wild)].flatMap(({ head, rows }) => [...head, ...rows.flat()]);
    expect(cells.filter((cell) => typeof cell === "string" && /^[=+\-@\t\r]/.test(cell))).toEqual([]);
    expect(learnersTable(wild).rows[0]?.[0]).toBe("'+cmd|' /C calc'!A0");
  });
  it("is whole as JSON", () => {
    expect(JSON.parse(asJson(wild))).toMatchObject({ lab: "l", learners: [{ id: "-2", line: line(40) }], tasks: [{ id: "=1+1" }] });
  });
});
