/// <reference types="node" />
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { webcrypto } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { isRight, parseAnswer, type AnswerKind, type Sealed } from "../../src/tab/judge/answers";
import { cellOf } from "../../src/tab/judge";
import { compareRows } from "../../src/tab/judge/rows";
import { rowsWords } from "../../src/tab/judge/words";
import { sessionView, taskView } from "../../src/tab/progress";
import { TabServer, type TabLab } from "../../src/tab/server";
import type { Store, StoredAttempt } from "../../src/tab/store";
import { Session } from "../../src/core/session.svelte";
import { Api } from "../../src/core/api";
import type { Line } from "../../src/core/line.svelte";

vi.stubGlobal("crypto", webcrypto);

type Cells = Parameters<typeof cellOf>[0][][];
interface Vectors {
  rows: { name: string; ordered: boolean; expected_columns: string[]; expected: Cells; given_columns: string[]; given: Cells; says: { en: string[]; fr: string[] } }[];
  answers: {
    kind: AnswerKind;
    tolerance: number;
    choices: Record<string, string>[];
    given: (string | null)[];
    seal: { of: "exact" | "text" | "choice" | "whole" | "near"; digest: string | number; judged: (boolean | "fault")[] };
  }[];
}

const vectors = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../crates/grading/vectors.json"), "utf8")) as Vectors;
const cells = (rows: Cells) => rows.map((row) => row.map(cellOf));

describe("rows", () => {
  it.each(vectors.rows)("$name: as the server judges and says it", (vector) => {
    const expected = { columns: vector.expected_columns.length, rows: cells(vector.expected) };
    const verdict = compareRows(expected, { columns: vector.given_columns, rows: cells(vector.given) }, vector.ordered);
    expect(rowsWords(verdict, "en")).toEqual(vector.says.en);
    expect(rowsWords(verdict, "fr")).toEqual(vector.says.fr);
  });
});

describe("answers", () => {
  it.each(vectors.answers)("a $kind: as the server judges it", async ({ kind, tolerance, choices, given, seal }) => {
    const sealed: Sealed =
      seal.of === "near"
        ? { by: "near", value: Number(seal.digest), tolerance }
        : { by: "digest", of: seal.of, salt: "salt of the vectors", rounds: 50_000, digest: String(seal.digest) };
    const texts = choices.map((choice) => [choice[""] ?? "", ...Object.values(choice)]);
    for (const [at, text] of given.entries()) {
      const parsed = parseAnswer(kind, texts, text);
      const judged = "fault" in parsed ? "fault" : await isRight(sealed, texts, parsed.answer);
      expect([text, judged]).toEqual([text, seal.judged[at]]);
    }
  });
});

/** What a browser keeps, in memory. */
function memory(): Store & { kept: StoredAttempt[]; full: boolean } {
  const hints: Record<string, number> = {};
  return {
    kept: [],
    full: false,
    async attempts() {
      return [...this.kept];
    },
    async add(attempt) {
      if (this.full) throw new DOMException("no room", "QuotaExceededError");
      this.kept.push(attempt);
    },
    hints: async () => ({ ...hints }),
    async setHints(_, task, count) {
      hints[task] = count;
    },
  };
}

const SUMMARY = { n: 1, title: "One", points: 2, score: 0, state: "todo" as const };
const TASK = {
  id: "one", title: "One?", points: 2, score: 0, state: "untried" as const, kind: "text" as const, database: null, choices: [],
  feedback: [], hints: [], hints_left: 2, on: null, attempts: 0, tries_left: null, late: false, self_reported: false,
};

async function lab(): Promise<TabLab> {
  const digest = await webcrypto.subtle
    .importKey("raw", new TextEncoder().encode("right"), "PBKDF2", false, ["deriveBits"])
    .then((key) => webcrypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: new TextEncoder().encode("s"), iterations: 10 }, key, 256));
  const pages = {
    session: {
      id: "small", course: "tab", lab: "small", title: "Small", state: "ready", stages: [], queue: null, problem: null, ends_at: null, now: 0,
      apps: [], nodes: [], networks: [], steps: [SUMMARY], score: 0, points: 2, rule: null, keep: [], saved_at: null, terminals: [], warnings: [],
    },
    steps: [{ n: 1, title: "One", html: "<p>x</p>", language: "", tasks: [TASK] }],
    hints: { one: ["first", "second"] },
  };
  return {
    labwright: 1,
    lab: "small",
    languages: { en: pages, fr: { ...pages, session: { ...pages.session, title: "Petit" } } },
    tasks: { one: { choices: [], check: { by: "digest", of: "text", salt: "s", rounds: 10, digest: Buffer.from(digest).toString("hex") } } },
    env: {},
    machine: null,
  } as unknown as TabLab;
}

