/// What a page needs of a machine, through the page's own end of the protocol. Checks and solutions are the gate's:
/// `labwright test --place browser`.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Restored } from "./restore";

const folder = process.env.LABWRIGHT_MACHINE ?? "";
let machine: Restored;

beforeAll(async () => {
  machine = await Restored.open(folder);
});
afterAll(() => machine.close());

it("says what all of its files are", () => {
  for (const { file, bytes, sha256 } of machine.file.files) {
    const content = readFileSync(join(folder, file));
    expect(content.length).toBe(bytes);
    expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
  }
});

it("was saved ready, and takes up life with a clock of its own", async () => {
  expect((await machine.status()).ready).toBe(true);
  const now = Date.now();
  expect(await machine.wake(now)).toEqual({ reply: "done" });
  const clock = await machine.run("desk", ["date", "+%s"]);
  expect(Math.abs(Number(clock.out) - now / 1000)).toBeLessThan(60);
});

it("runs programs of its own architecture, as whom it is asked to", async () => {
  expect(await machine.run("desk", ["uname", "-m"])).toEqual({ code: 0, out: "i686\n" });
  expect(await machine.run("desk", ["id", "-un"], "student")).toEqual({ code: 0, out: "student\n" });
  expect((await machine.run("desk", ["false"])).code).toBe(1);
});

it("gives a terminal", async () => {
  (await machine.prompt("desk", "t1")).close();
});
