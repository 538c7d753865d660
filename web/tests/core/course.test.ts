import { describe, expect, it } from "vitest";
import type { TaskView } from "../../src/core/types";
import { better, clockSpan, interactionTold, isoSpan, placeTold, standingOf, standingRead, standingTold, stepRead, SUSPEND_CHARS } from "../../src/tab/course/cmi";
import { findApi } from "../../src/tab/course/find";
import { Runtime } from "../../src/tab/course/runtime";
import { decode, encode, keptOf, type Kept } from "../../src/tab/course/suspend";
import type { StoredAttempt } from "../../src/tab/store";
import { carry, taskView, type Done } from "../../src/tab/progress";

const TASK: TaskView = {
  id: "one", title: "One?", points: 2, score: 0, state: "untried", kind: "text", database: null, choices: [],
  feedback: [], hints: [], hints_left: 2, on: null, attempts: 0, tries_left: null, late: false, self_reported: false,
} as unknown as TaskView;
const task = (id: string, state: TaskView["state"], score: number): TaskView => ({ ...TASK, id, state, score });

type Fake = Record<string, unknown>;
const frame = (more: Fake = {}): Window & Fake => {
  const window: Fake = { opener: null, ...more };
  window.parent ??= window;
  window.top ??= window.parent;
  return window as unknown as Window & Fake;
};
const api12 = { LMSInitialize: () => "true" };
const api2004 = { Initialize: () => "true" };

describe("the run-time is found", () => {
  it("above, in the opener, and of the other version at last", () => {
    const lms = frame({ API: api12 });
    const between = frame({ parent: lms });
    expect(findApi(frame({ parent: between }), "1.2")).toEqual({ version: "1.2", api: api12 });
    expect(findApi(frame({ opener: between }), "1.2")?.api).toBe(api12);
    expect(findApi(frame({ parent: frame({ opener: lms }) }), "1.2")?.api).toBe(api12);
    expect(findApi(frame({ parent: between }), "2004")).toEqual({ version: "1.2", api: api12 });
    expect(findApi(frame({ parent: frame({ API: api12, API_1484_11: api2004 }) }), "2004")?.api).toBe(api2004);
  });

  it("past frames of other sites, and not where only the name is", () => {
    const lms = frame({ API_1484_11: api2004 });
    const foreign = frame({ parent: lms });
    for (const name of ["API", "API_1484_11", "opener"]) Object.defineProperty(foreign, name, { get: () => { throw new DOMException("no", "SecurityError"); } });
    expect(findApi(frame({ parent: foreign }), "2004")?.api).toBe(api2004);
    expect(findApi(frame({ API: document.createElement("div") }), "1.2")).toBeNull();
    expect(findApi(frame(), "2004")).toBeNull();
  });

  it("within 500 frames", () => {
    let inner = frame({ API: api12 });
    for (let n = 0; n < 501; n++) inner = frame({ parent: inner });
    expect(findApi(inner, "1.2")).toBeNull();
    const round = frame();
    const other = frame({ parent: round });
    (round as Fake).parent = other;
    expect(findApi(other, "1.2")).toBeNull();
  });
});

describe("a run-time", () => {
  it("refuses with number and words, and never throws", () => {
    const refusing = new Runtime({ version: "1.2", api: { LMSSetValue: () => "false", LMSGetLastError: () => "405", LMSGetErrorString: (code = "") => `words of ${code}` } });
    expect(refusing.set("cmi.core.exit", "x")).toEqual({ code: 405, words: "words of 405" });
    const gone = new Runtime({ version: "2004", api: { Commit: () => { throw new Error("closed"); } } });
    expect(gone.commit()).toEqual({ code: -1, words: "Error: closed" });
    expect(gone.get("cmi.mode")).toBeNull();
    expect(new Runtime({ version: "2004", api: { Terminate: () => true as unknown } }).terminate()).toBeNull();
  });
});

const TASKS: Record<string, Kept> = {
  first: { state: "done", share: 1, attempts: 3, hints: 2 },
  second: { state: "part", share: 0.3333, attempts: 1, hints: 0 },
  third: { state: "not_yet", share: 0, attempts: 12, hints: 0 },
  fourth: { state: "untried", share: 0, attempts: 0, hints: 1 },
  half: { state: "done", share: 0.5, attempts: 1, hints: 0 },
};

