/// What the browser tests share: the make-believe server, a page that is signed in, the check for accessibility.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { expect, test as base, type Locator, type Page } from "@playwright/test";
import { FakeServer } from "../fake/server.mjs";

export interface Fake {
  url: string;
  options: Record<string, unknown>;
  requests: string[];
  sessions: Map<string, { id: string; state: string; shells: Map<string, { node: string; shell: { received: string; write(text: string): void } }> }>;
  tokenFor(name: string): string;
  tell(event: object): void;
  changed(session: unknown): void;
  learns(id: string, task: number): void;
  stop(): Promise<void>;
  back(): Promise<void>;
  cut(): void;
  platforms: { all: unknown[]; operator(url: string, method: string, parts: string[], body: object): unknown };
  channels: { all: Map<string, unknown> };
  close(): Promise<void>;
}

interface Fixtures {
  /** Options of the make-believe server; see tests/fake/server.mjs. */
  fakeOptions: Record<string, unknown>;
  fake: Fake;
}

export const test = base.extend<Fixtures>({
  fakeOptions: [{}, { option: true }],
  fake: async ({ fakeOptions, page }, use) => {
    const fake = (await new FakeServer(fakeOptions).listen()) as Fake;
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    await use(fake);
    await fake.close();
    expect(faults, "errors thrown in the page").toEqual([]);
  },
});

export { expect };

/** Signs in by a token in this browser's storage, as after a reload. */
export async function signedIn(page: Page, fake: Fake, name = "amina"): Promise<void> {
  const token = fake.tokenFor(name);
  await page.addInitScript((value) => {
    // Pages of a lab have a storage of their own, or none.
    if (window !== top) return;
    if (!sessionStorage.getItem("signed-in-once")) localStorage.setItem("labwright.token", JSON.stringify(value));
    sessionStorage.setItem("signed-in-once", "yes");
  }, token);
}

/** Opens the lab and waits until its tabs are there. */
export async function openLab(page: Page, fake: Fake): Promise<void> {
  await page.goto(`${fake.url}/labs/networks/tcp-handshake`);
  await page.locator("[role=tab]").first().waitFor({ state: "attached" });
}

export function terminal(page: Page): Locator {
  return page.locator("[role=tabpanel]:not(.away)");
}

export async function typeInTerminal(page: Page, text: string): Promise<void> {
  await terminal(page).locator(".xterm").click();
  await page.keyboard.type(text);
}

export async function expectOutput(page: Page, text: string | RegExp): Promise<void> {
  await expect(terminal(page).locator(".xterm-rows")).toContainText(text);
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface Finding {
  id: string;
  help: string;
  nodes: { html: string; failureSummary: string; target: string[] }[];
}

/** No violation that axe knows, and no sideways scroll. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.all(ending.map((one) => one.finished.catch(() => null)));
  });
  await page.evaluate(await readFile(AXE, "utf8"));
  const found = await page.evaluate(async (rules) => {
    const axe = (window as unknown as { axe: { run(at: Document, options: object): Promise<{ violations: Finding[] }> } }).axe;
    // What scrolls in a grid is scrolled by the grid's keys: axe looks for a tab stop of its own.
    const driven = (node: Finding["nodes"][number]) => document.querySelector(node.target[0] ?? "")?.closest('[role=grid][tabindex="0"]');
    return (await axe.run(document, { runOnly: rules })).violations.map((found) => {
      if (found.id !== "scrollable-region-focusable") return found;
      return { ...found, nodes: found.nodes.filter((node) => !driven(node)) };
    });
  }, RULES);
  const words = found.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
  expect(words).toEqual([]);
  await expectNoSidewaysScroll(page);
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(over, "pixels that are too wide").toBeLessThanOrEqual(0);
}
