/// The teacher's board: live, by keyboard, with many.
import { expect, expectAccessible, signedIn, test } from "./support";

test("a teacher's board is live, ordered on demand, walked by keyboard, and names who is perhaps stuck", async ({ page, fake }) => {
  await signedIn(page, fake, "claire");
  await page.goto(fake.url);
  await page.getByRole("link", { name: "Board", exact: true }).first().click();
  const row = page.getByRole("row", { name: /^Bao B\. 1 / });
  await expect(row.getByRole("cell", { name: "Done", exact: true })).toHaveCount(1);
  fake.learns("l1", 1);
  await expect(row.getByRole("cell", { name: "Done", exact: true })).toHaveCount(2);
  const stuck = page.getByRole("complementary", { name: "Perhaps stuck" });
  await expect(stuck.getByText("The last ACK is missing").first()).toBeVisible();

  await page.getByLabel("Find a learner").fill("adele");
  await expect(page.getByRole("row")).toHaveCount(11);
  await page.getByRole("button", { name: /^Adèle A\. 0/ }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByRole("heading")).toHaveText(/^Adèle .* \d+$/);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Task 2,/ }).click();
  await expect(page.getByRole("dialog")).toContainText("The check itself failed 2 times");
});

test.describe("a course of two thousand", () => {
  test.use({ fakeOptions: { learners: 2000 } });

  test("is on the board, and one learner who changes is redrawn alone", async ({ page, fake }) => {
    await signedIn(page, fake, "claire");
    await page.goto(`${fake.url}/courses/networks/labs/tcp-handshake/board`);
    const row = page.getByRole("row", { name: /^Bao B\. 1 / });
    await expect(row.getByRole("cell", { name: "Done", exact: true })).toHaveCount(1);
    await expect(page.locator("tbody tr")).toHaveCount(2000);
    const changes = await page.evaluateHandle(() => {
      const seen = { count: 0 };
      new MutationObserver((records) => (seen.count += records.length)).observe(document.querySelector(".grid") as Element, {
        subtree: true, childList: true, attributes: true, characterData: true,
      });
      return seen;
    });
    fake.learns("l1", 1);
    await expect(row.getByRole("cell", { name: "Done", exact: true })).toHaveCount(2);
    expect(await changes.evaluate((seen) => seen.count)).toBeLessThan(20);
  });

  test("everybody who is stuck at one task has one answer", async ({ page, fake }) => {
    await signedIn(page, fake, "claire");
    await page.goto(`${fake.url}/courses/networks/labs/tcp-handshake/board`);
    const stuck = page.getByRole("complementary", { name: "Perhaps stuck" });
    await stuck.getByRole("button", { name: "Answer all of them" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Answer everybody who is perhaps stuck at this task" });
    await expectAccessible(page);
    // Nothing is sent for nothing.
    await dialog.getByRole("button", { name: "Send the answer" }).click();
    await expect(dialog).toBeVisible();
    await dialog.getByLabel("Answer", { exact: true }).fill("Count the segments again: the last one has no flag but ACK.");
    await dialog.getByRole("button", { name: "Send the answer" }).click();
    await expect(page.getByText("4 learners have your answer.")).toBeVisible();
    await expect(dialog).toHaveCount(0);
  });
});

test("a board says what an author should look at, how far the class comes, and saves itself", async ({ page, fake }) => {
  await signedIn(page, fake, "claire");
  await page.goto(`${fake.url}/courses/networks/labs/tcp-handshake/board`);
  const fix = page.getByRole("region", { name: "What an author should look at" });
  await expect(fix).toContainText("The check itself failed 2 times");
  await page.getByRole("button", { name: "How far the class comes" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("figure").getByRole("row").nth(1)).toContainText(/1\. .*120\s*100 \(83 %\)/);
  await page.getByLabel("Show").selectOption("Bad line");
  await expect(page.locator(".grid tbody tr").first()).toBeVisible();
  await page.locator(".grid tbody button").first().click();
  await expect(page.getByRole("dialog")).toContainText(/Line: (slow|poor)/);
  await page.keyboard.press("Escape");
  for (const width of [1440, 360]) {
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page);
  }
  for (const [item, name] of [["Learners, CSV", "tcp-handshake-learners.csv"], ["Tasks, CSV", "tcp-handshake-tasks.csv"], ["All, JSON", "tcp-handshake.json"]] as const) {
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as…" }).click();
    await page.getByRole("menuitem", { name: item }).click();
    expect((await saving).suggestedFilename()).toBe(name);
  }
});
