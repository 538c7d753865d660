import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Line } from "../../src/core/line.svelte";

function setUp() {
  let answers = true;
  const fetcher = vi.fn(async () => {
    if (!answers) throw new TypeError("no answer");
    return new Response("ok");
  });
  const line = new Line(fetcher as unknown as typeof fetch);
  const retry = vi.fn();
  const drop = vi.fn();
  line.join(retry, drop);
  const unwatch = line.watch();
  return { line, fetcher, retry, drop, unwatch, cut: () => (answers = false), mend: () => (answers = true) };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe("the line", () => {
  let world: ReturnType<typeof setUp>;

  beforeEach(() => {
    vi.useFakeTimers();
    world = setUp();
  });
  afterEach(() => {
    world.unwatch();
    vi.useRealTimers();
  });

  it("counts what is lost of the last twenty probes, and drops what only seems alive", async () => {
    const { line, cut, mend, drop } = world;
    await settle();
    cut();
    await line.probe();
    mend();
    expect(drop).toHaveBeenCalledOnce();
    expect(line.probes).toEqual([true, false]);
    for (let n = 0; n < 30; n += 1) await line.probe();
    expect(line.probes).toHaveLength(20);
    expect(line.probes).not.toContain(false);
  });

  it("trusts no socket and tries again at once when the computer was asleep", async () => {
    const { fetcher, retry, drop } = world;
    await settle();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(drop).not.toHaveBeenCalled();
    const before = fetcher.mock.calls.length;
    // Timers stand still in sleep; the clock does not.
    vi.setSystemTime(Date.now() + 3_600_000);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(drop).toHaveBeenCalledOnce();
    expect(retry).toHaveBeenCalledOnce();
    expect(fetcher.mock.calls.length).toBeGreaterThan(before);
  });

  it("looks without trying again when the page is shown and nothing is lost", async () => {
    const { fetcher, retry } = world;
    await settle();
    const before = fetcher.mock.calls.length;
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    expect(fetcher.mock.calls.length).toBe(before + 1);
    expect(retry).not.toHaveBeenCalled();
  });

  it("tries again when the network is back", async () => {
    const { line, retry, drop } = world;
    await settle();
    dispatchEvent(new Event("offline"));
    expect([line.state, drop.mock.calls.length]).toEqual(["offline", 1]);
    dispatchEvent(new Event("online"));
    expect(retry).toHaveBeenCalledOnce();
    expect(line.state).toBe("good");
  });

  it("shows a cut only after a second", async () => {
    const { line } = world;
    const who = {};
    line.down(who);
    expect(line.state).toBe("good");
    line.up(who);
    expect(line.lostAt).toBe(null);
  });
});
