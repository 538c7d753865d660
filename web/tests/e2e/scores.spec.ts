/// The teacher's page of scores: what was sent, differences on top, sending again, and files for elsewhere.
import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, openLab, signedIn, test } from "./support";

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
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Replaced")).toBeVisible();
  // What the platform answered to a score that it refuses, and how often.
  await expect(dialog.getByText("Server Error (500): no such user in this course")).toBeVisible();
  await expect(dialog).toContainText("Refused 3 times while others were taken.");
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

test("a teacher sets dates and tries, and gives one learner more time", async ({ page, fake }) => {
  await signedIn(page, fake, "claire");
  await page.goto(`${fake.url}/courses/networks/scores`);
  await page.getByRole("button", { name: "Dates and tries" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Due", { exact: true }).fill("2026-11-30T18:00");
  await dialog.getByLabel("Work after the due date").selectOption("counts_not");
  await dialog.getByLabel("Most tries at a task").fill("0");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await expect(dialog).toContainText("Give a whole number from 1 to 1000");
  await dialog.getByLabel("Most tries at a task").fill("3");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.locator("#main")).toContainText(/(Due|Was due) Mon,? 30 November/);
  await expect(page.locator("#main")).toContainText("At most 3 tries at a task.");
  await expect(page.getByRole("row", { name: /Chloé Martin/ })).toContainText("late");
  await page.getByRole("button", { name: "Diego Santos" }).click();
  await dialog.getByLabel("Time until").fill("2026-12-07T18:00");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("row", { name: /Diego Santos/ })).toContainText("more time");
});

test.describe("a lab with dates and tries", () => {
  const at = Date.now() + 864e5;
  test.use({ fakeOptions: { rule: { opens_at: null, due_at: at, closes_at: null, late: "counts", which: "last", tries: 1 } } });

  test("says so in the catalogue and beside the tasks, and a used-up check is shut", async ({ page, fake }) => {
    await signedIn(page, fake);
    await page.goto(fake.url);
    await expect(page.locator("article").first()).toContainText("Due ");
    await openLab(page, fake);
    await expect(page.locator("#read")).toContainText("Work after that counts, and is marked late. Your last try at a task counts. One try at each task.");
    const card = page.locator("[data-card=port]");
    await expect(card).toContainText("One try left.");
    await card.getByRole("spinbutton").or(card.getByRole("textbox")).fill("1");
    await card.getByRole("button", { name: "Check" }).click();
    await expect(card).toContainText("No tries left.");
    await expect(card.getByRole("button", { name: "Check again" })).toBeDisabled();
    await expectAccessible(page);
  });
});

test("a column for each task is picked, and said where the platform has none", async ({ page, fake }) => {
  await page.goto(`${fake.url}/in/campus/pick#code=0123`);
  await page.locator("input[type=radio]").first().check();
  await page.getByLabel("Columns in your grade book").selectOption({ label: "One for each of its 6 tasks" });
  await expect(page.getByLabel("Points in your grade book")).toHaveCount(0);
  const picked = page.waitForRequest(/\/lti\/picks/);
  await page.getByRole("button", { name: "Add to the course" }).click();
  expect((await picked).postDataJSON()).toMatchObject({ per_task: true, points: null });
  // A step with one task has one column.
  await page.goto("about:blank");
  await page.goto(`${fake.url}/in/campus/pick#code=0123`);
  await page.locator("input[type=radio]").first().check();
  await page.getByLabel("What learners open").selectOption("1");
  await expect(page.getByLabel("Columns in your grade book")).toHaveCount(0);
  await expect(page.getByLabel("Points in your grade book")).toBeVisible();

  fake.options.platform = "one column";
  await signedIn(page, fake, "claire");
  await page.goto(`${fake.url}/courses/networks/scores`);
  await expect(page.getByText("Campus allows for one only")).toBeVisible();
  await expectAccessible(page);
});
