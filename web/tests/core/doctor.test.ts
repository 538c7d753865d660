import { describe, expect, it, vi } from "vitest";
import { advise, cares } from "../../src/core/advice";
import { browserOf, cpuOf, isVirtual, layoutOf, systemOf, type Computer } from "../../src/core/computer";
import { measure, middle, NOTHING, type Measured } from "../../src/core/measure";
import type { LabNeeds } from "../../src/core/types";
import { report } from "../../src/pages/doctor";
import { queueWords } from "../../src/pages/queue";

const ALL = { wasm: true, workers: true, sockets: true, storage: true, graphics: true, clipboard: true, fullscreen: true };
const computer: Computer = {
  browser: "Firefox 140", system: "Linux", features: ALL, memoryGb: 8, cores: 4, freeBytes: 12e9, cpu: "x86", cpuSaid: true, virtual: false,
  layout: "azerty", touch: false,
};
const line: Measured = { ...NOTHING, roundTripMs: 38, spreadMs: 4, asked: 15, socket: "passes", held: "passes", downMbit: 24, upMbit: 8 };
const needs: LabNeeds = { apps: ["terminal"], nodes: 2, memory_mb: 512, internet: false, places: null };
const words = (needs: LabNeeds, more: Partial<Computer>, at: Partial<Measured> | null) =>
  cares(advise(needs, { ...computer, ...more }, at && { ...line, ...at })).map((reason) => reason.word);

describe("the advice", () => {
  it("takes a server for machines, the page for none, and offers nothing that cannot run yet", () => {
    const advice = advise(needs, computer, line);
    expect(advice.best?.where).toBe("server");
    expect(advice.options.map((one) => [one.where, one.fit])).toEqual([["server", "best"], ["tab", "no"], ["computer", "later"]]);
    expect(advice.best?.reasons).toEqual([{ tone: "fine", word: "line.quick", n: 38 }]);
    expect(advise({ ...needs, nodes: 0, apps: ["sql"] }, computer, null).best).toMatchObject({ where: "page", fit: "best" });
    expect(advise({ ...needs, places: ["local"] }, computer, line).options[2]).toMatchObject({ fit: "no", reasons: [{ word: "place.not" }] });
  });
  it("weighs a bad line against the tab, where the server offers it, and what the tab needs", () => {
    const poor = { ...line, roundTripMs: 1_200 };
    expect(advise(needs, computer, line, true).options.map((one) => [one.where, one.fit])).toEqual([["server", "best"], ["tab", "hard"], ["computer", "later"]]);
    expect(advise(needs, computer, line, true).best?.where).toBe("server");
    expect(advise(needs, computer, { ...poor, socket: "blocked", held: "cut" }, true).best?.where).toBe("tab");
    expect(advise({ ...needs, nodes: 0 }, computer, poor, true).options[1]).toMatchObject({ where: "tab", fit: "best" });
    const bare = { ...computer, features: { ...computer.features, storage: false } };
    expect(advise(needs, bare, line, true).options[1]).toMatchObject({ where: "tab", fit: "no" });
    expect(advise(needs, { ...computer, memoryGb: 2 }, line, true).options[1]?.reasons.map(({ word }) => word)).toContain("tab.memory");
  });

  it("looks at the line", () => {
    expect(words(needs, {}, null)).toEqual([]);
    expect(words(needs, {}, { roundTripMs: 249 })).toEqual([]);
    expect(words(needs, {}, { roundTripMs: 250 })).toEqual(["line.slow"]);
    expect(words(needs, {}, { roundTripMs: 900, late: 3 })).toEqual(["line.poor", "line.late"]);
    expect(advise(needs, computer, { ...line, roundTripMs: null, late: 15 }).best).toBeNull();
  });
  it("knows the spare channel, and that without both there is no terminal", () => {
    expect(words(needs, {}, { socket: "blocked" })).toEqual(["channels.polling"]);
    expect(words(needs, {}, { held: "cut" })).toEqual([]);
    expect(advise(needs, computer, { ...line, socket: "blocked", held: "cut" }).best).toBeNull();
    // What nobody could measure is held against nobody.
    expect(words(needs, {}, { socket: null, held: null, downMbit: null })).toEqual([]);
  });
  it("knows what desktops, packets and databases want", () => {
    const with_ = (kind: LabNeeds["apps"][number]) => ({ ...needs, apps: [kind] });
    expect(words(with_("desktop"), {}, { roundTripMs: 180, downMbit: 1.2 })).toEqual(["desktop.far", "desktop.narrow"]);
    expect(words(with_("wireshark"), { memoryGb: 2 }, { downMbit: 1 })).toEqual(["wireshark.memory", "wireshark.narrow"]);
    expect(words(with_("wireshark"), { features: { ...ALL, wasm: false } }, {})).toEqual(["wireshark.wasm"]);
    expect(words(with_("sql"), { features: { ...ALL, storage: false } }, {})).toEqual(["sql.storage"]);
    expect(words(with_("terminal"), { features: { ...ALL, wasm: false, storage: false }, memoryGb: 1 }, {})).toEqual([]);
  });
});

