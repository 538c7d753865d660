/// Results on their way to a course: exactly once, whatever is lost on the way; the file of them; and what came from elsewhere.
import { webcrypto } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api, ApiError } from "../../src/core/api";
import { batches, fileText, handInAll, PAUSE_MS, readFile, requests, type Made } from "../../src/core/handin";
import type { HandedIn, HandIn, HandInOutcome, TabHome } from "../../src/core/types";
import { memoryLedger, type Ledger } from "../../src/tab/home/ledger";
import { AGAIN_MS, Results } from "../../src/tab/home/results.svelte";
import { carry, taskView, type Done } from "../../src/tab/progress";
import type { StoredAttempt } from "../../src/tab/store";

vi.stubGlobal("crypto", webcrypto);

const HOME: TabHome = { labwright: 1, course: "networks", title: "Networks", lab: "shop" };
const WHO = { id: "a1", display_name: "Ada" };
const [ONE, TWO] = ["1".repeat(64), "2".repeat(64)];

const attempt = (id: string, more: Partial<StoredAttempt> = {}): StoredAttempt => ({
  lab: "shop.x", id, task: "one", at: 1_000 + Number(id), verdict: "done", share: 1, points: 2, feedback: [], took_ms: 1, answer: null, self_reported: true, made_of: ONE, ...more,
});

/** A course that keeps what it is told, and can lose its replies. */
class FakeCourse {
  kept = new Map<string, string>();
  asked: HandIn[] = [];
  /** Asked for, before and after it is taken. */
  before: (part: HandIn | null) => void = () => {};
  after: (part: HandIn | null) => void = () => {};
  outcome: (id: string) => HandInOutcome = () => "taken";
  /** What is put off is so because the lab is not open. */
  shut = false;
  api = new Api(() => "en", async (_, init) => {
    const part = typeof init?.body === "string" ? (JSON.parse(init.body) as HandIn) : null;
    this.before(part);
    if (part) this.asked.push(part);
    const attempts = (part?.attempts ?? []).map(({ id, verdict }) => {
      const outcome = this.kept.has(id) ? "known" : this.outcome(id);
      if (outcome === "taken") this.kept.set(id, verdict);
      const kept = outcome === "taken" || outcome === "known";
      return { id, outcome, self_reported: false, verdict: kept ? verdict : null, message: outcome === "refused" || (outcome === "later" && this.shut) ? "It is closed." : null };
    });
    this.after(part);
    const tasks = { one: { state: "done", share: 1, attempts: this.kept.size, hints: 0 } };
    return Response.json({ attempts, tasks, score: 2, points: 2, at: 7 } as HandedIn);
  });
}

const network = () => {
  throw new TypeError("no network");
};

