/// One lab with a tab of every kind, on real machines in a real browser: a node's web application and an author's page,
/// which reach nothing of the platform, and a cut of sixty seconds in the middle of everything.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test, type FrameLocator, type Page } from "@playwright/test";
import { Line } from "./line";
import { PASSWORD, RealServer } from "./real";

const BUNDLE = fileURLToPath(new URL("../../dist-wireshark/bundle.json", import.meta.url));
const CUT_MS = 60_000;

const panel = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
/** News are part of a tab's name. */
const tab = (page: Page, name: string) => page.getByRole("tab", { name: new RegExp(`^${name}\\b`) });
const frame = (page: Page): FrameLocator => panel(page).frameLocator("iframe");
const output = (page: Page) => panel(page).locator(".xterm-rows");

let server: RealServer;

test.use({ actionTimeout: 30_000 });

test.beforeAll(async () => {
  test.setTimeout(600_000);
  if (!existsSync(BUNDLE)) throw new Error("there is no web/dist-wireshark: npm run wireshark makes it");
  server = new RealServer();
  server.labs = [fileURLToPath(new URL("../labs/every-app", import.meta.url))];
  await server.start();
});

test.afterAll(async () => server.stop());

async function openLab(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel("Name or e-mail").fill("amina");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Every kind of tab" }).click();
  await expect(tab(page, "Talk")).toBeVisible({ timeout: 60_000 });
}

/** Says a word in the node's application; it comes back by its WebSocket. */
async function talk(page: Page, word: string): Promise<void> {
  await tab(page, "Talk").click();
  await expect(frame(page).locator("#state")).toHaveText("open");
  await frame(page).getByLabel("Say").fill(word);
  await frame(page).getByRole("button", { name: "Say" }).click();
  await expect(frame(page).getByText(`heard ${word}`)).toBeVisible();
}

async function type(page: Page, text: string): Promise<void> {
  await tab(page, "studio").click();
  await panel(page).locator(".xterm-screen").click();
  await page.keyboard.type(text, { delay: 5 });
}

async function typeOnScreen(page: Page, text: string): Promise<void> {
  await tab(page, "Screen").click();
  // Not the last picture, which lies over it until there is a new one.
  await panel(page).locator(".screen canvas").click({ position: { x: 200, y: 150 } });
  await page.keyboard.type(text, { delay: 5 });
}

async function ask(page: Page, query: string): Promise<void> {
  await tab(page, "Shop").click();
  await panel(page).locator(".cm-content").focus();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(query);
  await page.keyboard.press("ControlOrMeta+Enter");
}

async function packets(page: Page): Promise<number> {
  await tab(page, "Packets").click();
  const words = await panel(page).locator(".foot").innerText();
  return Number(/([\d,]+) packets/.exec(words)?.[1]?.replace(",", "") ?? 0);
}

/** What a page of a lab gets when it reaches for the platform: run inside its frame. */
async function reach(platform: string): Promise<Record<string, string>> {
  const outcome = async (act: () => unknown) => {
    try {
      return String(await act());
    } catch (error) {
      return (error as Error).name;
    }
  };
  const socket = (url: string) =>
    new Promise((done) => {
      const made = new WebSocket(url);
      made.onopen = () => done("open");
      made.onclose = made.onerror = () => done("refused");
    });
  const call = (path: string, init?: RequestInit) => outcome(async () => (await fetch(platform + path, init)).text());
  const top = window.parent as Window;
  return {
    origin: location.origin,
    document: await outcome(() => top.document.title),
    storage: await outcome(() => top.localStorage.getItem("labwright.token")),
    address: await outcome(() => top.location.href),
    "to navigate": await outcome(() => (top.location.href = "https://example.org/")),
    window: await outcome(() => window.open(platform)),
    cookies: document.cookie,
    // Where the browser gives third parties none, it says so.
    "own storage": (await outcome(() => Object.keys(localStorage).join())).replace("SecurityError", ""),
    api: await call("/api/v1/me", { credentials: "include" }),
    page: await call("/"),
    socket: await outcome(() => socket(`${platform.replace("http", "ws")}/api/v1/sessions/x/events`)),
    worker: await outcome(() => navigator.serviceWorker.register(`${platform}/assets/worker.js`)),
  };
}

const NOTHING = {
  document: "SecurityError",
  storage: "SecurityError",
  address: "SecurityError",
  "to navigate": "SecurityError",
  window: "null",
  "own storage": "",
  api: "TypeError",
  page: "TypeError",
  socket: "refused",
  worker: "SecurityError",
};