describe("what a page sees", () => {
  it("names browsers, systems and processors, or says that it does not know", () => {
    expect(browserOf("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe("Firefox 140");
    expect(browserOf("x", [{ brand: "Not=A?Brand", version: "9" }, { brand: "Chromium", version: "130" }, { brand: "Google Chrome", version: "130" }])).toBe("Google Chrome 130");
    expect([browserOf("strange"), systemOf("strange"), cpuOf("strange", null)]).toEqual(["?", "?", null]);
    expect(cpuOf("(Macintosh; Intel Mac OS X 10_15_7)", "ANGLE (Apple, Apple M2, OpenGL 4.1)")).toBe("arm");
    expect(cpuOf("(Macintosh; Intel Mac OS X 10_15_7)", "Intel Iris")).toBeNull();
    expect(cpuOf("(X11; Linux aarch64)", null)).toBe("arm");
    expect([isVirtual("SVGA3D; VMware"), isVirtual("NVIDIA GeForce")]).toEqual([true, false]);
  });
  it("knows keyboards by their letters", () => {
    const by = (keys: Record<string, string>) => layoutOf((code) => keys[code] ?? null);
    expect(by({ KeyQ: "a", KeyW: "z", KeyY: "y" })).toBe("azerty");
    expect(by({ KeyQ: "q", KeyW: "w", KeyY: "z" })).toBe("qwertz");
    expect(by({ KeyQ: "q" })).toBe("qwerty");
    expect([by({ KeyQ: "'" }), by({})]).toEqual(["other", null]);
  });
});

describe("a measurement", () => {
  const answers = (ok: (path: string) => boolean) =>
    vi.fn(async (path: string | URL | Request) => {
      if (!ok(String(path))) throw new TypeError("no");
      return new Response(String(path).includes("held") ? null : "x", { status: String(path).includes("held") ? 204 : 200 });
    }) as unknown as typeof fetch;
  const closed = () => {
    const socket = { close() {}, send() {}, onopen: null, onmessage: null, onclose: null as ((event: object) => void) | null };
    setTimeout(() => socket.onclose?.({ code: 1006 }));
    return socket as unknown as WebSocket;
  };
  it("tells what passes, and its progress only grows", async () => {
    const shares: number[] = [];
    let clock = 0;
    const found = await measure({
      signal: new AbortController().signal, onprogress: (_, share) => shares.push(share),
      fetcher: answers(() => true), dial: closed, now: () => (clock += 40),
    });
    expect(found).toMatchObject({ roundTripMs: 40, late: 0, asked: 15, socket: "blocked", held: "passes" });
    expect(found.downMbit).toBeGreaterThan(0);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });
  it("stops when told to, and a server that is away is no number", async () => {
    const stop = new AbortController();
    stop.abort();
    const options = { signal: stop.signal, onprogress: () => {}, dial: closed };
    expect(await measure({ ...options, fetcher: answers(() => true) })).toEqual(NOTHING);
    const away = await measure({ ...options, signal: new AbortController().signal, fetcher: answers(() => false) });
    expect(away).toMatchObject({ roundTripMs: null, late: 16, asked: 16, held: "cut", downMbit: null });
  });
  it("has a middle", () => {
    expect(middle([40, 30, 90])).toEqual([40, 10]);
    expect(middle([])).toEqual([null, null]);
  });
});

describe("the report", () => {
  it("has the facts line by line, and what was advised", () => {
    const text = report(computer, line, [{ title: "A lab", advice: advise(needs, computer, { ...line, socket: "blocked" }) }], "labs.example.org");
    expect(text).toContain("Labwright, labs.example.org\nBrowser: Firefox 140");
    expect(text).toContain("Round trip to the server: 38 ms");
    expect(text).toMatch(/A lab: Works, with care\. WebSockets are blocked here/);
  });
});

describe("a place in line", () => {
  it("is counted down, and says that it does not know rather than a number that has passed", () => {
    expect(queueWords({ place: 12, expected_ms: 45_000 }, 5_000)).toContain("12th in line, about 40 seconds");
    expect(queueWords({ place: 2, expected_ms: 600_000 }, 0)).toContain("2nd in line, about 10 minutes");
    expect(queueWords({ place: 1, expected_ms: 4_000 }, 5_000)).toContain("1st in line.");
    expect(queueWords({ place: 3, expected_ms: null }, 0)).toContain("cannot be told");
    expect(queueWords(null, 0)).toBe("");
  });
});
