/// A lab as a package of a course: checked against the schemas, opened in a frame of a platform with a true run-time, partly
/// solved, gone on with on another computer, and finished.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, type FrameLocator, type Page } from "@playwright/test";
import { encode } from "../../src/tab/course/suspend";
import { ROOT } from "./folder";
import { faults, keptBy, Lms, type Cmi, type Version } from "./scorm";

const lms = new Lms();
const packages = new Map<Version, Map<string, Buffer>>();
const query = (task: string) => readFileSync(join(ROOT, `labs/sql-shop/checks/${task}.sql`), "utf8");

test.setTimeout(120_000);
test.beforeAll(async () => {
  for (const version of ["1.2", "2004"] as const) packages.set(version, lms.package("labs/sql-shop", version).files);
  await lms.start();
});
test.afterAll(() => lms.remove());

const panel = (frame: FrameLocator) => frame.locator("[role=tabpanel]:not(.away)");

async function opened(frame: FrameLocator): Promise<void> {
  await expect(panel(frame).getByText("Kept in this browser")).toBeVisible({ timeout: 60_000 });
}

async function solve(page: Page, frame: FrameLocator, n: number, id: string): Promise<void> {
  await frame.locator("body").evaluate((_, n) => (location.hash = `#step-${n}`), n);
  const card = frame.locator(`[data-card="${id}"]`);
  await expect(card).toBeVisible();
  await panel(frame).locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(query(id));
  await card.getByRole("button", { name: "Check" }).click();
  await expect(card.getByText("Done", { exact: true }).first(), id).toBeVisible({ timeout: 20_000 });
}

function tasksOf(version: Version): { n: number; id: string }[] {
  const lab = JSON.parse(packages.get(version)?.get("lab/lab.json")?.toString("utf8") ?? "");
  const steps = lab.languages.en.steps as { n: number; tasks: { id: string }[] }[];
  return steps.flatMap(({ n, tasks }) => tasks.map(({ id }) => ({ n, id })));
}

/** The learner as either version's run-time is told of. */
function learner(version: Version, id: string, kept: Cmi = {}): Cmi {
  if (version === "2004") return { ...kept, learner_id: id, learner_name: "Ada", entry: kept.suspend_data ? "resume" : "ab-initio" };
  const core = (kept.core ?? {}) as Cmi;
  return { ...kept, core: { ...core, student_id: id, student_name: "Ada", entry: kept.suspend_data ? "resume" : "ab-initio" } };
}

/** The values that count, by the names of 2004. */
function seen(version: Version, kept: Cmi) {
  const { core = {}, interactions = {} } = kept as { core?: Record<string, unknown>; interactions?: Record<string, { id: string; result: string }> };
  const at = version === "1.2" ? core : kept;
  const score = at.score as Record<string, unknown>;
  return {
    status: version === "1.2" ? core.lesson_status : `${String(kept.completion_status)} ${String(kept.success_status)}`,
    raw: Number(score.raw),
    location: version === "1.2" ? core.lesson_location : kept.location,
    exit: at.exit,
    results: Object.values((interactions as { childArray?: never }).childArray ?? interactions).map(({ id, result }) => `${id} ${result}`),
  };
}

