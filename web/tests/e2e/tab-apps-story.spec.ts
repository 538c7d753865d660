/// Tabs of a lab that has no server and no machine: a page of the author's, sandboxed, and Wireshark on a recording. Solved with
/// the server gone, through a reload and a new browser.
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test, type Frame, type Page } from "@playwright/test";
import { LabFolder, ROOT } from "./folder";
import { expectAccessible as fits } from "./support";

const folder = new LabFolder();
const lab = mkdtempSync(join(tmpdir(), "labwright-lab-"));
let out = "";

test.setTimeout(300_000);

test.beforeAll(async () => {
  test.setTimeout(120_000);
  if (!existsSync(join(ROOT, "web/dist-wireshark/bundle.json"))) throw new Error("there is no web/dist-wireshark: npm run wireshark makes it");
  cpSync(join(ROOT, "web/tests/labs/tab-apps"), lab, { recursive: true });
  cpSync(join(ROOT, "labs/tcp-handshake/assets/header"), join(lab, "assets/header"), { recursive: true });
  cpSync(join(ROOT, "labs/wireshark-intro/assets/monday.pcapng"), join(lab, "assets/monday.pcapng"));
  out = folder.export(lab, "tab-apps");
  await folder.start();
});

test.afterAll(async () => {
  await folder.remove();
  rmSync(lab, { recursive: true, force: true });
});

const panel = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
const card = (page: Page, task: string) => page.locator(`[data-card="${task}"]`);
const rows = (page: Page) => panel(page).locator("[role=grid] [role=row][id]");
const inside = (page: Page) => panel(page).frameLocator("iframe");

async function answer(page: Page, task: string, text: string): Promise<void> {
  await card(page, task).getByRole("textbox").fill(text);
  await card(page, task).getByRole("button", { name: "Check" }).click();
  await expect(card(page, task).getByRole("status")).toContainText("Done", { timeout: 20_000 });
}

async function makeOffline(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Runs in this tab" }).click();
  await page.getByRole("button", { name: "Make available offline" }).click();
  await expect(page.getByRole("dialog").getByText("Ready for offline")).toBeVisible({ timeout: 120_000 });
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
}

async function frameOf(page: Page): Promise<Frame> {
  const frame = await (await panel(page).locator("iframe").elementHandle())?.contentFrame();
  if (!frame) throw new Error("there is no frame");
  return frame;
}

/** What the page in the frame can reach. Each is the word of a refusal, or what it got. */
async function reach(frame: Frame, folderUrl: string): Promise<Record<string, string>> {
  return frame.evaluate(async (folderUrl) => {
    const tried = async (what: () => unknown) => {
      try {
        return `got ${String(await what())}`;
      } catch {
        return "refused";
      }
    };
    const image = (src: string) =>
      new Promise((done, fail) => Object.assign(new Image(), { onload: () => done("an image"), onerror: () => fail(new Error("no image")), src }));
    const refusedByPolicy = (act: () => unknown) =>
      new Promise((done, fail) => {
        addEventListener("securitypolicyviolation", () => fail(new Error("refused")), { once: true });
        setTimeout(() => done("through"), 5_000);
        act();
      });
    return {
      origin: self.origin,
      parent: await tried(() => parent.document.title),
      storage: await tried(() => localStorage.length),
      cookies: await tried(() => document.cookie),
      databases: await tried(async () => (await indexedDB.databases()).length),
      lab: await tried(async () => (await fetch(`${folderUrl}lab/lab.json`)).status),
      blind: await tried(async () => (await fetch(`${folderUrl}lab/lab.json`, { mode: "no-cors" })).type),
      image: await tried(() => image(`${folderUrl}favicon.svg`)),
      elsewhere: await tried(() => refusedByPolicy(() => new WebSocket("ws://127.0.0.1:9/"))),
      own: await tried(async () => (await fetch("checksum.wasm")).status),
      missing: await tried(async () => (await fetch("nothing.txt")).status),
    };
  }, folderUrl);
}