describe("what is suspended", () => {
  it("comes back as it was", () => {
    const { text, whole } = encode("shop", { registration: "abc123", tasks: { ...TASKS, fifth: { state: "untried", share: 0, attempts: 0, hints: 0 } } }, 4096);
    expect(whole).toBe(true);
    expect(text).toMatch(/^labwright1;shop;\w+;abc123;first:d\.3\.2,half:d5000\.1\.0,second:p3333\.1\.0,third:n\.12\.0,fourth:u\.0\.1$/);
    expect(decode("shop", text)).toEqual({ registration: "abc123", tasks: TASKS });
  });

  it("keeps within the limit, what is done first", () => {
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`task-number-${n}`, { state: n % 2 ? "done" : "part", share: n % 2 ? 1 : 0.5, attempts: 1, hints: 0 } as Kept]));
    const { text, whole } = encode("shop", { registration: "abc123", tasks: many }, SUSPEND_CHARS["1.2"]);
    expect(whole).toBe(false);
    expect(text.length).toBeLessThanOrEqual(4096);
    const back = decode("shop", text);
    const states = Object.values(back !== null && typeof back === "object" ? back.tasks : {}).map(({ state }) => state);
    expect(states.length).toBeGreaterThan(150);
    expect(states).not.toContain("part");
    expect(encode("shop", { registration: "abc123", tasks: many }, SUSPEND_CHARS["2004"]).whole).toBe(true);
  });

  it("is not taken when it is another's, of later, cut, changed or nonsense", () => {
    const { text } = encode("shop", { registration: "abc123", tasks: TASKS }, 4096);
    expect(decode("shop", "")).toBeNull();
    expect(decode("shop", "  ")).toBeNull();
    expect(decode("other", text)).toBe("foreign");
    expect(decode("shop", "viewed=1,2|lastviewedslide=2")).toBe("foreign");
    expect(decode("shop", text.replace("labwright1", "labwright2"))).toBe("newer");
    for (let end = 12; end < text.length; end++) expect(typeof decode("shop", text.slice(0, end))).toBe("string");
    expect(decode("shop", text.replace("p3333", "p9333"))).toBe("damaged");
    expect(decode("shop", `${text};more`)).toBe("damaged");
    expect(decode("shop", "labwright1;shop;0;abc123;x")).toBe("damaged");
    expect(decode("shop", "x".repeat(70_000))).toBe("damaged");
    for (const odd of ["\u0000", "{}", "[]", "null", ";;;;", "labwright1", "labwright1;;;;;;", "\ud800;\udfff"]) expect(typeof decode("shop", odd)).toBe("string");
  });

  it("is bounded and has no names of objects, even when its sum is right", () => {
    const sealed = (tasks: Record<string, Kept>) => decode("shop", encode("shop", { registration: "abc123", tasks }, 64_000).text);
    expect(sealed({ "../x": { state: "done", share: 1, attempts: 1, hints: 0 } })).toBe("damaged");
    expect(sealed({ a: { state: "part", share: 7, attempts: 1, hints: 0 } })).toBe("damaged");
    expect(sealed({ a: { state: "done", share: 1, attempts: 1e9, hints: 1e9 } })).toMatchObject({ tasks: { a: { attempts: 99_999, hints: 999 } } });
    const all: Kept = { state: "done", share: 1, attempts: 1, hints: 0 };
    const proto = sealed(Object.fromEntries([["constructor", all]]));
    expect(Object.keys(proto !== null && typeof proto === "object" ? proto.tasks : {})).toEqual(["constructor"]);
  });
});

describe("work here and work in the course", () => {
  const pages = { hints: { one: ["a", "b"] }, session: {}, steps: [] } as unknown as Parameters<typeof taskView>[1];
  const attempt = (verdict: "done" | "part" | "not_yet", share: number): StoredAttempt =>
    ({ lab: "shop", id: String(share), task: "one", at: 1, verdict, share, points: 2, feedback: [], took_ms: 1, answer: null, self_reported: true });
  const view = (done: Done, kept: Record<string, Kept>) => taskView(TASK, pages, { ...done, carried: carry(kept, done) });

  it("the better of both counts, by task", () => {
    const here: Done = { attempts: [attempt("part", 0.5)], hints: { one: 1 } };
    expect(view(here, {})).toMatchObject({ state: "part", score: 1, attempts: 1 });
    expect(view(here, { one: { state: "done", share: 1, attempts: 4, hints: 0 } })).toMatchObject({ state: "done", score: 2, attempts: 4, hints: ["a"] });
    expect(view(here, { one: { state: "not_yet", share: 0, attempts: 1, hints: 2 } })).toMatchObject({ state: "part", score: 1, attempts: 1, hints: ["a", "b"] });
    expect(view({ attempts: [], hints: {} }, { one: { state: "part", share: 0.25, attempts: 2, hints: 99 } })).toMatchObject({ state: "part", score: 0.5, attempts: 2, hints_left: 0 });
  });

  it("tries go on from where the course had them, and are not counted twice", () => {
    const carried = carry({ one: { state: "not_yet", share: 0, attempts: 3, hints: 0 } }, { attempts: [attempt("not_yet", 0)], hints: {} });
    const after = taskView(TASK, pages, { attempts: [attempt("not_yet", 0), attempt("done", 1)], hints: {}, carried });
    expect(after.attempts).toBe(4);
    expect(keptOf(after)).toEqual({ state: "done", share: 1, attempts: 4, hints: 0 });
  });
});

