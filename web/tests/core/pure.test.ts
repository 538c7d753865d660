import { describe, expect, it } from "vitest";
import { isWebAddress } from "../../src/apps/terminal/address";
import { EXTRA_KEYS, sends, withCtrl } from "../../src/apps/terminal/keys";
import { initials } from "../../src/core/account.svelte";
import { clockState, hoursMinutes, leftMs } from "../../src/core/clock.svelte";
import { quality } from "../../src/core/line.svelte";
import { retryDelay, socketUrl } from "../../src/core/socket";
import type { CourseLab, SessionView, StageView, StepSummary, Terminal } from "../../src/core/types";
import { matches, stateOf, toResume } from "../../src/pages/catalogue";
import { codeOf } from "../../src/pages/invitation";
import { firstStep, stepOf, tabsOf } from "../../src/pages/workspace";
import { routeOf } from "../../src/router.svelte";
import { inline } from "../../src/ui/inline";
import { normaliseNumber } from "../../src/ui/number";
import { progress, remainingMs } from "../../src/ui/stages";

describe("the clock", () => {
  it("goes by the server's time", () => {
    expect(leftMs(10_000, 2_000, 3_000)).toBe(5_000);
    expect(leftMs(1_000, 2_000, 0)).toBe(0);
    expect(leftMs(null, 2_000, 0)).toBeNull();
  });
  it("turns copper under ten minutes", () => {
    expect([null, 30_000, 9 * 60_000, 11 * 60_000].map(clockState)).toEqual(["none", "last", "short", "calm"]);
  });
  it("shows minutes, rounded up", () => {
    expect(hoursMinutes(102 * 60_000)).toEqual({ hours: 1, minutes: 42 });
    expect(hoursMinutes(120 * 60_000 + 900)).toEqual({ hours: 2, minutes: 0 });
    expect(hoursMinutes(59_000)).toEqual({ hours: 0, minutes: 1 });
    expect(hoursMinutes(0)).toEqual({ hours: 0, minutes: 0 });
  });
});

describe("the start", () => {
  const stages = (states: StageView["state"][]): StageView[] =>
    states.map((state) => ({ stage: "nodes", state, expected_ms: 1000, took_ms: null, note: null }));
  it("counts what is done and never calls a stage under way finished", () => {
    expect(progress(stages(["done", "doing", "todo", "todo"]), 99_000)).toBeCloseTo((1 + 0.9) / 4);
  });
  it("knows the time left until it takes longer than usual", () => {
    expect(remainingMs(stages(["done", "doing", "todo"]), 400)).toBe(1600);
    expect(remainingMs(stages(["done", "slow", "todo"]), 400)).toBeNull();
  });
});

describe("tabs", () => {
  const terminal = (id: string, node: string): Terminal => ({ id, node, title: node });
  const app = (id: string, node: string) => ({ id, kind: "terminal" as const, label: node, node });
  const view = (terminals: Terminal[]) =>
    ({ apps: [app("a", "client"), app("b", "server")], terminals }) as unknown as SessionView;

  it("gives each app the first terminal of its node, and the rest their own tabs", () => {
    const tabs = tabsOf(view([terminal("1", "client"), terminal("2", "server"), terminal("3", "client")]), new Map(), new Map());
    expect(tabs.map((tab) => [tab.id, tab.terminal?.id, tab.extra])).toEqual([
      ["a", "1", false],
      ["b", "2", false],
      ["extra-3", "3", true],
    ]);
  });

  it("keeps a terminal that has ended until a new one is opened", () => {
    const bound = new Map<string, string>();
    tabsOf(view([terminal("1", "client"), terminal("2", "server")]), new Map(), bound);
    const ended = new Map([["1", terminal("1", "client")]]);
    expect(tabsOf(view([terminal("2", "server")]), ended, bound)[0]?.terminal?.id).toBe("1");
    expect(tabsOf(view([terminal("2", "server"), terminal("9", "client")]), ended, bound)[0]?.terminal?.id).toBe("9");
  });

  it("does not hand an app's terminal to another after one before it was closed", () => {
    const bound = new Map([["a", "3"]]);
    const tabs = tabsOf(view([terminal("1", "client"), terminal("3", "client")]), new Map(), bound);
    expect(tabs[0]?.terminal?.id).toBe("3");
  });
});

describe("steps", () => {
  const steps = (states: StepSummary["state"][]): StepSummary[] =>
    states.map((state, at) => ({ n: at + 1, title: "", points: 1, score: 0, state }));
  it("go by the address, else by memory, else by what is not done", () => {
    expect(stepOf("#step-2", steps(["todo", "todo"]))).toBe(2);
    expect(stepOf("#step-9", steps(["todo"]))).toBeNull();
    expect(firstStep(steps(["done", "part", "todo"]), null)).toBe(2);
    expect(firstStep(steps(["done", "part", "todo"]), 3)).toBe(3);
    expect(firstStep(steps(["done"]), 8)).toBe(1);
  });
});

