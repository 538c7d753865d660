/// The page in a course, against run-times that behave, and those that do not.
import { webcrypto } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TaskView } from "../../src/core/types";
import { Course } from "../../src/tab/course/course.svelte";
import { decode, encode } from "../../src/tab/course/suspend";
import type { StoredAttempt } from "../../src/tab/store";

vi.stubGlobal("crypto", webcrypto);

const done = (id: string, score = 2) => ({ id, title: id, points: 2, score, state: score === 2 ? "done" : "untried", attempts: 1, hints: [] }) as unknown as TaskView;
const attempt = (task: string) => ({ task, verdict: "done", share: 1, points: 2, at: Date.now() }) as unknown as StoredAttempt;

/** A run-time of 2004 that keeps what it is told. */
function runtime(values: Record<string, string> = {}) {
  const kept: Record<string, string> = { "cmi.completion_status": "unknown", "cmi.learner_id": "ada", "cmi.entry": "ab-initio", "cmi.mode": "normal", "cmi.suspend_data": "", ...values };
  const calls: string[] = [];
  const state = { fails: false };
  const api = {
    Initialize: () => (calls.push("Initialize"), "true"),
    Terminate: () => (calls.push("Terminate"), "true"),
    Commit: () => (state.fails ? "false" : (calls.push("Commit"), "true")),
    SetValue: (element = "", value = "") => ((kept[element] = value), calls.push(element), "true"),
    GetValue: (element = "") => kept[element] ?? "",
    GetLastError: () => (state.fails ? "391" : "0"),
    GetErrorString: () => "General Commit Failure",
  };
  return { kept, calls, state, api };
}

async function open(api: unknown, tasks: TaskView[] = [done("one", 0)], lab = "shop") {
  Object.assign(window, { API_1484_11: api });
  const opened = await Course.open(lab);
  if (!opened) throw new Error("no course");
  opened.course.follow(() => tasks, 3);
  return opened;
}

beforeEach(() => {
  document.documentElement.dataset.course = "2004";
  localStorage.clear();
  vi.useFakeTimers();
});

afterEach(() => {
  window.dispatchEvent(new Event("pagehide"));
  Reflect.deleteProperty(window, "API_1484_11");
  delete document.documentElement.dataset.course;
  vi.useRealTimers();
});

