import { describe, expect, test } from "vitest";
import type { Board, BoardLearner, BoardStuck } from "../../src/core/types";
import { groups, markOf, merged, minutes, ordered, safeCell } from "../../src/pages/board";

function learner(id: string, name: string, more: Partial<BoardLearner> = {}): BoardLearner {
  return { id, display_name: name, presence: "here", active_at: 0, score: 0, cells: [], ...more };
}

function board(learners: BoardLearner[], more: Partial<Board> = {}): Board {
  const plain = { course: "c", course_title: "C", lab: "l", title: "L", labs: [], at: 0, stamp: 1, whole: true, tasks: [], steps: [], stuck: [] };
  return { ...plain, learners, ...more };
}

function stuck(learner: string, more: Partial<BoardStuck> = {}): BoardStuck {
  return { learner, task: "dump", reason: "tries", since: 0, failed: 3, words: null, ...more };
}

describe("news", () => {
  test("replace who changed, add who is new, and leave the others as they are", () => {
    const old = board([learner("a", "Ada"), learner("b", "Bob")]);
    const now = merged(old, board([learner("b", "Bob", { score: 2 }), learner("c", "Cyd")], { whole: false, stamp: 2 }));
    expect(now.learners.map((one) => [one.id, one.score])).toEqual([["a", 0], ["b", 2], ["c", 0]]);
    expect(now.learners[0]).toBe(old.learners[0]);
    expect(now.stamp).toBe(2);
  });

  test("that are whole, or of another lab, replace all", () => {
    const old = board([learner("a", "Ada")]);
    expect(merged(old, board([], { lab: "m", whole: false })).learners).toEqual([]);
    expect(merged(old, board([])).learners).toEqual([]);
  });
});

test("orders and filters", () => {
  const all = board(
    [learner("z", "Zoé", { score: 3 }), learner("a", "adele", { active_at: 9 }), learner("n", "Nora", { presence: "never", active_at: null })],
    { stuck: [stuck("z")] },
  );
  expect(ordered(all, "name", "all", "")).toEqual(["a", "n", "z"]);
  expect(ordered(all, "points", "all", "")).toEqual(["z", "a", "n"]);
  expect(ordered(all, "active", "all", "")).toEqual(["a", "n", "z"]);
  expect(ordered(all, "name", "here", "")).toEqual(["a", "z"]);
  expect(ordered(all, "name", "never", "")).toEqual(["n"]);
  expect(ordered(all, "name", "stuck", "")).toEqual(["z"]);
  expect(ordered(all, "name", "all", "ZOE")).toEqual(["z"]);
});

test("who reads the same words of the same check is one entry", () => {
  const words = "no packets";
  const found = groups([stuck("a", { words }), stuck("b"), stuck("c", { words }), stuck("d", { words, task: "ping" })]);
  expect(found.map((group) => group.who.map((one) => one.learner))).toEqual([["a", "c"], ["b"], ["d"]]);
});

test("cells, minutes, and names that a spreadsheet would take for a formula", () => {
  expect(["done", "part", "not_yet", "broken", "untried"].map((state) => markOf(state as "done"))).toEqual([
    "done", "part", "tried", "untried", "untried",
  ]);
  expect([minutes(0, 90_000), minutes(90_000, 0)]).toEqual([2, 0]);
  expect([safeCell("=1+1"), safeCell("@x"), safeCell("Ada")]).toEqual(["'=1+1", "'@x", "Ada"]);
});
