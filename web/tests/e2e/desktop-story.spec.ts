/// A real X program of a real node, in a real browser: what is typed, pasted and copied arrives, and a loss of the line
/// or a reload leaves the program as it was.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, type Page } from "@playwright/test";
import { PASSWORD, RealServer } from "./real";

const screen = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
const canvas = (page: Page) => screen(page).locator("canvas");

let server: RealServer;

test.beforeAll(async () => {
  test.setTimeout(600_000);
  server = new RealServer();
  server.labs = [fileURLToPath(new URL("../labs/desk", import.meta.url))];
  server.settings = "record_displays = true";
  await server.start();
});

test.afterAll(async () => server.stop());

/** Types into the program on the screen. */
async function type(page: Page, text: string): Promise<void> {
  await page.getByRole("tab", { name: "Studio", exact: true }).click();
  await canvas(page).click({ position: { x: 200, y: 150 } });
  await page.keyboard.type(text, { delay: 5 });
}

/** What a file of the node holds, read in its terminal. */
async function reads(page: Page, file: string, what: string | RegExp): Promise<void> {
  await page.getByRole("tab", { name: "studio", exact: true }).click();
  await screen(page).locator(".xterm-screen").click();
  await page.keyboard.type(`clear; cat ${file}\n`, { delay: 2 });
  await expect(screen(page).locator(".xterm-rows")).toContainText(what, { timeout: 5_000 });
}

test("a program on a screen", async ({ page }) => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));

  await test.step("starts the lab", async () => {
    await page.goto(server.url);
    await page.getByLabel("Name or e-mail").fill("amina");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "A terminal on a screen" }).click();
    await expect(canvas(page)).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole("tab", { name: "studio", exact: true })).toBeVisible();
  });

  await test.step("the program fills the screen and takes keys", async () => {
    // The program starts when its node is ready; until then nobody listens.
    await expect(async () => {
      await type(page, "echo out > typed; export HERE=yes\n");
      await reads(page, "~/typed", /^\s*out/);
    }).toPass({ timeout: 60_000 });
  });

  await test.step("letters of other keyboards, dead keys and input methods arrive", async () => {
    await type(page, "echo ");
    const devtools = await page.context().newCDPSession(page);
    const key = async (key: string, code: string, modifiers = 0) => {
      for (const type of ["keyDown", "keyUp"] as const) {
        await devtools.send("Input.dispatchKeyEvent", { type, key, code, modifiers, text: type === "keyDown" ? key : "" });
      }
    };
    await key("é", "Digit2");
    await key("ß", "Minus");
    await page.keyboard.down("AltGraph");
    await key("€", "KeyE");
    await page.keyboard.up("AltGraph");
    await devtools.send("Input.imeSetComposition", { text: "^", selectionStart: 1, selectionEnd: 1 });
    await devtools.send("Input.insertText", { text: "ê" });
    await devtools.send("Input.imeSetComposition", { text: "nihon", selectionStart: 5, selectionEnd: 5 });
    await devtools.send("Input.insertText", { text: "日本" });
    await page.keyboard.type(" > typed\n", { delay: 5 });
    await reads(page, "~/typed", "éß€ê日本");
  });

  await test.step("what is pasted arrives", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.evaluate(() => navigator.clipboard.writeText("ça colle"));
    await type(page, "printf '%s\\n' '");
    await page.keyboard.press("Shift+Insert");
    await page.waitForTimeout(500);
    await page.keyboard.type("' > typed\n", { delay: 5 });
    await reads(page, "~/typed", "ça colle");
  });

  await test.step("a reload shows the program as it was", async () => {
    await page.reload();
    await expect(page.getByRole("tab", { name: "Studio", exact: true })).toBeVisible();
    await page.getByRole("tab", { name: "Studio", exact: true }).click();
    await expect(canvas(page)).toBeVisible();
    await type(page, "echo still $HERE > typed\n");
    await reads(page, "~/typed", "still yes");
  });

  await test.step("the learner knows that the screen is recorded, and each look at it is", async () => {
    await page.getByRole("tab", { name: "Studio", exact: true }).click();
    await expect(screen(page).getByText("This screen is being recorded.")).toBeVisible();
    const folder = join(server.folder, "state/displays");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".fbs"));
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const file of files) {
      const bytes = readFileSync(join(folder, file));
      // One part at least, which begins as a server's stream does.
      expect(bytes.subarray(0, 12).toString()).toBe("FBS 001.000\n");
      expect(bytes.subarray(16, 28).toString()).toBe("RFB 003.008\n");
    }
  });

  expect(faults).toEqual([]);
});
