/// A lab in the learner's own browser that belongs to a course: opened from the catalogue of a real server, solved with the
/// server gone, handed in once, and seen by the teacher.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { ROOT } from "./folder";
import { PASSWORD, RealServer } from "./real";

const server = new RealServer().withLab("sql-shop");
server.teacher = "claire";

test.beforeAll(async () => void (await server.start()));
test.afterAll(() => server.stop());

const panel = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
const query = (task: string) => readFileSync(join(ROOT, `labs/sql-shop/checks/${task}.sql`), "utf8");

async function signIn(page: Page, name: string): Promise<void> {
  await page.goto(server.url);
  await page.getByLabel("Name or e-mail").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function solve(page: Page, n: number, id: string): Promise<void> {
  await page.evaluate((n) => (location.hash = `#step-${n}`), n);
  const card = page.locator(`[data-card="${id}"]`);
  await expect(card).toBeVisible();
  await panel(page).locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(query(id));
  await card.getByRole("button", { name: "Check" }).click();
  await expect(card.getByText("Done", { exact: true }).first(), id).toBeVisible({ timeout: 20_000 });
}

async function openState(page: Page) {
  await page.getByRole("button", { name: /Runs in this tab|Ready for offline/ }).click();
  return page.getByRole("dialog");
}

/** Who has how many attempts at a task, as the course has them. */
async function attemptsOf(name: string): Promise<{ task: string; attempts: number; state: string }[]> {
  const { token } = await server.call<{ token: string }>("POST", "/sign-in", { name, password: PASSWORD });
  const { tasks } = await server.call<{ tasks: Record<string, { attempts: number; state: string }> }>("GET", "/courses/networks/labs/sql-shop/results", undefined, token);
  return Object.entries(tasks).map(([task, { attempts, state }]) => ({ task, attempts, state }));
}

test("solved offline, handed in once, also when a reply was lost", async ({ page, browser }) => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (said) => /Content.Security.Policy|Refused to/i.test(said.text()) && faults.push(said.text()));
  const tab = `${server.url}/tab/networks/sql-shop/`;

  await test.step("nobody signed in is told that nothing reaches the course, and comes back after signing in", async () => {
    await page.goto(tab);
    await expect(page.getByText("nothing that you do here reaches the course")).toBeVisible({ timeout: 60_000 });
    await page.getByRole("complementary", { name: "Results" }).getByRole("link", { name: "Sign in" }).click();
    await page.getByLabel("Name or e-mail").fill("amina");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(panel(page).getByText("Kept in this browser")).toBeVisible({ timeout: 60_000 });
    expect(page.url()).toContain("/tab/networks/sql-shop/");
  });

  await test.step("from the catalogue; made ready for offline", async () => {
    await page.goto(server.url);
    await page.getByRole("link", { name: /in your browser, also offline/ }).click();
    await expect(panel(page).getByText("Kept in this browser")).toBeVisible({ timeout: 60_000 });
    const dialog = await openState(page);
    await expect(dialog.getByText("Results go to Networks, as Amina Benali.")).toBeVisible();
    await dialog.getByRole("button", { name: "Make available offline" }).click();
    await expect(dialog.getByText("Ready for offline")).toBeVisible({ timeout: 60_000 });
    await dialog.getByRole("button", { name: "Close" }).click();
  });

  await test.step("a reply is lost after the server took it: sent again, and counted once", async () => {
    let lost = 0;
    await page.route("**/labs/sql-shop/results*", async (route) => {
      if (route.request().method() !== "POST" || lost > 0) return route.continue();
      lost += 1;
      await route.fetch();
      await route.abort();
    });
    await solve(page, 1, "price-list");
    await expect.poll(() => lost).toBe(1);
    const dialog = await openState(page);
    await dialog.getByRole("button", { name: "Send now" }).click({ timeout: 5_000 }).catch(() => null);
    await expect(dialog.getByText("There: ")).toBeVisible();
    await expect(dialog.getByText(/^Sent at/)).toBeVisible({ timeout: 20_000 });
    await dialog.getByRole("button", { name: "Close" }).click();
    expect((await attemptsOf("amina")).find(({ task }) => task === "price-list")).toEqual({ task: "price-list", attempts: 1, state: "done" });
  });

  await test.step("the server goes; the page comes again, and knows its course", async () => {
    await server.kill();
    await page.reload();
    await expect(panel(page).getByText("Kept in this browser")).toBeVisible({ timeout: 30_000 });
    const lab = JSON.parse(readFileSync(join(server.folder, "state/in-browser/sql-shop/lab/lab.json"), "utf8"));
    const tasks = (lab.languages.en.steps as { n: number; tasks: { id: string }[] }[]).flatMap(({ n, tasks }) => tasks.map(({ id }) => ({ n, id })));
    for (const { n, id } of tasks.slice(1, 3)) await solve(page, n, id);
    const dialog = await openState(page);
    await expect(dialog.getByText("2 results wait to be sent")).toBeVisible();
    await expect(dialog.getByRole("alert")).toContainText("There is no connection just now.");
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.close();
  });

  await test.step("it is back: the page, opened again, sends them", async () => {
    await server.start();
    const again = await page.context().newPage();
    await again.goto(tab);
    const dialog = await openState(again);
    await expect(dialog.getByText(/^Sent at/)).toBeVisible({ timeout: 20_000 });
    expect((await attemptsOf("amina")).filter(({ attempts }) => attempts > 0).map(({ attempts, state }) => `${state} ${attempts}`)).toEqual(["done 1", "done 1", "done 1"]);
  });

  await test.step("on another computer it is there", async () => {
    const context = await browser.newContext();
    const other = await context.newPage();
    await signIn(other, "amina");
    await other.getByRole("link", { name: /in your browser, also offline/ }).click();
    await expect(other.getByText(/^[1-9]\d* of 43 points/)).toBeVisible({ timeout: 60_000 });
    await other.evaluate(() => (location.hash = "#step-1"));
    await expect(other.locator('[data-card="price-list"]').getByText("Done", { exact: true }).first()).toBeVisible();
    await context.close();
  });
  expect(faults).toEqual([]);
});