test("a page and a recording work with no machine, no server, and in a new browser", async ({ launchOptions, viewport, locale }) => {
  const profile = mkdtempSync(join(tmpdir(), "labwright-profile-"));
  const faults: string[] = [];
  const open = async () => {
    const context = await chromium.launchPersistentContext(profile, { ...launchOptions, viewport, locale });
    const page = context.pages()[0] ?? (await context.newPage());
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => faults.push(error.message));
    await page.goto(folder.url("tab-apps"));
    return { context, page };
  };
  const picture = async (page: Page, name: string) => {
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${name}.png` });
  };
  try {
    let { context, page } = await open();

    await test.step("the page runs, with its module, its style and its WebAssembly, and answers a task", async () => {
      await page.getByRole("tab", { name: "A packet" }).click();
      await expect(inside(page).getByRole("status")).toContainText("is right");
      await expect(inside(page).locator("#bytes button").first()).toHaveCSS("cursor", /.+/);
      await inside(page).locator("#bytes button").nth(8).click();
      await expect(inside(page).getByRole("status")).toContainText("throws this packet away");
      await answer(page, "total", await inside(page).locator("tbody tr").nth(2).locator("td").first().innerText());
      await fits(page);
      await picture(page, "page-light");
    });

    await test.step("it can reach nothing of the platform, nor of any other place", async () => {
      const url = folder.url("tab-apps");
      expect(faults).toEqual([]);
      expect(await reach(await frameOf(page), url)).toEqual({
        origin: "null",
        parent: "refused",
        storage: "refused",
        cookies: "refused",
        databases: "refused",
        lab: "refused",
        blind: "refused",
        image: "refused",
        elsewhere: "refused",
        own: "got 200",
        missing: "got 404",
      });
      // What is refused is a fault of its page, too.
      faults.length = 0;
    });

    await test.step("it speaks the learner's language", async () => {
      await page.getByRole("button", { name: "Français" }).click();
      await page.getByRole("button", { name: "Recharger" }).click();
      await expect(inside(page).getByRole("status")).toContainText("est juste");
      await page.emulateMedia({ colorScheme: "dark" });
      await page.setViewportSize({ width: 360, height: 740 });
      await page.getByRole("button", { name: "TP", exact: true }).click();
      await expect(inside(page).getByRole("status")).toContainText("est juste");
      await picture(page, "page-fr-dark-360");
      await fits(page);
      await page.setViewportSize({ width: 1440, height: 900 });
      await picture(page, "page-fr-dark");
      await page.emulateMedia({ colorScheme: "light" });
      await page.getByRole("button", { name: "English" }).click();
    });

    await test.step("Wireshark reads the recording; its licence and source are there", async () => {
      await page.getByRole("tab", { name: "Monday’s recording" }).click();
      await expect(rows(page).first()).toBeVisible({ timeout: 60_000 });
      await picture(page, "wireshark-light");
      await fits(page);
      for (const file of ["LICENSE", "SOURCE.md"]) expect(existsSync(join(out, "bundles/wireshark", file)), file).toBe(true);
      expect((await page.request.get(`${folder.url("tab-apps")}bundles/wireshark/SOURCE.md`)).status()).toBe(200);
    });

    await test.step("the server goes; after a reload a frame's number answers a task", async () => {
      await makeOffline(page);
      await folder.stop();
      await page.reload();
      await page.getByRole("tab", { name: "Monday’s recording" }).click();
      await expect(rows(page).first()).toBeVisible({ timeout: 60_000 });
      await panel(page).getByLabel("Display filter").fill("dns.flags.response == 0 && !dns.response_in");
      await expect(rows(page)).toHaveCount(1);
      await rows(page).first().click();
      await expect(panel(page).getByRole("tree")).toContainText("Domain Name System");
      await answer(page, "lost", (await rows(page).first().getByRole("gridcell").first().innerText()).trim());
    });

    await test.step("the browser is started anew, still with no server: a field's value answers the last task", async () => {
      await context.close();
      ({ context, page } = await open());
      await expect(page.getByText("2 of 3 points")).toBeVisible({ timeout: 60_000 });
      await page.getByRole("tab", { name: "A packet" }).click();
      await expect(inside(page).getByRole("status")).toContainText("is right");
      await page.getByRole("tab", { name: "Monday’s recording" }).click();
      await panel(page).getByLabel("Display filter").fill('http.request.method == "POST"');
      await expect(rows(page)).toHaveCount(1, { timeout: 60_000 });
      await rows(page).first().click();
      const tree = panel(page).getByRole("tree");
      await expect(tree).toContainText("HTML Form URL Encoded");
      await answer(page, "password", "tr0mbone");
      await expect(page.getByText("3 of 3 points")).toBeVisible();
      await page.emulateMedia({ colorScheme: "dark" });
      await picture(page, "wireshark-dark");
      await page.setViewportSize({ width: 360, height: 740 });
      await page.getByRole("button", { name: "Lab", exact: true }).click();
      await expect(rows(page).first()).toBeVisible();
      await fits(page);
      await picture(page, "wireshark-dark-360");
    });
    await context.close();
    await folder.start();
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
  expect(faults).toEqual([]);
});