const told = (list: { element: string; value: string }[]) => Object.fromEntries(list.map(({ element, value }) => [element, value]));

describe("what a course is told", () => {
  it("the score, from 0 to 100, and the status", () => {
    const part = standingOf([task("a", "done", 2), task("b", "part", 0.5)], { all: 1, at: 1 });
    expect(told(standingTold("1.2", part))).toEqual({ "cmi.core.score.min": "0", "cmi.core.score.max": "100", "cmi.core.score.raw": "62.5", "cmi.core.lesson_status": "incomplete" });
    expect(told(standingTold("2004", part))).toEqual({ "cmi.score.scaled": "0.625", "cmi.score.min": "0", "cmi.score.max": "100", "cmi.score.raw": "62.5", "cmi.completion_status": "incomplete", "cmi.success_status": "unknown" });
    const all = standingOf([task("a", "done", 2), task("b", "done", 2)], { all: 1, at: 1 });
    expect(told(standingTold("1.2", all))).toMatchObject({ "cmi.core.score.raw": "100", "cmi.core.lesson_status": "passed" });
    expect(told(standingTold("2004", all))).toMatchObject({ "cmi.score.scaled": "1", "cmi.completion_status": "completed", "cmi.success_status": "passed" });
    const less = standingOf([task("a", "done", 1)], { all: 1, at: 1 });
    expect(told(standingTold("1.2", less))["cmi.core.lesson_status"]).toBe("completed");
  });

  it("a lab without tasks is completed at its last step, with no score", () => {
    expect(told(standingTold("1.2", standingOf([], { all: 2, at: 1 })))).toEqual({ "cmi.core.lesson_status": "incomplete" });
    expect(told(standingTold("1.2", standingOf([], { all: 2, at: 2 })))).toEqual({ "cmi.core.lesson_status": "passed" });
  });

  it("never less than it knew", () => {
    const knew = standingRead("1.2", (element) => ({ "cmi.core.lesson_status": "passed", "cmi.core.score.raw": "80" })[element] ?? null);
    expect(better(knew, standingOf([task("a", "untried", 0)], { all: 1, at: 1 }))).toEqual({ scaled: 0.8, completed: true, passed: true });
    const odd = standingRead("2004", (element) => ({ "cmi.score.scaled": "-0.5", "cmi.completion_status": "unknown" })[element] ?? null);
    expect(odd).toEqual({ scaled: null, completed: false, passed: false });
  });

  it("where the learner is, for how long, and that there is more to do", () => {
    expect(told(placeTold("1.2", { step: 3, finished: false, elapsed_ms: 3_723_040 }))).toEqual({ "cmi.core.lesson_location": "step-3", "cmi.core.session_time": "0001:02:03.04", "cmi.core.exit": "suspend" });
    expect(told(placeTold("2004", { step: 3, finished: true, elapsed_ms: 3_723_040 }))).toEqual({ "cmi.location": "step-3", "cmi.session_time": "PT1H2M3.04S", "cmi.exit": "normal" });
    expect([clockSpan(-5), clockSpan(59_999), clockSpan(1e12), isoSpan(0), isoSpan(60_000)]).toEqual(["0000:00:00.00", "0000:01:00.00", "9999:59:59.99", "PT0S", "PT1M0S"]);
    expect([stepRead("step-12"), stepRead("step-0"), stepRead("javascript:1"), stepRead(null)]).toEqual([12, null, null, null]);
  });

  it("each verdict, by words that fit, and nothing that the learner wrote", () => {
    const it = { task: "price-list", title: "é".repeat(300), state: "part", share: 1 / 3, points: 5, at: Date.UTC(2026, 10, 28, 4, 5, 6), latency_ms: 65_430 } as const;
    const two = told(interactionTold("2004", 7, it));
    expect(two).toEqual({
      "cmi.interactions.7.id": "price-list", "cmi.interactions.7.type": "performance", "cmi.interactions.7.timestamp": "2026-11-28T04:05:06Z",
      "cmi.interactions.7.weighting": "5", "cmi.interactions.7.result": "0.3333", "cmi.interactions.7.latency": "PT1M5.43S",
      "cmi.interactions.7.description": "é".repeat(250),
    });
    expect(Object.keys(two)[0]).toBe("cmi.interactions.7.id");
    const one = told(interactionTold("1.2", 0, { ...it, state: "not_yet" }));
    expect(one["cmi.interactions.0.result"]).toBe("wrong");
    expect(one["cmi.interactions.0.time"]).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(one["cmi.interactions.0.latency"]).toBe("0000:01:05.43");
  });
});
