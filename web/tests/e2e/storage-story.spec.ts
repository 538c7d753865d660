/// A launch in a frame of another site, in a browser that keeps no cookie of ours at all: the platform's own page keeps the mark, where it
/// can; where it cannot, the page asks who is there.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import { Campus, type Keeper } from "./campus";
import { RealServer } from "./real";

const server = new RealServer().withLab("shell-basics");
const campus = new Campus();
const QUESTION = "Is this you?";

test.beforeAll(async () => {
  test.setTimeout(600_000);
  server.tables = "[lti]\nprivate_networks = true\n";
  await server.start();
  await campus.start(server);
});

test.afterAll(async () => {
  await campus.stop();
  await server.stop();
});

/** A browser that keeps cookies of all sites but the tool's, or of all. */
async function browser(name: string, cookies: boolean): Promise<BrowserContext> {
  const profile = join(server.folder, name);
  mkdirSync(join(profile, "Default"), { recursive: true });
  const blocked = { content_settings: { exceptions: { cookies: { "127.0.0.1,*": { setting: 2 } } } } };
  writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify({ profile: cookies ? {} : blocked }));
  const { launchOptions, locale, viewport } = test.info().project.use;
  return chromium.launchPersistentContext(profile, { ...launchOptions, locale, viewport });
}

async function launch(page: Page, keeper: Keeper) {
  await page.goto(`${campus.url}/course?keeper=${keeper}`);
  return page.frameLocator("#tool");
}

const inLab = (page: Page) => expect.poll(() => page.frames().some((frame) => /\/sessions\//.test(frame.url())), { timeout: 30_000 }).toBe(true);

test("a mark in the platform's page", async () => {
  const faults: string[] = [];
  const ada = await browser("ada", false);
  const page = await ada.newPage();
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => /Content Security Policy/.test(message.text()) && faults.push(message.text()));

  await test.step("is found: nobody is asked", async () => {
    const tool = await launch(page, "platform");
    await inLab(page);
    await expect(tool.getByRole("heading", { name: QUESTION })).toHaveCount(0);
    expect(await ada.cookies(server.url)).toEqual([]);
  });

  await test.step("is nowhere where the platform is silent: the page asks, and goes on", async () => {
    const tool = await launch(page, "silent");
    await expect(tool.getByRole("heading", { name: QUESTION })).toBeVisible();
    await tool.getByRole("button", { name: /Yes/ }).click();
    await inLab(page);
  });

  await test.step("is not left with a page of another origin, whatever it answers", async () => {
    const tool = await launch(page, "foreign");
    await expect(tool.getByRole("heading", { name: QUESTION })).toBeVisible();
  });
  expect(faults).toEqual([]);
  await ada.close();
});

test("with a cookie there is no need of it", async () => {
  const ben = await browser("ben", true);
  const page = await ben.newPage();
  const tool = await launch(page, "silent");
  await inLab(page);
  await expect(tool.getByRole("heading", { name: QUESTION })).toHaveCount(0);
  await ben.close();
});
