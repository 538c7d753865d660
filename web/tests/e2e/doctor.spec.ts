/// "My computer": measured, advised, reported; and its word in a lab that does not suit.
import { expect, expectAccessible, openLab, signedIn, test } from "./support";

test("somebody without an account looks at a computer, in both languages and all widths", async ({ page, fake }) => {
  await page.goto(`${fake.url}/sign-in`);
  await page.getByRole("link", { name: "Look at this computer first" }).click();
  await expect(page.getByRole("heading", { name: "My computer", level: 1 })).toBeVisible();
  await expect(page.getByText("Measured.")).toBeVisible();
  const found = page.getByRole("region", { name: "What we found" });
  await expect(found).toContainText(/Round trip to the server\s*\d+ ms/);
  await expect(found).toContainText(/Live channel \(WebSocket\)\s*passes/);
  await expect(found).toContainText(/Speed down\s*[\d.,]+ Mbit\/s/);
  await expect(page.getByLabel("Report")).toHaveValue(/^Labwright, 127\.0\.0\.1.*\nBrowser: /);
  expect(fake.requests.filter((one) => !one.includes("/sign-in/")), "nothing is asked of accounts").toEqual([]);
  for (const width of [1440, 360]) {
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page);
  }
  await page.getByRole("button", { name: "Français" }).click();
  await expect(page.getByRole("heading", { name: "Mon ordinateur", level: 1 })).toBeVisible();
  await page.emulateMedia({ colorScheme: "dark" });
  await expectAccessible(page);
});

test("a measurement is stopped by keyboard and begun again", async ({ page, fake }) => {
  fake.options.delayMs = 400;
  await page.goto(`${fake.url}/doctor`);
  await page.getByRole("button", { name: "Stop measuring" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Stopped. What was measured until then is shown.")).toBeVisible();
  fake.options.delayMs = 0;
  await page.getByRole("button", { name: "Look again" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Measured.")).toBeVisible();
});

test.describe("where WebSockets are blocked", () => {
  test.use({ fakeOptions: { blocked: true } });

  test("a learner is told for each lab, and in the lab, with a way out", async ({ page, fake }) => {
    await signedIn(page, fake);
    await page.goto(`${fake.url}/courses/networks/doctor`);
    await expect(page.getByText("Measured.")).toBeVisible({ timeout: 30_000 });
    const labs = page.getByRole("region", { name: "Your labs" });
    const lab = labs.getByRole("listitem").filter({ has: page.getByRole("heading", { name: /TCP|handshake/i }) }).first();
    await expect(lab).toContainText("Works, with care");
    await expect(lab).toContainText("WebSockets are blocked here");
    await expect(page.getByRole("region", { name: "Other places" })).toContainText("This version cannot run labs there yet");
    await expectAccessible(page);

    await openLab(page, fake);
    const note = page.getByRole("complementary", { name: "About this computer" });
    await expect(note).toContainText("WebSockets are blocked here");
    await expectAccessible(page);
    await note.getByRole("button", { name: "Close" }).click();
    await expect(note).toBeHidden();
    await page.reload();
    await page.locator("[role=tab]").first().waitFor({ state: "attached" });
    await expect(note).toBeHidden();
  });
});