for (const version of ["1.2", "2004"] as const) {
  test(`SCORM ${version}: score, status and work are the course's, on any computer`, async ({ browser }) => {
    const files = packages.get(version) ?? new Map<string, Buffer>();
    expect(await faults(files, version)).toEqual([]);
    const wrong = String(files.get("imsmanifest.xml")).replace('identifierref="page"', 'ref="page"');
    expect(await faults(new Map([...files, ["imsmanifest.xml", Buffer.from(wrong)]]), version)).not.toEqual([]);

    const tasks = tasksOf(version);
    const last = tasks.pop() ?? { n: 0, id: "" };
    const broken: string[] = [];
    let kept: Cmi = {};
    let points = "";

    await test.step("partly solved: the course has it, and a second learner here sees nothing of it", async () => {
      const context = await browser.newContext();
      const { page, frame } = await lms.open(context, version, learner(version, "learner-1"));
      page.on("pageerror", (error) => broken.push(error.message));
      await opened(frame);
      await expect(frame.getByRole("button", { name: "Saved in the course" })).toBeVisible();
      expect(seen(version, await keptBy(page)).status).toBe(version === "1.2" ? "incomplete" : "incomplete unknown");
      for (const { n, id } of tasks.slice(0, 2)) await solve(page, frame, n, id);
      points = await frame.getByText(/^[1-9]\d* of 43 points/).innerText();
      kept = await keptBy(page);
      const has = seen(version, kept);
      expect(has.raw).toBeGreaterThan(0);
      expect(has.raw).toBeLessThan(100);
      expect(has.exit).toBe("suspend");
      if (version === "2004") {
        expect(has.location).toBe(`step-${tasks[1]?.n}`);
        expect(has.results).toContain(`${tasks[0]?.id} correct`);
      }
      await page.close();

      const other = await lms.open(context, version, learner(version, "learner-2"));
      await opened(other.frame);
      await expect(other.frame.getByText("0 of 43 points")).toBeVisible();
      await context.close();
    });

    await test.step("on another computer the score is there", async () => {
      const context = await browser.newContext();
      const { page, frame } = await lms.open(context, version, learner(version, "learner-1", kept));
      page.on("pageerror", (error) => broken.push(error.message));
      await opened(frame);
      await expect(frame.getByText(points)).toBeVisible();
      await expect(frame.locator(`[data-card="${tasks[1]?.id}"]`).getByText("Done", { exact: true }).first()).toBeVisible();
      await context.close();
    });

    await test.step("all but the last task is in the course; that is solved: passed", async () => {
      const done = { state: "done", share: 1, attempts: 1, hints: 0 } as const;
      const most = { registration: "abc123", tasks: Object.fromEntries(tasks.map(({ id }) => [id, done])) };
      kept = { ...kept, suspend_data: encode("sql-shop", most, 4_096).text };
      const context = await browser.newContext();
      const { page, frame } = await lms.open(context, version, learner(version, "learner-1", kept));
      page.on("pageerror", (error) => broken.push(error.message));
      await opened(frame);
      await expect(frame.getByText("40 of 43 points")).toBeVisible();
      await solve(page, frame, last.n, last.id);
      const has = seen(version, await keptBy(page));
      expect(has.raw).toBe(100);
      expect(has.status).toBe(version === "1.2" ? "passed" : "completed passed");
      expect(has.exit).not.toBe("suspend");
      await context.close();
    });
    expect(broken).toEqual([]);
  });
}

test("a course that fails is told again, one that is not there is missed in words, and a look records nothing", async ({ browser }) => {
  const context = await browser.newContext();
  const first = tasksOf("2004")[0] ?? { n: 0, id: "" };

  await test.step("what could not be sent is sent again", async () => {
    const { page, frame } = await lms.open(context, "2004", learner("2004", "learner-3"));
    await opened(frame);
    await page.evaluate(() => {
      const { API_1484_11: api } = window as unknown as { API_1484_11: { Commit(word: string): string; truly?: unknown } };
      const truly = api.Commit;
      Object.assign(api, { truly, Commit: () => "false" });
    });
    await solve(page, frame, first.n, first.id);
    await expect(frame.getByText("Your last results are not in the course yet.")).toBeVisible();
    await page.evaluate(() => {
      const { API_1484_11: api } = window as unknown as { API_1484_11: { Commit: unknown; truly: unknown } };
      api.Commit = api.truly;
    });
    await frame.getByRole("button", { name: "Send again" }).click();
    await expect(frame.getByText("Your last results are not in the course yet.")).toHaveCount(0);
    await expect(frame.getByRole("button", { name: "Saved in the course" })).toBeVisible();
    await page.close();
  });

  await test.step("review", async () => {
    const { page, frame } = await lms.open(context, "2004", { ...learner("2004", "learner-3"), mode: "review" });
    await opened(frame);
    await expect(frame.getByText("The course shows you this lab to look at")).toBeVisible();
    await solve(page, frame, first.n, first.id);
    expect((await keptBy(page)).suspend_data).toBe("");
    await page.close();
  });

  await test.step("no course", async () => {
    const page = await context.newPage();
    await page.goto(new URL("../files/7/2004/index.html", lms.folder.url("lms")).href);
    await expect(page.getByText("Your results do not reach a course.")).toBeVisible({ timeout: 30_000 });
    await page.getByRole("button", { name: "Runs in this tab" }).click();
    await expect(page.getByRole("button", { name: "Make available offline" })).toHaveCount(0);
  });
  await context.close();
});