async function opened(course: FakeCourse, done: Done, ledger: Ledger = memoryLedger(), token: string | "out" | "other" = "t") {
  const results = await Results.open("shop.x", HOME, WHO, ONE, { api: course.api, ledger, token: async () => token });
  results.follow(() => done);
  await vi.advanceTimersByTimeAsync(1);
  return results;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the outbox", () => {
  it("sends what waits, in order, and marks it by the answer", async () => {
    const course = new FakeCourse();
    const done: Done = { attempts: [attempt("1"), attempt("2")], hints: {} };
    const results = await opened(course, done);
    expect(course.asked.map(({ attempts }) => attempts.map(({ id }) => id))).toEqual([["1", "2"]]);
    expect([results.waiting, results.trouble, results.carried?.score]).toEqual([0, null, 2]);
    done.attempts = [...done.attempts, attempt("3")];
    results.progress();
    await vi.advanceTimersByTimeAsync(1);
    expect(course.asked.at(-1)?.attempts.map(({ id }) => id)).toEqual(["3"]);
    results.rest();
  });

  it("sends again what was taken and whose reply was lost, also by another page later, and the course has it once", async () => {
    const course = new FakeCourse();
    const ledger = memoryLedger();
    const done: Done = { attempts: [attempt("1")], hints: {} };
    course.after = network;
    const first = await opened(course, done, ledger);
    expect([first.waiting, first.trouble?.is, course.kept.size]).toEqual([1, "network", 1]);
    first.rest();
    course.after = () => {};
    const second = await opened(course, done, ledger);
    expect([second.waiting, second.trouble, course.kept.size]).toEqual([0, null, 1]);
    expect(new Set(course.asked.map(({ work }) => work)).size).toBe(1);
    second.rest();
  });

  it("waits longer each time, up to a bound, and never gives up", async () => {
    const course = new FakeCourse();
    course.before = network;
    const tries = vi.fn(network);
    course.before = tries;
    const results = await opened(course, { attempts: [attempt("1")], hints: {} });
    for (const [at, wait] of AGAIN_MS.entries()) {
      await vi.advanceTimersByTimeAsync(wait - 2);
      expect(tries).toHaveBeenCalledTimes(at + 1);
      await vi.advanceTimersByTimeAsync(2);
      expect(tries).toHaveBeenCalledTimes(at + 2);
    }
    await vi.advanceTimersByTimeAsync(AGAIN_MS.at(-1) ?? 0);
    expect(tries).toHaveBeenCalledTimes(AGAIN_MS.length + 2);
    results.rest();
  });

  it("sends at once when the connection is back", async () => {
    const course = new FakeCourse();
    course.before = network;
    const results = await opened(course, { attempts: [attempt("1")], hints: {} });
    course.before = () => {};
    window.dispatchEvent(new Event("online"));
    await vi.advanceTimersByTimeAsync(1);
    expect(results.waiting).toBe(0);
    results.rest();
  });

  it("says what is refused and does not send it again; what is put off it does", async () => {
    const course = new FakeCourse();
    course.outcome = (id) => (id === "1" ? "refused" : "later");
    const results = await opened(course, { attempts: [attempt("1"), attempt("2")], hints: {} });
    expect([results.waiting, results.told.get("1")?.message, results.trouble]).toEqual([1, "It is closed.", null]);
    course.outcome = () => "taken";
    await vi.advanceTimersByTimeAsync(5_001);
    expect(course.asked.at(-1)?.attempts.map(({ id }) => id)).toEqual(["2"]);
    expect(results.waiting).toBe(0);
    results.rest();
  });

  it("says that the lab is shut, and asks again when somebody looks", async () => {
    const course = new FakeCourse();
    course.shut = true;
    course.outcome = (id) => (id === "1" ? "later" : "taken");
    const results = await opened(course, { attempts: [attempt("1"), attempt("2")], hints: {} });
    expect([results.waiting, results.trouble]).toEqual([1, { is: "refused", message: "It is closed." }]);
    const asked = course.asked.length;
    await vi.advanceTimersByTimeAsync(600_000);
    expect(course.asked.length).toBe(asked);
    course.outcome = () => "taken";
    await results.send();
    expect([results.waiting, results.trouble]).toEqual([0, null]);
    results.rest();
  });

  it("sends nothing as somebody else, or as nobody", async () => {
    for (const [token, is] of [["out", "signed_out"], ["other", "other"]] as const) {
      const course = new FakeCourse();
      const results = await opened(course, { attempts: [attempt("1")], hints: {} }, memoryLedger(), token);
      await vi.advanceTimersByTimeAsync(600_000);
      expect([course.asked.length, results.trouble?.is, results.waiting]).toEqual([0, is, 1]);
      results.rest();
    }
  });

  it("keeps apart what was done with different versions of the lab, and sends hints once", async () => {
    const course = new FakeCourse();
    const results = await opened(course, { attempts: [attempt("1", { made_of: TWO }), attempt("2")], hints: { one: 2 } });
    expect(course.asked.map(({ made_of }) => made_of)).toEqual([TWO, ONE]);
    await results.send();
    expect(course.asked.length).toBe(2);
    results.rest();
  });

  it("a browser that cannot note what was sent sends it again, and says so", async () => {
    const course = new FakeCourse();
    const ledger = { ...memoryLedger(), note: () => Promise.reject(new Error("full")) };
    const results = await opened(course, { attempts: [attempt("1")], hints: {} }, ledger);
    expect([results.waiting, results.trouble?.is, course.kept.size]).toEqual([1, "disk", 1]);
    results.rest();
  });
});

