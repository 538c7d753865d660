/// The teacher's page of scores: what was sent, differences on top, sending again, and files for elsewhere.
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, signedIn, test } from "./support";

async function saved(page: Page, press: () => Promise<void>): Promise<string> {
  const download = page.waitForEvent("download");
  await press();
  return readFile(await (await download).path(), "utf8");
}

test("a teacher compares, sends again, and reads what the platform said", async ({ page, fake }) => {
  await signedIn(page, fake, "claire");
  await page.goto(`${fake.url}/courses/networks/progress`);
  await page.getByRole("link", { name: "Scores", exact: true }).click();
  const rows = page.locator("tbody tr");
  // What needs a look is on top: refused, then waiting.
  await expect(rows.nth(0)).toContainText("It refuses this score (500)");
  await expect(rows.nth(1)).toContainText("It does not answer. We keep trying. 4 tries.");
  await page.getByRole("button", { name: "Compare with the platform" }).click();
  await expect(rows.nth(0)).toContainText("Different there: 2.5 of 6");
  await page.getByRole("button", { name: "Send again, Chloé Martin" }).click();
  await expect(page.getByText("1 score is on its way.")).toBeVisible();
  await expect(page.getByRole("row", { name: /Chloé Martin/ })).toContainText("On its way");
  await page.getByRole("button", { name: "Chloé Martin", exact: true }).click();
  await expect(page.getByRole("dialog").getByText("Replaced")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByLabel("Show").selectOption("refused");
  await expect(rows).toHaveCount(1);
  await page.getByRole("button", { name: "Send all again" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Send again" }).click();
  await expect(page.getByText("4 scores are on their way.")).toBeVisible();
});

test("files for elsewhere carry no formulas, and a platform's grade book is filled in", async ({ page, fake }) => {
  await signedIn(page, fake, "claire");
  await page.goto(`${fake.url}/courses/networks/scores`);
  await page.getByRole("button", { name: "Save as CSV" }).click();
  const dialog = page.getByRole("dialog");
  const all = await saved(page, () => dialog.getByRole("button", { name: "Save as CSV", exact: true }).click());
  expect(all).toContain("Chloé Martin,user2,tcp-handshake,4.0,6.0,66.7,4.0,");
  expect(all).toContain("Élise Roy,'=cmd|x,");
  const moodle = await saved(page, () => dialog.getByRole("button", { name: "Save as CSV, Moodle" }).click());
  expect(moodle).toContain("100,user0,5.0");
  const canvas = 'Student,ID,SIS Login ID,Section,Handshake (12),Current Score\n    Points Possible,,,,12,(read only)\n"Martin, Chloé",7,,A,,\n"Somebody, Else",8,,A,3,\n';
  await dialog.getByLabel("Exported grade book").setInputFiles({ name: "Grades.csv", mimeType: "text/csv", buffer: Buffer.from(canvas) });
  await expect(dialog.getByLabel("Most points there")).toHaveValue("12");
  const filled = await saved(page, () => dialog.getByRole("button", { name: "Fill in and save" }).click());
  expect(filled).toContain('"Martin, Chloé",7,,A,8,');
  expect(filled).toContain('"Somebody, Else",8,,A,3,');
  await expect(dialog).toContainText("1 learner filled in.");
  await expect(dialog).toContainText("Not found for sure, left as they were: Amina Benali, Bao Nguyen and Élise Roy.");
});
