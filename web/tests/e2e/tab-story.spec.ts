/// The page that needs no server: a lab folder on a static web server, solved in the tab, kept, and opened again with the
/// server gone.
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { LabFolder, ROOT } from "./folder";

const folder = new LabFolder();
let out = "";

test.setTimeout(120_000);

test.beforeAll(async () => {
  test.setTimeout(120_000);
  out = folder.export("labs/sql-shop", "sql-shop");
  await folder.start();
});

test.afterAll(() => folder.remove());

const panel = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
const query = (task: string) => readFileSync(join(ROOT, `labs/sql-shop/checks/${task}.sql`), "utf8");

async function open(page: Page): Promise<string[]> {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(folder.url("sql-shop"));
  await expect(panel(page).getByText("Kept in this browser")).toBeVisible({ timeout: 60_000 });
  return faults;
}

async function write(page: Page, text: string): Promise<void> {
  await panel(page).locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(text);
}

async function makeOffline(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Runs in this tab" }).click();
  await page.getByRole("button", { name: "Make available offline" }).click();
  await expect(page.getByRole("dialog").getByText("Ready for offline")).toBeVisible({ timeout: 60_000 });
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
}

test("a lab of databases is solved in the tab, and is there with the server gone", async ({ page }) => {
  const faults = await open(page);
  const lab = JSON.parse(await readFile(join(out, "lab/lab.json"), "utf8"));
  const steps = lab.languages.en.steps as { n: number; tasks: { id: string; title: string }[] }[];

  await test.step("a wrong answer is told why, in the server's words", async () => {
    await write(page, "SELECT name FROM article");
    await page.locator('[data-card="price-list"]').getByRole("button", { name: "Check" }).click();
    await expect(page.locator('[data-card="price-list"]')).toContainText("Your query gives 1 column per row, 2 are expected.");
    await write(page, "DELETE FROM article");
    await page.locator('[data-card="price-list"]').getByRole("button", { name: "Check" }).click();
    await expect(page.locator('[data-card="price-list"]')).toContainText("A check takes a query that only reads");
    const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200)";
    await write(page, `${numbers}, m AS MATERIALIZED (SELECT i, zeroblob(1000000) FROM n) SELECT count(*) FROM m`);
    await page.locator('[data-card="price-list"]').getByRole("button", { name: "Check" }).click();
    await expect(page.locator('[data-card="price-list"]')).toContainText("Your query needs too much memory and was stopped.");
  });

  const solve = async (n: number, id: string) => {
    await page.evaluate((n) => (location.hash = `#step-${n}`), n);
    const card = page.locator(`[data-card="${id}"]`);
    await expect(card).toBeVisible();
    await write(page, query(id));
    await card.getByRole("button", { name: "Check" }).click();
    await expect(card.getByText("Done", { exact: true }).first(), id).toBeVisible({ timeout: 20_000 });
  };
  const tasks = steps.flatMap(({ n, tasks }) => tasks.map(({ id }) => ({ n, id })));
  const last = tasks.pop() ?? { n: 0, id: "" };

  await test.step("every task but one is solved, and a reload has it all", async () => {
    for (const { n, id } of tasks) await solve(n, id);
    await expect(page.getByText("40 of 43 points")).toBeVisible();
    await page.reload();
    await expect(page.getByText("40 of 43 points")).toBeVisible();
  });

  await test.step("the server goes; the page comes again, and the last task is solved", async () => {
    await makeOffline(page);
    await folder.stop();
    await page.reload();
    await expect(page.getByText("40 of 43 points")).toBeVisible({ timeout: 30_000 });
    await expect(panel(page).getByText("Kept in this browser")).toBeVisible({ timeout: 30_000 });
    await solve(last.n, last.id);
    await page.reload();
    await expect(page.getByText("43 of 43 points")).toBeVisible({ timeout: 30_000 });
    await folder.start();
  });
  expect(faults).toEqual([]);
});

test("a lab that the tab cannot do is refused by name", () => {
  expect(() => folder.export("labs/shell-basics", "shell")).toThrow();
});

test("one tab has the work; the other says so, and may take it", async ({ page, context }) => {
  await open(page);
  const other = await context.newPage();
  await other.goto(folder.url("sql-shop"));
  await expect(other.getByRole("heading", { name: "This lab is open in another tab" })).toBeVisible();
  await other.getByRole("button", { name: "Work here instead" }).click();
  await expect(panel(other).getByText("Kept in this browser")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("heading", { name: "This lab is open in another tab" })).toBeVisible();
});

test("what is brought is verified, goes on where it was, and is updated only when asked", async ({ page }) => {
  await open(page);

  await test.step("a file that is not what it should be is not kept", async () => {
    const path = join(out, "lab/assets/shop.sqlite");
    const whole = await readFile(path);
    await writeFile(path, "damaged");
    await page.getByRole("button", { name: "Runs in this tab" }).click();
    await page.getByRole("button", { name: "Make available offline" }).click();
    await expect(page.getByRole("alert")).toContainText("A file came damaged");
    await writeFile(path, whole);
  });

  await test.step("what came already is not brought again", async () => {
    folder.asked.length = 0;
    await page.getByRole("button", { name: "Go on" }).click();
    await expect(page.getByRole("dialog").getByText("Ready for offline")).toBeVisible({ timeout: 60_000 });
    const all = JSON.parse(await readFile(join(out, "offline.json"), "utf8")).files.length as number;
    expect(folder.asked.length).toBeLessThan(all);
    expect(folder.asked).toContain("/courses/sql-shop/lab/assets/shop.sqlite");
  });

  await test.step("a newer version is offered, and the old one works until it is taken", async () => {
    const list = join(out, "offline.json");
    const before = await readFile(list, "utf8");
    await writeFile(list, before.replace(/"version": "\w+"/, '"version": "another"'));
    await page.reload();
    await expect(page.getByText("There is a newer version of this lab.")).toBeVisible();
    await expect(panel(page).getByText("Kept in this browser")).toBeVisible({ timeout: 60_000 });
    await page.getByRole("button", { name: "Ready for offline" }).click();
    await page.getByRole("button", { name: "Take the newer version" }).click();
    await expect(page.getByRole("button", { name: "Ready for offline" })).toBeVisible({ timeout: 60_000 });
    await expect(page.getByText("There is a newer version of this lab.")).toHaveCount(0);
    await writeFile(list, before);
  });
});