describe("what the course has, in the tab", () => {
  const task = { id: "one", points: 2, hints: [], hints_left: 0 } as unknown as Parameters<typeof taskView>[0];
  const pages = { hints: {} } as unknown as Parameters<typeof taskView>[1];
  const told = (id: string, verdict: "done" | "not_yet" | null) => ({ lab: "shop.x", id, task: "one", outcome: verdict ? "taken" : "refused", verdict, self_reported: false, message: "It is closed." }) as const;

  it("counts attempts once: those that it has taken are among its own", () => {
    const done: Done = { attempts: [attempt("1"), attempt("2")], hints: {}, told: new Map([["1", told("1", "done")]]) };
    done.carried = carry({ one: { state: "done", share: 1, attempts: 4, hints: 0 } }, done);
    // Three elsewhere, one here that is there as well, one that is not there yet.
    expect(taskView(task, pages, done).attempts).toBe(5);
  });

  it("its verdict counts where it judged again, and is said", () => {
    const done: Done = { attempts: [attempt("1")], hints: {}, told: new Map([["1", told("1", "not_yet")]]), said: ({ verdict }) => `judged ${verdict}` };
    expect(taskView(task, pages, done)).toMatchObject({ state: "not_yet", score: 0, feedback: ["judged not_yet"] });
  });
});

describe("results as a file", () => {
  const made = (n: number, made_of = ONE, answer: string | null = null): Made[] =>
    Array.from({ length: n }, (_, at) => ({ made_of, attempt: { id: `${made_of[0]}-${at}`, task: "one", at, verdict: "done", share: 1, feedback: [], took_ms: 1, answer } }));
  const about = { lab: "shop", work: "w", hints: { one: 1 } };

  it("comes back as it was saved, of one version and of two", () => {
    for (const all of [requests(made(100), about), requests([...made(3), ...made(2, TWO)], about)]) expect(readFile(fileText(all))).toEqual(all);
  });

  it("is refused by name when it is none", () => {
    const [good] = requests(made(1), about);
    const cases: [string, string][] = [
      ["", "none"], ["PNG", "none"], ["{}", "none"], ["[]", "none"], [fileText([good as HandIn]).slice(0, -20), "none"],
      [JSON.stringify({ ...good, labwright: 2 }), "newer"],
      [JSON.stringify({ ...good, attempts: [], hints: {} }), "empty"],
      [JSON.stringify({ ...good, work: "not an id!" }), "none"],
      [JSON.stringify({ ...good, attempts: [{ ...good?.attempts[0], verdict: "won" }] }), "none"],
      [JSON.stringify([good, { ...good, lab: "other" }]), "none"],
    ];
    for (const [text, why] of cases) expect([text.slice(0, 30), readFile(text)]).toEqual([text.slice(0, 30), why]);
  });

  it("goes in parts that a server takes", () => {
    const [many] = requests(made(130), about);
    expect(batches(many as HandIn).map(({ attempts }) => attempts.length)).toEqual([64, 64, 2]);
    const [long] = requests(made(20, ONE, "é".repeat(10_000)), about);
    for (const part of batches(long as HandIn)) expect(new TextEncoder().encode(JSON.stringify(part)).length).toBeLessThan(256 * 1024);
  });

  it("is handed in to its end, also what is put off, and once more after a failure", async () => {
    const course = new FakeCourse();
    const put = new Set<string>();
    course.outcome = (id) => (put.has(id) ? "taken" : (put.add(id), "later"));
    const told: number[] = [];
    const post = (part: HandIn) => course.api.post<HandedIn>("/x", part);
    const doing = handInAll(requests(made(70), about), post, (outcomes) => told.push(outcomes.length));
    await vi.advanceTimersByTimeAsync(4 * PAUSE_MS);
    expect((await doing).length).toBe(70);
    expect(told).toEqual([0, 64, 64, 70]);
    course.before = network;
    await expect(handInAll(requests(made(70), about), post, () => {})).rejects.toBeInstanceOf(ApiError);
    course.before = () => {};
    expect((await handInAll(requests(made(70), about), post, () => {})).every(({ taken }) => taken.outcome === "known")).toBe(true);
  });
});
