/// A lab on a stick: the program beside it serves it to this computer alone, and the work is found when both come again.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import { LabFolder, ROOT } from "./folder";
import { Stick } from "./stick";

const folder = new LabFolder();
const profile = mkdtempSync(join(tmpdir(), "labwright-profile-"));
let stick: Stick;

test.beforeAll(() => {
  stick = new Stick(folder.export("labs/sql-shop", "sql-shop"));
});

test.afterAll(async () => {
  await stick.takeOut();
  await folder.remove();
  rmSync(profile, { recursive: true, force: true });
});

const panel = (page: Page) => page.locator("[role=tabpanel]:not(.away)");

test("a task is solved from a stick, and is done when stick and browser come again", async ({ launchOptions, viewport, locale }) => {
  test.setTimeout(120_000);
  const faults: string[] = [];
  const open = async (link: string): Promise<{ context: BrowserContext; page: Page }> => {
    const context = await chromium.launchPersistentContext(profile, { ...launchOptions, viewport, locale });
    const page = await context.newPage();
    page.on("pageerror", (error) => faults.push(error.message));
    await page.goto(link);
    await expect(panel(page).getByText("Kept in this browser")).toBeVisible({ timeout: 60_000 });
    return { context, page };
  };

  const link = await stick.plugIn();
  await test.step("the first task is solved", async () => {
    const { context, page } = await open(link);
    await panel(page).locator(".cm-content").click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.insertText(readFileSync(join(ROOT, "labs/sql-shop/checks/price-list.sql"), "utf8"));
    const card = page.locator('[data-card="price-list"]');
    await card.getByRole("button", { name: "Check" }).click();
    await expect(card.getByText("Done", { exact: true }).first()).toBeVisible({ timeout: 20_000 });
    await context.close();
    expect(await stick.takeOut()).toBe(0);
  });

  await test.step("the program is started anew: the same link, and the work", async () => {
    expect(await stick.plugIn()).toBe(link);
    const { context, page } = await open(link);
    await expect(page.locator('[data-card="price-list"]').getByText("Done", { exact: true }).first()).toBeVisible();
    await expect(page.getByText(/^[1-9]\d* of 43 points/)).toBeVisible();
    await context.close();
  });

  await test.step("by its other name it is the same address, and so the same work", async () => {
    const { context, page } = await open(link.replace("127.0.0.1", "localhost"));
    expect(page.url()).toContain(link);
    await expect(page.getByText(/^[1-9]\d* of 43 points/)).toBeVisible();
    await context.close();
    expect(await stick.takeOut()).toBe(0);
  });
  expect(faults).toEqual([]);
});
