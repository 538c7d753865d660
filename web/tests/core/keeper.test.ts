/// When the learner's files are saved, what counts as saved, and how they come back. The browser's own store is tried in
/// tests/e2e/tab-machine-story.spec.ts.
import { webcrypto } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refused } from "../../src/core/wire/client";
import { Broken } from "../../src/core/wire/yamux";
import { TooLarge } from "../../src/tab/machine/archive";
import { AGAIN_MS, Keeper, MOST_MS, QUIET_MS, type Nodes } from "../../src/tab/machine/keeper";
import { NotOurs, type Save, type Saves } from "../../src/tab/saves";

vi.stubGlobal("crypto", webcrypto);

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (archive: Uint8Array) => new TextDecoder().decode(archive);

/** What a browser keeps, in memory. */
class Memory implements Saves {
  saves = new Map<string, Save>();
  owner = "";
  writes = 0;
  fault: Error | null = null;

  async claim(_: string, owner: string) {
    this.owner = owner;
  }
  async of() {
    return [...this.saves.values()];
  }
  async keep(_: string, owner: string, saves: Save[]) {
    if (owner !== this.owner) throw new NotOurs();
    if (this.fault) throw this.fault;
    this.writes += 1;
    for (const save of saves) this.saves.set(save.node, save);
  }
  async forget(_: string, owner: string, node: string | null) {
    if (owner !== this.owner) throw new NotOurs();
    if (node === null) this.saves.clear();
    else this.saves.delete(node);
  }
  get texts() {
    return Object.fromEntries([...this.saves].map(([node, { archive }]) => [node, text(archive)]));
  }
}

/** A machine whose nodes have one file each. */
class Files implements Nodes {
  fault: Error | null = null;
  asked = 0;
  gone = false;
  constructor(public files: Record<string, string>) {}
  async save(node: string) {
    this.asked += 1;
    if (this.fault) throw this.fault;
    return bytes(this.files[node] ?? "");
  }
  async restore(node: string, archive: Uint8Array) {
    if (this.fault) throw this.fault;
    this.files[node] = text(archive);
  }
  lost() {
    return this.gone;
  }
}

async function begun(saves = new Memory(), files = new Files({ a: "a0", b: "b0" })) {
  const keeper = new Keeper(saves, "image", ["a", "b"]);
  keeper.take("lab");
  await keeper.restore(files);
  return { keeper, saves, files };
}

vi.spyOn(console, "error").mockImplementation(() => {});
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
/** Digests take a moment of their own, which no clock of a test moves. */
const settle = (keeper: Keeper) => keeper.kept();
async function pass(keeper: Keeper, ms: number) {
  await vi.advanceTimersByTimeAsync(ms);
  await settle(keeper);
}

describe("saving", () => {
  it("waits for a pause, but not for ever", async () => {
    const { keeper, saves, files } = await begun();
    for (let passed = 0; passed < MOST_MS - 1_000; passed += 1_000) {
      keeper.used();
      await pass(keeper, 1_000);
    }
    expect(files.asked).toBe(0);
    keeper.used();
    await pass(keeper, 1_000);
    expect(saves.texts).toEqual({ a: "a0", b: "b0" });
    await pass(keeper, MOST_MS);
    expect(saves.writes).toBe(1);
    files.files.a = "a1";
    keeper.shown();
    await pass(keeper, QUIET_MS);
    expect(saves.texts).toEqual({ a: "a1", b: "b0" });
  });

  it("does nothing for what the machine says by itself, and writes nothing that is kept already", async () => {
    const { keeper, saves, files } = await begun();
    keeper.shown();
    await pass(keeper, MOST_MS);
    expect(files.asked).toBe(0);
    keeper.used();
    await keeper.soon();
    keeper.used();
    await keeper.soon();
    await keeper.soon();
    expect([files.asked, saves.writes]).toEqual([4, 1]);
  });

  it("keeps all nodes of one save, or what was kept before", async () => {
    const { keeper, saves, files } = await begun();
    keeper.used();
    await keeper.soon();
    files.files = { a: "a1", b: "b1" };
    const save = files.save.bind(files);
    files.save = async (node) => (node === "b" ? Promise.reject(new Broken("gone")) : save(node));
    keeper.used();
    await keeper.soon();
    expect(saves.texts).toEqual({ a: "a0", b: "b0" });
    keeper.parted();
    await pass(keeper, MOST_MS);
    files.save = save;
    keeper.rejoined(files);
    await pass(keeper, QUIET_MS);
    expect(saves.texts).toEqual({ a: "a1", b: "b1" });
  });

  it.each([
    ["room", "write", new DOMException("full", "QuotaExceededError")],
    ["size", "read", new TooLarge()],
    ["machine", "read", new Refused({ code: "failed", message: "no" })],
  ] as const)("tells %s, and tries again", async (trouble, where, fault) => {
    const { keeper, saves, files } = await begun();
    const broken = where === "write" ? saves : files;
    broken.fault = fault;
    keeper.used();
    await pass(keeper, QUIET_MS);
    expect(keeper.keeping).toEqual({ savedAt: null, trouble });
    const { asked } = files;
    keeper.used();
    await pass(keeper, AGAIN_MS - QUIET_MS);
    expect(files.asked).toBe(asked);
    broken.fault = null;
    await pass(keeper, QUIET_MS);
    expect(keeper.keeping).toEqual({ savedAt: expect.any(Number), trouble: null });
  });

  it("leaves the work to the page that took it", async () => {
    const { keeper, saves, files } = await begun();
    const other = await begun(saves, new Files({ a: "other", b: "other" }));
    keeper.used();
    await keeper.soon();
    expect(saves.writes).toBe(0);
    other.keeper.used();
    await other.keeper.soon();
    files.files.a = "late";
    keeper.used();
    await pass(keeper, MOST_MS);
    expect(saves.texts).toEqual({ a: "other", b: "other" });
  });
});

