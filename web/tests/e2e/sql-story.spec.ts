/// A database tab in a real browser against a real server: the lab of `labwright new --template sql`, which has no node.
import { expect, test, type Page } from "@playwright/test";
import { PASSWORD, RealServer } from "./real";

let server: RealServer;

test.beforeAll(async () => {
  test.setTimeout(300_000);
  server = await new RealServer().newLab("shop", "sql").start();
});

test.afterAll(async () => server.stop());

const panel = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
const editor = (page: Page) => panel(page).locator(".cm-content");

async function write(page: Page, text: string): Promise<void> {
  await editor(page).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(text);
}

async function run(page: Page, text: string): Promise<void> {
  await write(page, text);
  await page.keyboard.press("ControlOrMeta+Enter");
}

async function signIn(page: Page, kept = "Kept in this browser"): Promise<void> {
  await page.goto(server.url);
  await page.getByLabel("Name or e-mail").fill("amina");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Ask a database" }).click();
  await expect(panel(page).getByText(kept)).toBeVisible({ timeout: 60_000 });
}

test("a learner asks a database", async ({ page, context }) => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  const task = page.getByRole("region", { name: /cost less than 5/ });
  const rows = panel(page).locator("tbody tr");

  await test.step("opens it, and sees its tables", async () => {
    await signIn(page);
    await expect(panel(page).getByRole("navigation", { name: "Tables in shop.sqlite" })).toContainText("price");
    await task.getByRole("button", { name: "Check" }).click();
    await expect(task.getByRole("status")).toContainText("Write your query in the tab first");
  });

  await test.step("runs several statements, each with its own result", async () => {
    await run(page, "SELECT name, price FROM article ORDER BY price;\nSELECT NULL AS none, 1.0 AS one;");
    await expect(panel(page).getByRole("region")).toHaveCount(2);
    await expect(panel(page).getByText(/^5 rows in/)).toBeVisible();
    await expect(panel(page).locator("td", { hasText: "1.0" })).toBeVisible();
    await expect(panel(page).locator("td i")).toHaveText("NULL");
  });

  await test.step("is told where something is wrong, and what was meant", async () => {
    await run(page, "SELECT name,\n  prise\nFROM article");
    await expect(panel(page)).toContainText("Line 2: no column “prise”. The table article has “price”.");
    await expect(panel(page).locator(".cm-lintRange-error")).toHaveText("prise");
  });

  await test.step("has a wrong query checked, then the right one", async () => {
    await write(page, "SELECT name, price FROM article");
    await page.keyboard.press("Alt+Enter");
    await expect(task.getByRole("status")).toContainText("5 rows, 3 expected.");
    await write(page, "SELECT 1;\nSELECT name, price FROM article WHERE price < 5");
    await task.getByRole("button", { name: "Check again" }).click();
    await expect(task.getByRole("status")).toContainText("3 rows, the same as ours.");
    await expect(page.getByText("2 of 2 points")).toBeVisible();
  });

  await test.step("changes the copy, stops an endless query, and finds the changes after a reload", async () => {
    await run(page, "DELETE FROM article WHERE price > 5");
    await expect(panel(page).getByText(/^2 rows changed in/)).toBeVisible();
    await run(page, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
    await panel(page).getByRole("button", { name: "Stop" }).click();
    await expect(panel(page)).toContainText("Stopped. What was not committed was undone.");
    await page.reload();
    await expect(editor(page)).toContainText("WITH RECURSIVE");
    await run(page, "SELECT name FROM article");
    await expect(rows).toHaveCount(3);
  });

  await test.step("opens a second tab, which takes the database over and gives it back", async () => {
    const second = await context.newPage();
    await second.goto(page.url());
    await expect(panel(second)).toContainText("shop.sqlite is open in another tab");
    await second.getByRole("button", { name: "Work here" }).click();
    await run(second, "SELECT name FROM article");
    await expect(panel(second).locator("tbody tr")).toHaveCount(3);
    await second.close();
    await page.getByRole("button", { name: "Work here" }).click();
    await run(page, "SELECT count(*) AS those_left FROM article");
    await expect(rows).toHaveText(["3"]);
  });

  await test.step("takes a fresh copy", async () => {
    await panel(page).getByRole("button", { name: "Fresh copy, export, import" }).click();
    await page.getByRole("menuitem", { name: "Fresh copy…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Fresh copy" }).click();
    await expect(page.getByText("You have a fresh copy.")).toBeVisible();
    await run(page, "SELECT count(*) AS all_of_them FROM article");
    await expect(rows).toHaveText(["5"]);
  });

  await test.step("exports the database, and imports it again", async () => {
    await run(page, "CREATE TABLE mine AS SELECT 42 AS n");
    await expect(panel(page).getByText(/^Done in/)).toBeVisible();
    const coming = page.waitForEvent("download");
    await panel(page).getByRole("button", { name: "Fresh copy, export, import" }).click();
    await page.getByRole("menuitem", { name: "Export the database" }).click();
    const path = await (await coming).path();
    await run(page, "DROP TABLE mine");
    await expect(panel(page).getByText(/^Done in/)).toBeVisible();
    await panel(page).locator("input[type=file]").setInputFiles(path);
    await page.getByRole("dialog").getByRole("button", { name: "Import" }).click();
    await expect(panel(page).getByRole("navigation")).toContainText("mine");
    await panel(page).locator("input[type=file]").setInputFiles({ name: "no.db", mimeType: "", buffer: Buffer.from("no database at all") });
    await page.getByRole("dialog").getByRole("button", { name: "Import" }).click();
    await expect(page.getByText("That is no SQLite database.")).toBeVisible();
    await run(page, "SELECT n FROM mine");
    await expect(rows).toHaveText(["42"]);
  });

  await test.step("completes columns of the tables that the query names", async () => {
    await write(page, "SELECT * FROM article WHERE ");
    await page.keyboard.type("pri", { delay: 30 });
    await expect(page.locator(".cm-tooltip-autocomplete li").first()).toContainText("price");
    // The list takes no Enter in its first moment, lest it be a slip.
    await page.waitForTimeout(200);
    await page.keyboard.press("Enter");
    await expect(editor(page)).toContainText("WHERE price");
  });

  expect(faults, "errors thrown in the page").toEqual([]);
});

test("a browser that keeps nothing has a copy for as long as the page is open", async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(navigator.storage, "getDirectory", { value: undefined }));
  await signIn(page, "Not kept");
  await run(page, "DELETE FROM article; SELECT count(*) AS n FROM article");
  await expect(panel(page).locator("tbody tr")).toHaveText(["0"]);
  await run(page, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
  await panel(page).getByRole("button", { name: "Stop" }).click();
  await expect(panel(page)).toContainText("the database is the author’s again");
  await run(page, "SELECT count(*) AS n FROM article");
  await expect(panel(page).locator("tbody tr")).toHaveText(["5"]);
});
