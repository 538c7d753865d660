/// The Wireshark tab with the real dissectors, a real server and real machines: live packets, fields and bytes, filters,
/// a stream, a file, and answers that come from them; then Debian's own Wireshark on the screen of a node.
import { expect, test, type Page } from "@playwright/test";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PASSWORD, RealServer } from "./real";

const BUNDLE = fileURLToPath(new URL("../../dist-wireshark/bundle.json", import.meta.url));
const panel = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
const rows = (page: Page) => panel(page).locator("[role=grid] [role=row][id]");
const foot = (page: Page) => panel(page).locator(".foot");
const filter = (page: Page) => panel(page).getByLabel("Display filter");

let server: RealServer;

test.use({ actionTimeout: 30_000 });

test.beforeAll(async () => {
  test.setTimeout(300_000);
  if (!existsSync(BUNDLE)) throw new Error("there is no web/dist-wireshark: npm run wireshark makes it");
  server = await new RealServer().withLab("wireshark-intro").start();
});

test.afterAll(async () => server.stop());

test("a learner reads a network", async ({ page }) => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));

  await test.step("starts the lab", async () => {
    await page.goto(server.url);
    await page.getByLabel("Name or e-mail").fill("amina");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: "Wireshark: read a network" }).click();
    await page.getByRole("tab", { name: "Packets on lan" }).click({ timeout: 120_000 });
  });

  await test.step("sees packets live, by themselves", async () => {
    await expect(foot(page)).toContainText("Live on lan", { timeout: 60_000 });
    await expect(rows(page).filter({ hasText: "GET / HTTP/1.1" }).first()).toBeVisible({ timeout: 60_000 });
    await expect(rows(page).filter({ hasText: "shop.example" }).first()).toBeVisible();
  });

  await test.step("filters, and is told why not", async () => {
    await filter(page).fill("dns and tpc");
    await expect(panel(page).getByText("is not a valid protocol")).toBeVisible();
    await filter(page).fill("dns.a");
    await expect(rows(page).first()).toContainText("response");
    await expect(rows(page).filter({ hasText: "HTTP" })).toHaveCount(0);
  });

  await test.step("answers with a field that it read by keyboard", async () => {
    await rows(page).first().click();
    const tree = panel(page).getByRole("tree");
    await expect(tree).toContainText("Domain Name System");
    await page.keyboard.press("Enter");
    await expect(tree).toBeFocused();
    await page.keyboard.press("End");
    for (const name of [/^\s*Answers/, /shop\.example: type A/]) {
      await page.keyboard.press("ArrowRight");
      const chosen = tree.locator("[aria-selected=true]");
      for (let steps = 0; steps < 20 && !name.test(await chosen.innerText()); steps += 1) {
        await page.keyboard.press("ArrowDown");
      }
      await expect(chosen).toContainText(name);
    }
    await page.keyboard.press("ArrowRight");
    const ttl = tree.getByRole("treeitem", { name: /^Time to live/ });
    await ttl.click();
    await expect(foot(page)).toContainText("dns.resp.ttl, 4 bytes at 0x");
    await expect(panel(page).locator(".hex .lit")).toHaveCount(4);
    const seconds = /: (\d+)/.exec(await ttl.innerText())?.[1] ?? "";
    const task = page.getByRole("region", { name: "For how many seconds" });
    await task.getByRole("textbox").fill(seconds);
    await task.getByRole("button", { name: "Check" }).click();
    await expect(task.getByRole("status")).toContainText("Done");
  });

  await test.step("pauses, stops and saves", async () => {
    await panel(page).getByRole("button", { name: "Pause" }).click();
    await expect(foot(page)).toContainText("Paused on lan");
    await panel(page).getByRole("button", { name: "Pause" }).click();
    await panel(page).getByRole("button", { name: "Stop" }).click();
    await expect(panel(page).getByRole("button", { name: "Start" })).toBeVisible();
    await panel(page).getByRole("button", { name: "More for packets" }).click();
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "Save as a file" }).click(),
    ]);
    const bytes = readFileSync(await saved.path());
    expect(bytes.readUInt32LE(0)).toBe(0x0a0d0d0a);
    expect(bytes.includes("shop.example".split(".")[0] ?? "")).toBe(true);
  });

  await test.step("reads a recording, follows a stream", async () => {
    await page.getByRole("tab", { name: "Monday’s recording" }).click();
    await expect(foot(page)).toContainText("79 packets, 79 shown", { timeout: 60_000 });
    await filter(page).fill("dns.flags.response == 0 && !dns.response_in");
    await expect(foot(page)).toContainText("79 packets, 1 shown");
    await expect(rows(page).first()).toContainText("35");
    await filter(page).fill('http.request.method == "POST"');
    await expect(rows(page).first()).toContainText("POST /login");
    await rows(page).first().click();
    await expect(panel(page).getByRole("tree")).toContainText("HTML Form URL Encoded");
    await panel(page).getByRole("button", { name: "More for packets" }).click();
    await page.getByRole("menuitem", { name: "Follow the stream" }).click();
    await expect(page.getByRole("dialog")).toContainText("password=tr0mbone");
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  });

  await test.step("does the same in Debian’s Wireshark, on the client’s screen", async () => {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("tab", { name: "Wireshark", exact: true }).click();
    const screen = panel(page).locator(".screen canvas");
    await expect(screen).toBeVisible({ timeout: 60_000 });
    // What its window shows is read as a learner may: copied, and taken from the clipboard.
    await expect(async () => {
      await screen.click({ position: { x: 300, y: 130 } });
      await page.keyboard.press("Control+Slash");
      await page.keyboard.type("dns.a\n", { delay: 20 });
      await page.waitForTimeout(1_000);
      await page.keyboard.press("Control+Alt+Shift+A");
      await page.waitForTimeout(1_000);
      const shown = await page.evaluate(() => navigator.clipboard.readText());
      expect(shown).toMatch(/Frame \d+: .* on interface eth0/);
      expect(shown).toContain("Domain Name System (response)");
    }).toPass({ timeout: 120_000 });
  });

  expect(faults).toEqual([]);
});