describe("what is kept", () => {
  const kept = async () => {
    const first = await begun(new Memory(), new Files({ a: "mine", b: "too" }));
    first.keeper.used();
    await first.keeper.soon();
    return first.saves;
  };

  it("comes back into a new machine", async () => {
    const { files, keeper, saves } = await begun(await kept());
    expect(files.files).toEqual({ a: "mine", b: "too" });
    expect(keeper.keeping).toEqual({ savedAt: expect.any(Number), trouble: null });
    keeper.used();
    await keeper.soon();
    expect(saves.writes).toBe(1);
  });

  it("is asked for again when the machine was lost on the way", async () => {
    const saves = await kept();
    const files = new Files({});
    files.fault = new Broken("gone");
    files.gone = true;
    const keeper = new Keeper(saves, "image", ["a", "b"]);
    keeper.take("lab");
    await expect(keeper.restore(files)).rejects.toThrow("gone");
    const again = new Files({});
    await keeper.restore(again);
    expect(again.files).toEqual({ a: "mine", b: "too" });
  });

  it("stays as it is when it cannot be put back, until the learner goes on without it", async () => {
    const files = new Files({ a: "new", b: "new" });
    files.fault = new Refused({ code: "refused", message: "no" });
    const { keeper, saves } = await begun(await kept(), files);
    expect(keeper.keeping.trouble).toBe("restore");
    files.fault = null;
    keeper.used();
    await pass(keeper, MOST_MS);
    await keeper.reset("a", async () => {});
    expect(saves.texts).toEqual({ a: "mine", b: "too" });
    await keeper.anew();
    expect(saves.texts).toEqual({ a: "new", b: "new" });
    expect(keeper.keeping.trouble).toBeNull();
  });

  it("is not put back when it is damaged", async () => {
    const saves = await kept();
    for (const save of saves.saves.values()) save.archive = bytes("other");
    const { keeper, files } = await begun(saves);
    expect([keeper.keeping.trouble, files.files]).toEqual(["restore", { a: "a0", b: "b0" }]);
  });

  it("may be brought from elsewhere, and is kept here then", async () => {
    const { keeper, saves, files } = await begun(await kept());
    expect(await keeper.bring([{ node: "a", archive: bytes("moved") }])).toBe(true);
    expect([saves.texts, files.files]).toEqual([{ a: "moved", b: "too" }, { a: "moved", b: "too" }]);
    files.fault = new Refused({ code: "refused", message: "no" });
    expect(await keeper.bring([{ node: "a", archive: bytes("noise") }])).toBe(false);
    expect(saves.texts).toEqual({ a: "moved", b: "too" });
  });

  it("goes with a reset: of its node, or of the lab", async () => {
    const { keeper, saves } = await begun(await kept());
    await expect(keeper.reset("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(saves.saves.size).toBe(2);
    await keeper.reset("a", async () => {});
    expect([saves.texts, keeper.keeping.savedAt]).toEqual([{ b: "too" }, expect.any(Number)]);
    await keeper.reset(null, async () => {});
    expect([saves.texts, keeper.keeping.savedAt]).toEqual([{}, null]);
  });
});