describe("the catalogue", () => {
  const lab = (more: Partial<CourseLab>): CourseLab => ({
    name: "reseau",
    title: "Réseau",
    summary: "Deux nœuds",
    minutes: 60,
    points: 4,
    score: 0,
    steps: 1,
    session: null,
    needs: { apps: [], nodes: 1, memory_mb: 64, internet: false, places: null },
    ...more,
  });
  it("finds words without their accents", () => {
    expect(matches(lab({}), "reseau", "all")).toBe(true);
    expect(matches(lab({}), "reseau deux", "all")).toBe(true);
    expect(matches(lab({}), "trois", "all")).toBe(false);
    expect(matches(lab({}), "", "done")).toBe(false);
  });
  it("knows what is begun and done", () => {
    expect(stateOf(lab({}))).toBe("todo");
    expect(stateOf(lab({ score: 1 }))).toBe("started");
    expect(stateOf(lab({ score: 4 }))).toBe("done");
  });
  it("goes on with a lab that runs before one that sleeps", () => {
    const asleep = lab({ name: "a", session: { id: "1", state: "asleep" } });
    const ready = lab({ name: "b", session: { id: "2", state: "ready" } });
    const course = { id: "c", title: "", role: "learner" as const, labs: [asleep, ready] };
    expect(toResume([course])?.lab.name).toBe("b");
    expect(toResume([{ ...course, labs: [lab({})] }])).toBeNull();
  });
});

describe("small things", () => {
  it("normaliseNumber reads numbers as people write them", () => {
    expect(["6180", "3,5", " 1 000 ", "0x1F", "-2.5", "1e3"].map(normaliseNumber)).toEqual(["6180", "3.5", "1000", "31", "-2.5", "1e3"]);
    expect(["", "cat", "1.2.3", "12a"].map(normaliseNumber)).toEqual([null, null, null, null]);
  });
  it("an author's line keeps its code and its stress, and nothing is HTML", () => {
    expect(inline("Run `ip route`, *from* the **server**: 2 * 3 * 4 <b>")).toEqual([
      { kind: "text", text: "Run " },
      { kind: "code", text: "ip route" },
      { kind: "text", text: ", " },
      { kind: "em", text: "from" },
      { kind: "text", text: " the " },
      { kind: "strong", text: "server" },
      { kind: "text", text: ": 2 * 3 * 4 <b>" },
    ]);
  });
  it("extra keys send what a terminal expects", () => {
    const up = EXTRA_KEYS.find((key) => key.arrow === "A");
    expect(up && [sends(up, false), sends(up, true)]).toEqual(["\x1b[A", "\x1bOA"]);
    expect([withCtrl("c"), withCtrl("["), withCtrl("é"), withCtrl("ab")]).toEqual(["\x03", "\x1b", "é", "ab"]);
  });
  it("only web addresses can be opened from the terminal", () => {
    const addresses = ["https://a.example/", "http://a.example", "javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "nonsense"];
    expect(addresses.map(isWebAddress)).toEqual([true, true, false, false, false, false]);
  });
  it("an invitation's code is found in its link", () => {
    const texts = [" birch-42 ", "https://lab.example/invitations/birch-42?lang=fr", "/invitations/a%20b", "/invitations/%"];
    expect(texts.map(codeOf)).toEqual(["birch-42", "birch-42", "a b", "/invitations/%"]);
  });
  it("addresses lead to their pages", () => {
    expect(routeOf("/labs/networks/tcp-handshake")).toEqual({ page: "launch", course: "networks", lab: "tcp-handshake" });
    expect(routeOf("/sessions/abc/")).toEqual({ page: "workspace", id: "abc" });
    expect(routeOf("/invitations/birch%2042")).toEqual({ page: "invitation", code: "birch 42" });
    expect(routeOf("/sessions/%E0%A4%A")).toEqual({ page: "nothing" });
    expect(routeOf("/nowhere")).toEqual({ page: "nothing" });
  });
  it("retries come soon, then every few seconds", () => {
    expect([0, 1, 5, 50].map((attempt) => retryDelay(attempt, () => 0.5))).toEqual([150, 400, 3000, 3000]);
    expect(socketUrl("/x", { protocol: "https:", host: "lab.example" })).toBe("wss://lab.example/x");
  });
  it("a line is good, slow or poor", () => {
    expect([30, 300, 900].map(quality)).toEqual(["good", "slow", "poor"]);
  });
  it("initials are of the first and the last name", () => {
    expect(["Amina Benali", "Zoé", "  ", "Jean de la Tour"].map(initials)).toEqual(["AB", "Z", "", "JT"]);
  });
});
