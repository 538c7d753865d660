/// Under the policy that a real server sends with a lab in the browser: an author's page with its module, style and
/// WebAssembly, and Wireshark on a recording, each in a frame that has no origin.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { ROOT } from "./folder";
import { RealServer } from "./real";

const server = new RealServer();
const lab = mkdtempSync(join(tmpdir(), "labwright-lab-"));

test.setTimeout(180_000);

test.beforeAll(async () => {
  cpSync(join(ROOT, "web/tests/labs/tab-apps"), lab, { recursive: true });
  cpSync(join(ROOT, "labs/tcp-handshake/assets/header"), join(lab, "assets/header"), { recursive: true });
  cpSync(join(ROOT, "labs/wireshark-intro/assets/monday.pcapng"), join(lab, "assets/monday.pcapng"));
  server.labs = [lab];
  server.settings = "offer_in_browser = true";
  await server.start();
});

test.afterAll(async () => {
  await server.stop();
  rmSync(lab, { recursive: true, force: true });
});

test("frames without origin work, and the policy is the lab's", async ({ page }) => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (said) => /Content.Security.Policy|Refused to/i.test(said.text()) && faults.push(said.text()));
  const reply = await page.goto(`${server.url}/tab/networks/tab-apps/`);
  const policy = reply?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("connect-src 'self' data: blob:");
  expect(policy).toContain("frame-ancestors 'self'");

  const panel = page.locator("[role=tabpanel]:not(.away)");
  await page.getByRole("tab", { name: "A packet" }).click();
  await expect(panel.frameLocator("iframe").getByRole("status")).toContainText("is right", { timeout: 30_000 });
  await page.getByRole("tab", { name: "Monday’s recording" }).click();
  await expect(panel.locator("[role=grid] [role=row][id]").first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("complementary", { name: "Results" })).toContainText("You are not signed in");
  expect(faults).toEqual([]);
});