const silent = { join: () => () => {}, onmeasured: () => () => {}, up: () => {}, down: () => {}, leave: () => {} } as unknown as Line;

describe("the server in the tab", () => {
  const open = async (store = memory()) => {
    const server = await TabServer.open(await lab(), store, async () => new Response(null, { status: 404 }), null);
    const session = new Session("small", new Api(() => "en", server.fetch), silent, () => "en", { warning() {}, reloaded() {}, signedOut() {} }, server.dial);
    await vi.waitFor(() => expect(session.view).not.toBeNull());
    await session.loadStep(1);
    return { server, session, store };
  };

  it("answers a session: view, step, hint, check, attempts", async () => {
    const { session, store } = await open();
    await session.hint("one");
    expect(session.steps[1]?.tasks[0]).toMatchObject({ hints: ["first"], hints_left: 1 });
    expect((await session.check("one", "wrong"))?.attempt.verdict).toBe("not_yet");
    expect((await session.check("one", " RIGHT"))?.task).toMatchObject({ state: "done", score: 2, attempts: 2 });
    await vi.waitFor(() => expect(session.view).toMatchObject({ score: 2, points: 2 }));
    expect((await session.attempts()).map((attempt) => attempt.answer)).toEqual(["wrong", " RIGHT"]);
    expect(store.kept.every((attempt) => attempt.self_reported)).toBe(true);
  });

  it("is as it was after a reload, and in the other language", async () => {
    const { session, store } = await open();
    await session.check("one", "right");
    session.close();
    const again = await open(store);
    expect(again.session.view?.score).toBe(2);
    const french = await again.server.fetch("/api/v1/sessions/small?lang=fr").then((reply) => reply.json());
    expect(french.title).toBe("Petit");
  });

  it("counts a repeated attempt once, and none that is no answer", async () => {
    const { server, store } = await open();
    const ask = (body: object) => server.fetch("/api/v1/sessions/small/tasks/one/check", { method: "POST", body: JSON.stringify(body) });
    await ask({ attempt: "a", answer: "right" });
    await ask({ attempt: "a", answer: "right" });
    const missing = await ask({ attempt: "b", answer: " " });
    expect([missing.status, (await missing.json()).error.code]).toEqual([400, "bad_answer"]);
    expect(store.kept).toHaveLength(1);
  });

  it("shows nothing that could not be kept", async () => {
    const { session, store } = await open();
    store.full = true;
    expect(await session.check("one", "right")).toBeNull();
    expect(session.refused.one?.code).toBe("storage_full");
    expect(session.view?.score).toBe(0);
  });
});

describe("progress", () => {
  it("counts the best try, and no broken one", async () => {
    const pages = (await lab()).languages.en as NonNullable<TabLab["languages"][string]>;
    const attempt = (verdict: StoredAttempt["verdict"], share: number, at: number): StoredAttempt => ({
      lab: "small", id: String(at), task: "one", at, verdict, share, points: 2, feedback: [String(at)], took_ms: 1, answer: null, self_reported: true,
    });
    const done = { attempts: [attempt("part", 0.5, 1), attempt("broken", 0, 2), attempt("not_yet", 0, 3)], hints: { one: 9 } };
    expect(taskView(TASK as never, pages, done)).toMatchObject({ state: "part", score: 1, attempts: 2, feedback: ["3"], hints_left: 0 });
    expect(sessionView(pages, done, 5)).toMatchObject({ score: 1, now: 5, steps: [{ state: "part" }] });
    expect(sessionView(pages, { attempts: [], hints: {} }, 5).steps[0]?.state).toBe("todo");
  });
});
