/// A whole desktop in a tab: Debian's XFCE. On request, since its packages are large: npm run e2e:xfce.
import { fileURLToPath } from "node:url";
import { expect, test, type Page } from "@playwright/test";
import { PASSWORD, RealServer } from "./real";

const screen = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
const canvas = (page: Page) => screen(page).locator(".screen canvas");

let server: RealServer;

test.use({ actionTimeout: 30_000 });

test.beforeAll(async () => {
  test.setTimeout(600_000);
  server = new RealServer();
  server.labs = [fileURLToPath(new URL("../labs/xfce", import.meta.url))];
  await server.start();
});

test.afterAll(async () => server.stop());

/** What a file of the node holds, read in its terminal. */
async function reads(page: Page, file: string, what: string | RegExp): Promise<void> {
  await page.getByRole("tab", { name: /^desk/ }).click();
  await expect(async () => {
    await screen(page).locator(".xterm-screen").click();
    await page.keyboard.type(`clear; cat ${file}\n`, { delay: 2 });
    await expect(screen(page).locator(".xterm-rows")).toContainText(what, { timeout: 2_000 });
  }).toPass({ timeout: 20_000 });
  await page.getByRole("tab", { name: "Desktop", exact: true }).click();
}

/** Opens XFCE's terminal by its key and types into it. */
async function type(page: Page, text: string): Promise<void> {
  await page.getByRole("tab", { name: "Desktop", exact: true }).click();
  await canvas(page).click({ position: { x: 300, y: 300 } });
  await page.keyboard.press("Alt+F2");
  await page.waitForTimeout(2_000);
  await page.keyboard.type("xfce4-terminal\n", { delay: 20 });
  await page.waitForTimeout(4_000);
  await page.keyboard.type(text, { delay: 5 });
}

test("XFCE is a desktop with windows of its own", async ({ page }, info) => {
  await test.step("starts the lab", async () => {
    await page.goto(server.url);
    await page.getByLabel("Name or e-mail").fill("amina");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "A whole desktop" }).click();
    await expect(canvas(page)).toBeVisible({ timeout: 60_000 });
    await reads(page, "/proc/$(pgrep -o xfdesktop)/comm", /^\s*xfdesktop/);
  });

  await test.step("a program starts from it, in a window that takes keys", async () => {
    await expect(async () => {
      await type(page, "echo typed > typed; thunar &\n");
      await reads(page, "typed", /^\s*typed/);
    }).toPass({ timeout: 60_000 });
    await page.waitForTimeout(4_000);
    await page.screenshot({ path: info.outputPath("windows.png") });
  });

  await test.step("the desktop takes the size of the tab", async () => {
    await page.setViewportSize({ width: 1000, height: 700 });
    await page.waitForTimeout(3_000);
    await page.screenshot({ path: info.outputPath("small.png") });
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  await test.step("who logs out finds a new desktop, and a word of why", async () => {
    await type(page, "xfce4-session-logout --logout\n");
    await expect(screen(page).getByRole("status").filter({ hasText: "xfce ended" })).toContainText("It was started again", { timeout: 60_000 });
    await reads(page, "/proc/$(pgrep -o xfwm4)/comm", /^\s*xfwm4/);
    await page.waitForTimeout(10_000);
    await page.screenshot({ path: info.outputPath("again.png") });
    await reads(page, "/proc/$(pgrep -o xfwm4)/comm", /^\s*xfwm4/);
  });
});
