/// Tabs with programs of the lab, against the make-believe server: what is seen, read aloud, and shown when it goes wrong.
import type { Page } from "@playwright/test";
import { APPS } from "../fake/apps.mjs";
import { expect, expectAccessible, openLab, signedIn, terminal, test } from "./support";

test.use({ fakeOptions: { apps: APPS } });
test.beforeEach(async ({ page, fake }) => signedIn(page, fake));

const frame = (page: Page) => terminal(page).frameLocator("iframe");

test("a page of the lab opens by a ticket, another one at each reload, and in a window of its own", async ({ page, fake }) => {
  await openLab(page, fake);
  await page.getByRole("tab", { name: "The site" }).click();
  await expect(frame(page).getByRole("heading")).toHaveText("It works!");
  const tickets = () => fake.requests.filter((one) => one.endsWith("/apps/app-3/ticket")).length;
  expect(tickets()).toBe(1);
  await terminal(page).getByRole("button", { name: "Reload" }).click();
  await expect.poll(tickets).toBe(2);
  await expect(frame(page).getByRole("heading")).toHaveText("It works!");
  const [opened] = await Promise.all([
    page.context().waitForEvent("page"),
    terminal(page).getByRole("button", { name: "Open in a new window" }).click(),
  ]);
  await expect(opened.getByRole("heading")).toHaveText("It works!");
  expect(tickets()).toBe(3);
});

test("what was asked for without a line comes by itself when there is one; what is there stays", async ({ page, fake }) => {
  await openLab(page, fake);
  await page.getByRole("tab", { name: "The site" }).click();
  await expect(frame(page).getByRole("heading")).toHaveText("It works!");
  await fake.stop();
  await expect(terminal(page).getByText("Line lost.")).toBeVisible();
  await expect(frame(page).getByRole("heading")).toHaveText("It works!");
  await page.getByRole("tab", { name: "A packet" }).click();
  await expect(terminal(page).getByRole("button", { name: "Try again" })).toBeVisible();
  // Not even the tab's own code came.
  await page.getByRole("tab", { name: "Plot" }).click();
  await expect(terminal(page).getByRole("button", { name: "Try again" })).toBeVisible();
  await page.getByRole("tab", { name: "A packet" }).click();
  const asked = fake.requests.length;
  await fake.back();
  await expect(frame(page).getByRole("heading")).toHaveText("It works!", { timeout: 20_000 });
  const tickets = fake.requests.slice(asked).filter((one) => one.endsWith("/ticket"));
  expect(tickets).toEqual([expect.stringContaining("/apps/app-4/")]);
  await page.getByRole("tab", { name: "Plot" }).click();
  await expect(terminal(page).locator("canvas")).toBeVisible();
});

/** How each tab is known to be there. */
const SHOWN: Record<string, (page: Page) => Promise<void>> = {
  "The site": async (page) => expect(frame(page).getByRole("heading")).toBeVisible(),
  "A packet": async (page) => expect(frame(page).getByRole("heading")).toBeVisible(),
  "Packets on lan": async (page) => {
    await terminal(page).locator("[role=grid] [role=row][id]").first().click({ timeout: 30_000 });
    await expect(terminal(page).getByRole("tree")).toBeVisible();
  },
  Plot: async (page) => expect(terminal(page).locator("canvas")).toBeVisible(),
};

for (const { locale, colorScheme, width } of [
  { locale: "en-GB", colorScheme: "light", width: 1440 },
  { locale: "fr-FR", colorScheme: "dark", width: 1440 },
  { locale: "fr-FR", colorScheme: "light", width: 360 },
  { locale: "fr-FR", colorScheme: "dark", width: 360 },
  { locale: "en-GB", colorScheme: "dark", width: 360 },
] as const) {
  test.describe(() => {
    test.use({ locale, colorScheme, viewport: { width, height: width < 900 ? 780 : 900 }, reducedMotion: "reduce" } as object);
    test(`every tab is accessible: ${locale}, ${colorScheme}, ${width} px`, async ({ page, fake }) => {
      await openLab(page, fake);
      const narrow = page.locator("nav.switch button").nth(1);
      if (await narrow.isVisible()) await narrow.click();
      for (const [name, shown] of Object.entries(SHOWN)) {
        await page.getByRole("tab", { name }).click();
        await shown(page);
        const { PICTURES } = process.env;
        if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name.replaceAll(" ", "-")}-${locale}-${colorScheme}-${width}.png` });
        await expectAccessible(page);
      }
    });
  });
}
