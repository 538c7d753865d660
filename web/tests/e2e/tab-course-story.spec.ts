/// A lab in the learner's own browser that belongs to a course: opened from the catalogue of a real server, solved with the
/// server gone, handed in once, and seen by the teacher.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { BINARY, ROOT } from "./folder";
import { PASSWORD, RealServer } from "./real";

const MACHINE = process.env.LABWRIGHT_MACHINE ?? join(process.env.LABWRIGHT_STATE ?? "/var/lib/labwright", "machines/shell-basics");
const server = new RealServer();
server.labs = ["sql-shop", "shell-basics"].map((lab) => join(ROOT, "labs", lab));
server.settings = "offer_in_browser = true";
server.teacher = "claire";

test.beforeAll(async () => {
  test.setTimeout(600_000);
  if (!existsSync(MACHINE)) throw new Error(`there is no ${MACHINE}: labwright export labs/shell-basics --as browser makes it`);
  const out = join(server.folder, "state/in-browser/shell-basics");
  execFileSync(BINARY, ["export", join(ROOT, "labs/shell-basics"), "--as", "web", "--machine", MACHINE, "--output", out], { stdio: ["ignore", "ignore", "inherit"] });
  await server.start();
});
test.afterAll(() => server.stop());

const SHOP = "Ask a shop’s database";
const panel = (page: Page) => page.locator("[role=tabpanel]:not(.away)");
const query = (task: string) => readFileSync(join(ROOT, `labs/sql-shop/checks/${task}.sql`), "utf8");

async function signIn(page: Page, name: string): Promise<void> {
  await page.goto(server.url);
  await page.getByLabel("Name or e-mail").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("button", { name: /^Signed in as/ })).toBeVisible();
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

async function openTab(page: Page, title: string): Promise<void> {
  await page.goto(server.url);
  await page.getByRole("link", { name: `Open in your browser, also offline: ${title}` }).click();
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
    await openTab(page, SHOP);
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
    const lab = JSON.parse(readFileSync(join(server.folder, "state/offered/sql-shop/lab/lab.json"), "utf8"));
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
    await openTab(other, SHOP);
    await expect(other.getByText(/^[1-9]\d* of 43 points/)).toBeVisible({ timeout: 60_000 });
    await other.evaluate(() => (location.hash = "#step-1"));
    await expect(other.locator('[data-card="price-list"]').getByText("Done", { exact: true }).first()).toBeVisible();
    await context.close();
  });
  expect(faults).toEqual([]);
});

test("nobody signed in saves a file, and hands it in", async ({ browser }) => {
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await context.newPage();
  const file = join(server.folder, "sql-shop.results.json");

  await test.step("results are saved as a file", async () => {
    await page.goto(`${server.url}/tab/networks/sql-shop/`);
    await expect(panel(page).getByText("Kept in this browser")).toBeVisible({ timeout: 60_000 });
    await solve(page, 1, "price-list");
    const dialog = await openState(page);
    const download = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Save results" }).click();
    expect((await download).suggestedFilename()).toBe("sql-shop.results.json");
    await (await download).saveAs(file);
  });

  await test.step("on the server's page what is none is refused, and this is taken once", async () => {
    await signIn(page, "amina");
    await page.getByRole("button", { name: "Hand in results from a file" }).click();
    const dialog = page.getByRole("dialog");
    const choose = async (path: string) => {
      const chooser = page.waitForEvent("filechooser");
      await dialog.getByRole("button", { name: /Choose a file|Another file/ }).click();
      await (await chooser).setFiles(path);
    };
    await choose(join(ROOT, "labs/sql-shop/lab.yaml"));
    await expect(dialog.getByRole("alert")).toContainText("This is no file of results.");
    const before = (await attemptsOf("amina")).find(({ task }) => task === "price-list")?.attempts ?? 0;
    for (const said of ["1 is counted.", "1 was here already."]) {
      await choose(file);
      await dialog.getByRole("button", { name: "Hand in", exact: true }).click();
      await expect(dialog.getByText(said)).toBeVisible({ timeout: 20_000 });
    }
    expect((await attemptsOf("amina")).find(({ task }) => task === "price-list")?.attempts).toBe(before + 1);
  });
  await context.close();
});

test("a file that was made in the tab is on the server, and one from there in the tab", async ({ page }) => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (said) => /Content.Security.Policy|Refused to/i.test(said.text()) && faults.push(said.text()));
  const screen = panel(page).locator(".xterm-rows");
  const type = async (text: string) => {
    await panel(page).locator(".xterm").click();
    await page.keyboard.type(text);
  };
  const prompt = () => expect(screen).toContainText("student@desk:~$", { timeout: 120_000 });

  await test.step("in the tab: a task is solved, a file is made", async () => {
    await signIn(page, "amina");
    await openTab(page, "First steps in the shell");
    await prompt();
    const lines = readFileSync(join(ROOT, "labs/shell-basics/solution/order.sh"), "utf8").split("\n").slice(3);
    await type(`clear; ${lines.filter(Boolean).join("; ")}; echo from the tab > note; echo over $((1 + 1))\n`);
    await expect(screen).toContainText("over 2", { timeout: 60_000 });
    await page.evaluate(() => (location.hash = "#step-2"));
    const card = page.locator('[data-card="order"]');
    await card.getByRole("button", { name: "Check" }).click();
    await expect(card.getByText("Done", { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  });

  await test.step("it goes on on the server, which has the file", async () => {
    const dialog = await openState(page);
    await expect(dialog.getByText(/^Sent at/)).toBeVisible({ timeout: 30_000 });
    await dialog.getByRole("button", { name: "Continue on the server" }).click();
    await page.waitForURL(/\/sessions\//, { timeout: 60_000 });
    await prompt();
    await expect.poll(() => server.reads("desk", "/home/student/note")).toBe("from the tab\n");
    await type("clear; echo from the server > there; echo over $((2 + 1))\n");
    await expect(screen).toContainText("over 3", { timeout: 30_000 });
  });

  await test.step("back in the tab: the session ends, and its files are here", async () => {
    await page.getByRole("button", { name: "Lab menu" }).click();
    await page.getByRole("menuitem", { name: "Open in your browser, also offline" }).click();
    await prompt();
    const dialog = await openState(page);
    await dialog.getByRole("button", { name: "Bring the files from the server" }).click();
    await expect(dialog.getByText("its session ends first")).toBeVisible({ timeout: 20_000 });
    await dialog.getByRole("button", { name: "End it there, and replace them" }).click();
    await expect(page.getByText("The files of the server are here, and kept.").first()).toBeVisible({ timeout: 120_000 });
    await dialog.getByRole("button", { name: "Close" }).click();
    await type("clear; echo have $(cat there)\n");
    await expect(screen).toContainText("have from the server", { timeout: 30_000 });
  });

  await test.step("the teacher's board marks what only the browser has checked", async () => {
    await page.goto(server.url);
    await page.getByRole("button", { name: /Amina/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await signIn(page, "claire");
    await page.goto(`${server.url}/courses/networks/labs/shell-basics/board`);
    await expect(page.getByRole("cell", { name: /self-reported/ })).toBeVisible({ timeout: 20_000 });
    await expect(page.getByRole("list", { name: "What the cells mean" }).getByText(/self-reported/)).toBeVisible();
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/board.png` });
    await page.goto(`${server.url}/courses/networks/scores`);
    await page.getByRole("combobox", { name: "Lab" }).selectOption("shell-basics");
    await expect(page.getByRole("cell", { name: /self-reported/ })).toBeVisible();
  });
  expect(faults).toEqual([]);
});