describe("a page in a course", () => {
  it("is none where the page was not made for one, and an absent one where there is none", async () => {
    const { course, scope, keeps } = await open(undefined);
    expect([course.state, scope, keeps]).toEqual(["absent", "", true]);
    delete document.documentElement.dataset.course;
    expect(await Course.open("shop")).toBeNull();
  });

  it("begins and ends once, with the work told before", async () => {
    const { kept, calls, api } = runtime();
    const { course } = await open(api);
    window.dispatchEvent(new Event("pagehide"));
    window.dispatchEvent(new Event("pagehide"));
    expect(calls.filter((call) => call === "Initialize")).toHaveLength(1);
    expect(calls.filter((call) => call === "Terminate")).toHaveLength(1);
    expect(calls.at(-1)).toBe("Terminate");
    expect(calls.at(-2)).toBe("Commit");
    expect(course.state).toBe("closed");
    expect(kept["cmi.exit"]).toBe("suspend");
    course.progress(null);
    expect(calls.at(-1)).toBe("Terminate");
  });

  it("sends again what failed, and loses nothing", async () => {
    const { kept, state, calls, api } = runtime();
    const tasks = [done("one")];
    const { course } = await open(api, tasks);
    state.fails = true;
    course.progress(attempt("one"));
    expect(course.state).toBe("failing");
    expect(course.why).toEqual({ code: 391, words: "General Commit Failure" });
    const before = calls.filter((call) => call === "Commit").length;
    vi.advanceTimersByTime(2_000);
    expect(course.state).toBe("failing");
    state.fails = false;
    vi.advanceTimersByTime(5_000);
    expect(course.state).toBe("saved");
    expect(course.why).toBeNull();
    expect(calls.filter((call) => call === "Commit").length).toBe(before + 1);
    expect(kept).toMatchObject({ "cmi.score.scaled": "1", "cmi.success_status": "passed", "cmi.exit": "normal" });
  });

  it("writes each verdict once, where the journal is counted and where it is not", async () => {
    const { kept, api } = runtime();
    const { course } = await open(api, [done("one"), done("two")]);
    course.progress(attempt("one"));
    course.progress(attempt("two"));
    course.progress(null);
    expect([kept["cmi.interactions.0.id"], kept["cmi.interactions.1.id"], kept["cmi.interactions.2.id"]]).toEqual(["one", "two", undefined]);
    kept["cmi.interactions._count"] = "7";
    course.progress(attempt("one"));
    expect(kept["cmi.interactions.7.id"]).toBe("one");
    kept["cmi.interactions._count"] = "250";
    course.progress(attempt("one"));
    expect(kept["cmi.interactions.250.id"]).toBeUndefined();
  });

  it("keeps learners and attempts apart, and goes on with an attempt that the course lost", async () => {
    const scopeOf = async (values: Record<string, string>, fails = false) => {
      const made = runtime(values);
      made.state.fails = fails;
      const { scope, keeps } = await open(made.api);
      return { scope, keeps, text: made.kept["cmi.suspend_data"] ?? "" };
    };
    const ada = await scopeOf({});
    const eve = await scopeOf({ "cmi.learner_id": "eve" });
    expect(new Set([ada.scope, eve.scope]).size).toBe(2);
    expect(ada.scope).toMatch(/^[0-9a-f]{16}$/);
    expect((await scopeOf({ "cmi.suspend_data": ada.text, "cmi.entry": "resume" })).scope).toBe(ada.scope);
    expect((await scopeOf({ "cmi.suspend_data": "garbage", "cmi.entry": "resume" })).scope).toBe(ada.scope);
    const another = await scopeOf({}, true);
    expect(another.scope).not.toBe(ada.scope);
    expect((await scopeOf({})).scope).toBe(another.scope);
    const [one, other] = [await scopeOf({ "cmi.learner_id": "" }), await scopeOf({ "cmi.learner_id": "" })];
    expect([one.keeps, other.keeps, one.scope === other.scope, ada.keeps]).toEqual([false, false, false, true]);
  });

  it("records nothing when it is looked at", async () => {
    for (const mode of ["review", "browse"]) {
      const { text } = encode("shop", { registration: "abc123", tasks: { one: { state: "done", share: 1, attempts: 1, hints: 0 } } }, 4_096);
      const { calls, api } = runtime({ "cmi.mode": mode, "cmi.suspend_data": text });
      const { course, kept, keeps } = await open(api);
      course.progress(attempt("one"));
      window.dispatchEvent(new Event("pagehide"));
      expect([course.state, keeps, calls.filter((call) => call.startsWith("cmi"))]).toEqual(["look", false, []]);
      expect(kept.one?.state).toBe("done");
    }
  });

  it("says what it could not read, and never writes over what a later page wrote", async () => {
    const later = runtime({ "cmi.suspend_data": "labwright2;shop;whatever" });
    const { course } = await open(later.api);
    expect(course.unread).toBe("newer");
    expect(later.kept["cmi.suspend_data"]).toBe("labwright2;shop;whatever");
    const garbage = runtime({ "cmi.suspend_data": "\u0000{]", "cmi.success_status": "passed", "cmi.score.scaled": "0.9" });
    const { course: other } = await open(garbage.api);
    expect(other.unread).toBe("foreign");
    expect(decode("shop", garbage.kept["cmi.suspend_data"] ?? "")).toMatchObject({ tasks: {} });
    expect(garbage.kept).toMatchObject({ "cmi.success_status": "passed", "cmi.score.scaled": "0.9" });
  });

  it("takes a run-time that was begun, and refuses one that was ended", async () => {
    const begun = runtime();
    const { course } = await open({ ...begun.api, Initialize: () => "false" });
    expect(course.state).toBe("saved");
    const ended = { ...begun.api, GetValue: () => "", Initialize: () => "false", GetLastError: () => "104", GetErrorString: () => "Content Instance Terminated" };
    const { course: other, keeps } = await open(ended);
    expect([other.state, keeps, other.why?.code]).toEqual(["refused", false, 104]);
  });
});