test("a node's web application and an author's page, each in a world of its own", async ({ page, playwright }) => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await openLab(page, server.url);
  const origins = new Set<string>();
  const inside = () => {
    const found = page.frames().find((one) => one.url().includes(".apps.localhost") && !origins.has(new URL(one.url()).origin));
    if (!found) throw new Error("there is no frame of a lab's page");
    origins.add(new URL(found.url()).origin);
    return found;
  };

  await test.step("the application is shown, and its WebSocket speaks", async () => {
    await talk(page, "good morning");
    await talk(page, "çà et là 日本");
  });

  await test.step("it reaches nothing of the platform, and is told nothing of it", async () => {
    const application = inside();
    expect(new URL(application.url()).search).toBe("?from=lab");
    const { origin, cookies, ...got } = await application.evaluate(reach, server.url);
    expect(got).toEqual(NOTHING);
    expect([origin, cookies]).toEqual([new URL(application.url()).origin, "mine=1"]);
    const seen = await application.evaluate(async () => (await fetch("/seen")).json() as Promise<string[][]>);
    const carried = JSON.stringify(seen).toLowerCase();
    expect(carried).toContain('["cookie","mine=1"]');
    for (const secret of ["labwright", "authorization", "token", "ticket"]) expect(carried).not.toContain(secret);
  });

  await test.step("its address is no way in: a ticket is good once, for who has asked for it", async () => {
    const ticket = (await panel(page).locator("iframe").getAttribute("src")) ?? "";
    const { host, port, pathname, search, origin } = new URL(ticket);
    const stranger = await playwright.request.newContext();
    for (const path of [pathname + search, "/", "/seen"]) {
      const reply = await stranger.get(`http://127.0.0.1:${port}${path}`, { headers: { host }, maxRedirects: 0 });
      expect(reply.status(), `${origin}${path}`).toBe(403);
    }
    await stranger.dispose();
  });

  await test.step("a window of its own, and a reload", async () => {
    const [opened] = await Promise.all([
      page.context().waitForEvent("page"),
      panel(page).getByRole("button", { name: "Open in a new window" }).click(),
    ]);
    await expect(opened.locator("#state")).toHaveText("open");
    await opened.getByLabel("Say").fill("from outside");
    await opened.getByRole("button", { name: "Say" }).click();
    await expect(opened.getByText("heard from outside")).toBeVisible();
    expect(await opened.evaluate(() => window.opener === null)).toBe(true);
    await opened.close();
    await panel(page).getByRole("button", { name: "Reload" }).click();
    await expect(frame(page).locator("li")).toHaveCount(0);
    await talk(page, "again");
  });

  await test.step("the author's page runs WebAssembly, and reaches nothing either", async () => {
    await tab(page, "Sum").click();
    await expect(frame(page).locator("output")).toHaveText("42");
    await frame(page).getByLabel("another").fill("-1");
    await expect(frame(page).locator("output")).toHaveText("1");
    const { origin, cookies, ...got } = await inside().evaluate(reach, server.url);
    // Its policy holds it back before the platform has to.
    expect(got).toEqual({ ...NOTHING, worker: got.worker });
    expect(got.worker).toMatch(/Error/);
    expect([origins.has(origin ?? ""), cookies]).toEqual([true, ""]);
  });

  expect(origins.size).toBe(2);
  expect(faults.filter((fault) => !/WebSocket|Content Security Policy/.test(fault))).toEqual([]);
});

test("a line cut for a minute in the middle of every app", async ({ page }) => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  const line = new Line(server.port);
  await openLab(page, await line.listen());

  await test.step("everything is in use", async () => {
    await type(page, "clear; i=0; while sleep 1; do i=$((i+1)); echo tick $i; done\n");
    await expect(output(page)).toContainText("tick 2");
    await tab(page, "Screen").click();
    await expect(panel(page).locator(".screen canvas")).toBeVisible();
    await typeOnScreen(page, "HERE=before\n");
    await expect.poll(() => packets(page), { timeout: 60_000 }).toBeGreaterThan(4);
    await ask(page, "CREATE TABLE mine (word); INSERT INTO mine VALUES ('kept'); SELECT * FROM mine;");
    await expect(panel(page).locator("td", { hasText: "kept" })).toBeVisible({ timeout: 30_000 });
    await talk(page, "before");
    await tab(page, "Sum").click();
    await expect(frame(page).locator("output")).toHaveText("42");
    await frame(page).getByLabel("another").fill("5");
  });
  const known = await packets(page);

  await test.step("the line is cut", async () => {
    const mend = new Promise((done) => setTimeout(done, CUT_MS));
    line.cut();
    await expect(panel(page).locator(".strip")).toBeVisible({ timeout: 20_000 });
    await ask(page, "SELECT word || ' here' FROM mine;");
    await expect(panel(page).locator("td", { hasText: "kept here" })).toBeVisible();
    await tab(page, "Sum").click();
    await frame(page).getByLabel("another").fill("7");
    await expect(frame(page).locator("output")).toHaveText("9");
    await tab(page, "Talk").click();
    await expect(panel(page).getByText("Line lost.")).toBeVisible();
    await expect(frame(page).getByText("heard before")).toBeVisible();
    // What is asked for now comes when it can.
    await panel(page).getByRole("button", { name: "Reload" }).click();
    await type(page, "x");
    await expect(panel(page).getByText("not sent").first()).toBeVisible();
    await mend;
    line.mend();
    await expect(page.getByText("You are back. Nothing was lost.")).toBeVisible({ timeout: 40_000 });
  });

  await test.step("everything goes on", async () => {
    await expect(output(page)).toContainText("tick 60", { timeout: 60_000 });
    const ticks = [...(await output(page).innerText()).matchAll(/tick (\d+)/g)].map((match) => Number(match[1]));
    expect(ticks, "every tick once and in order").toEqual(ticks.map((_, at) => (ticks[0] ?? 0) + at));
    await page.keyboard.press("Control+c");
    await typeOnScreen(page, "echo $HERE and after > typed\n");
    await type(page, "clear; cat typed\n");
    await expect(output(page)).toContainText("before and after");
    await expect.poll(() => packets(page), { timeout: 30_000 }).toBeGreaterThan(known);
    await expect(panel(page).locator(".foot")).toContainText("Live on lan");
    await ask(page, "SELECT word || ' still' FROM mine;");
    await expect(panel(page).locator("td", { hasText: "kept still" })).toBeVisible();
    await talk(page, "after");
    await tab(page, "Sum").click();
    await expect(frame(page).locator("output")).toHaveText("9");
  });

  expect(faults).toEqual([]);
  await page.context().close();
  await line.close();
});
