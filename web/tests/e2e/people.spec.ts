/// The teacher's page of a course's people: invitations, and a class list with preview and undo.
import { readFile } from "node:fs/promises";
import { expect, signedIn, test } from "./support";

test("a teacher makes a code, closes another, brings a class list and takes it back", async ({ page, fake }) => {
  await signedIn(page, fake, "claire");
  await page.goto(`${fake.url}/courses/networks/scores`);
  await page.getByRole("link", { name: "People", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "Make an invitation" }).click();
  await dialog.getByLabel("People that it lets in").fill("none");
  await dialog.getByRole("button", { name: "Make it" }).click();
  await expect(dialog).toContainText("Give whole numbers");
  await dialog.getByLabel("People that it lets in").fill("30");
  await dialog.getByRole("button", { name: "Make it" }).click();
  await expect(dialog.getByText("k7m2-p9qx", { exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("Code k7\u2026")).toBeVisible();
  await page.getByRole("button", { name: /^Close/ }).first().click();
  await expect(page.getByText("Code k7\u2026")).toHaveCount(0);

  await page.getByRole("button", { name: "Bring a class list" }).click();
  await dialog.getByLabel("File").setInputFiles({ name: "class.csv", mimeType: "text/csv", buffer: Buffer.from("email\nnobody\n") });
  await expect(dialog).toContainText("2 people, read as UTF-8. Nothing has changed yet.");
  await expect(dialog).toContainText("Line 4: this is no e-mail address.");
  await dialog.getByRole("button", { name: "Bring in 2 people" }).click();
  await expect(dialog).toContainText("1 person got a personal code.");
  const download = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Save the codes" }).click();
  expect(await readFile(await (await download).path(), "utf8")).toContain("Zo\u00e9 M\u00fcller,zoe@school.example,abcd-2345");
  await dialog.getByRole("button", { name: "Close" }).click();
  await page.getByLabel("Find a learner").fill("zoe");
  await expect(page.locator("tbody tr")).toHaveCount(1);
  await page.getByRole("button", { name: /^Undo the list/ }).click();
  await dialog.getByRole("button", { name: "Undo it" }).click();
  await expect(page.getByText("1 person left the course.")).toBeVisible();
});

test("a personal code asks for a password only", async ({ page, fake }) => {
  await page.goto(`${fake.url}/sign-in`);
  await page.getByLabel(/code/i).fill("abcd-2345");
  await page.getByRole("button", { name: "Join" }).click();
  await expect(page.getByText("zoe@school.example")).toBeVisible();
  await expect(page.locator("form input")).toHaveCount(1);
});

test("a learner takes their data, asks for an erasure, and takes it back", async ({ page, fake }) => {
  await signedIn(page, fake);
  await page.goto(fake.url);
  await page.getByRole("button", { name: /Amina Benali/ }).click();
  await page.getByRole("menuitem", { name: "Privacy and your data" }).click();
  await expect(page.getByText("privacy@school.example")).toBeVisible();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Take everything with you" }).click();
  expect((await download).suggestedFilename()).toBe("labwright.zip");
  await page.getByRole("button", { name: "Erase everything\u2026" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Erase everything" }).click();
  await expect(page.getByText(/^Everything is erased on /)).toBeVisible();
  await page.getByRole("button", { name: "Keep my account after all" }).click();
  await expect(page.getByText("Your account stays.")).toBeVisible();
});

test("an operator reads who asked to be erased and what courses' ends would erase", async ({ page, fake }) => {
  await signedIn(page, fake, "omar");
  await page.goto(`${fake.url}/operator`);
  await page.getByRole("link", { name: "Erasures" }).click();
  await expect(page.getByRole("heading", { name: "What will be erased" })).toBeVisible();
  await expect(page.getByRole("row", { name: /Diego Santos/ })).not.toContainText("due now");
  await expect(page.getByRole("row", { name: /networks/ })).toContainText("due now");
  await expect(page.getByRole("row", { name: /networks/ })).toContainText("4210");
});
