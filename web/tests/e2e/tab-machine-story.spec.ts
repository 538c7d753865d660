/// A lab with a computer, in a tab: Debian under our agent in an emulator, restored from a saved state, with no server behind
/// the page but one of files; and in the end none at all.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import { LabFolder, ROOT } from "./folder";

const MACHINE = join(process.env.LABWRIGHT_STATE ?? "/var/lib/labwright", "machines/shell-basics");
const STARTS_MS = 120_000;
const folder = new LabFolder();
let params: Record<string, string> = {};

test.setTimeout(480_000);
test.use({ actionTimeout: 30_000 });

test.beforeAll(async () => {
  test.setTimeout(120_000);
  if (!existsSync(MACHINE)) throw new Error(`there is no ${MACHINE}: labwright export labs/shell-basics --as browser makes it`);
  params = (JSON.parse(readFileSync(join(MACHINE, "machine.json"), "utf8")) as { spec: { params: typeof params } }).spec.params;
  folder.export("labs/shell-basics", "shell-basics", "--machine", MACHINE);
  await folder.start();
});

test.afterAll(() => folder.remove());

const screen = (page: Page) => page.locator("[role=tabpanel]:not(.away) .xterm-rows");
const card = (page: Page, task: string) => page.locator(`[data-card="${task}"]`);

async function prompt(page: Page): Promise<void> {
  await expect(screen(page)).toContainText("student@desk:~$", { timeout: STARTS_MS });
}

async function type(page: Page, text: string): Promise<void> {
  await page.locator("[role=tabpanel]:not(.away) .xterm").click();
  await page.keyboard.type(text);
}

/** What stands at the terminal's foot when the files are kept. */
const saved = (page: Page) => page.locator("[role=tabpanel]:not(.away)").getByText(/^Saved /);

/** Waits until this browser has a file of the student's with these words, in what it keeps of the lab. */
async function keptIs(page: Page, lab: string, file: string, words: string): Promise<void> {
  const kept = () =>
    page.evaluate(
      async ({ lab, file, words }) => {
        const db = await new Promise<IDBDatabase>((done, fail) => {
          const request = indexedDB.open("labwright-files");
          request.onsuccess = () => done(request.result);
          request.onerror = () => fail(request.error);
        });
        const all = await new Promise<{ archive: Uint8Array }[]>((done, fail) => {
          const request = db.transaction("saves").objectStore("saves").getAll(IDBKeyRange.bound([lab], [lab, []]));
          request.onsuccess = () => done(request.result);
          request.onerror = () => fail(request.error);
        });
        db.close();
        // A tar archive: a file's content begins in the block after its head.
        const text = all.map(({ archive }) => new TextDecoder("latin1").decode(archive)).join("");
        const at = text.indexOf(`home/student/${file}\0`);
        return at >= 0 && text.startsWith(words, at + 512);
      },
      { lab, file, words },
    );
  await expect.poll(kept, { timeout: 60_000 }).toBe(true);
}

/** In the page: changes a byte of everything that is kept. */
async function spoilKept(): Promise<void> {
  const db = await new Promise<IDBDatabase>((done) => {
    const request = indexedDB.open("labwright-files");
    request.onsuccess = () => done(request.result);
  });
  const transaction = db.transaction("saves", "readwrite");
  const store = transaction.objectStore("saves");
  const all = store.getAll() as IDBRequest<{ archive: Uint8Array }[]>;
  all.onsuccess = () => {
    for (const save of all.result) {
      save.archive[600] = (save.archive[600] ?? 0) ^ 1;
      store.put(save);
    }
  };
  await new Promise((done) => (transaction.oncomplete = done));
  db.close();
}

async function goToStep(page: Page, n: number): Promise<void> {
  await page.evaluate((n) => (location.hash = `#step-${n}`), n);
}

test("a computer in a tab is worked on, checked, and there with the server gone", async ({ page }) => {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));

  await test.step("it starts, with the time of today and a shell", async () => {
    await page.goto(folder.url("shell-basics"));
    await prompt(page);
    await type(page, "date -u +%F; uname -m\n");
    await expect(screen(page)).toContainText("i686", { timeout: 30_000 });
    await expect(screen(page)).toContainText(new Date().toISOString().slice(0, 8));
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/machine.png` });
  });

  await test.step("an answer is judged by a digest, a script in the machine", async () => {
    await card(page, "code-word").getByRole("textbox").fill("oak");
    await card(page, "code-word").getByRole("textbox").press("Enter");
    await expect(card(page, "code-word").getByRole("status")).toContainText("Not yet");
    await card(page, "code-word").getByRole("textbox").fill(params.word ?? "");
    await card(page, "code-word").getByRole("textbox").press("Enter");
    await expect(card(page, "code-word").getByRole("status")).toContainText("Done");
    await goToStep(page, 2);
    await card(page, "order").getByRole("button", { name: "Check" }).click();
    await expect(card(page, "order").getByRole("status")).toContainText("Not yet", { timeout: 60_000 });
    await expect(card(page, "order")).toContainText("inbox/*.csv: 7");
  });

  await test.step("a second terminal does the work; the check sees it", async () => {
    await page.getByRole("button", { name: "Open another terminal" }).click();
    await expect(page.getByRole("tab", { name: "desk 2" })).toHaveAttribute("aria-selected", "true");
    await prompt(page);
    const lines = readFileSync(join(ROOT, "labs/shell-basics/solution/order.sh"), "utf8").split("\n").slice(3);
    await type(page, `${lines.filter(Boolean).join("; ")}; echo over $((1 + 1))\n`);
    await expect(screen(page)).toContainText("over 2", { timeout: 60_000 });
    await card(page, "order").getByRole("button", { name: "Check again" }).click();
    await expect(card(page, "order").getByRole("status")).toContainText("Done", { timeout: 60_000 });
    await expect(page.getByText(/^4 of \d+ points/)).toBeVisible();
  });

  await test.step("a flood of output does not stop the page", async () => {
    await type(page, "clear; seq 20000; echo flood $((40 + 2))\n");
    await expect(screen(page)).toContainText("flood 42", { timeout: 120_000 });
  });

  await test.step("all of it is kept for times without a connection, and the server goes", async () => {
    await expect(saved(page)).toBeVisible({ timeout: 60_000 });
    await type(page, "clear; echo mine > ~/note; touch /tmp/left; mkdir -p ~/own; chmod 700 ~/own; sleep 1; echo sure $((6 * 7))\n");
    await expect(screen(page)).toContainText("sure 42", { timeout: 30_000 });
    await page.getByRole("button", { name: "Runs in this tab" }).click();
    await expect(page.getByRole("dialog")).toContainText("those in /home/student are kept in this browser");
    await expect(page.getByRole("dialog").getByText(/^Files kept at/)).toBeVisible();
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/kept.png` });
    await page.getByRole("button", { name: "Make available offline" }).click();
    await expect(page.getByRole("dialog").getByText("Ready for offline")).toBeVisible({ timeout: STARTS_MS });
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await keptIs(page, "shell-basics", "note", "mine");
    await page.getByRole("button", { name: "Ready for offline" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("dialog").getByRole("button", { name: "Save the kept files" }).click();
    await (await download).saveAs(join(folder.folder, "shell-basics-desk.tar"));
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    await folder.stop();
  });

  await test.step("the page comes again: points and files kept, the rest of the computer new", async () => {
    await page.reload();
    await prompt(page);
    await expect(page.getByText(/^4 of \d+ points/)).toBeVisible();
    await type(page, "clear; echo have $(cat note) $(stat -c %a own) $(stat -c %U note) $(ls inbox/*.csv | wc -l) $(ls /tmp/left)\n");
    await expect(screen(page)).toContainText("have mine 700 student 0", { timeout: 30_000 });
    await expect(screen(page)).toContainText("cannot access '/tmp/left'");
  });

  await test.step("files that cannot be put back stay kept until the learner goes on without them", async () => {
    await page.evaluate(spoilKept);
    await page.reload();
    await prompt(page);
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByRole("alert")).toContainText("Your kept files could not be put back");
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/trouble.png` });
    const download = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Save the kept files" }).click();
    expect((await download).suggestedFilename()).toBe("shell-basics-desk.tar");
    await dialog.getByRole("button", { name: "Go on without them" }).click();
    await dialog.getByRole("button", { name: "Replace them" }).click();
    await expect(dialog.getByRole("alert")).toBeHidden({ timeout: 30_000 });
    await dialog.getByRole("button", { name: "Close" }).click();
    await type(page, "clear; echo again > note; echo now $(ls inbox/*.csv | wc -l)\n");
    await expect(screen(page)).toContainText("now 7", { timeout: 30_000 });
    await keptIs(page, "shell-basics", "note", "again");
  });

  await test.step("a reset forgets what was kept", async () => {
    await page.getByRole("button", { name: "Lab menu" }).click();
    await page.getByRole("menuitem", { name: "Reset the whole lab" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Reset the lab" }).click();
    await expect(page.getByText("The lab starts afresh.")).toBeVisible({ timeout: 120_000 });
    await page.reload();
    await prompt(page);
    await type(page, "clear; echo fresh $(ls inbox/*.csv | wc -l) $(ls note)\n");
    await expect(screen(page)).toContainText("fresh 7", { timeout: 30_000 });
  });

  await test.step("files that were saved elsewhere are loaded, and what is none is refused", async () => {
    await page.getByRole("button", { name: "Ready for offline" }).click();
    const dialog = page.getByRole("dialog");
    const load = async (file: string) => {
      const chooser = page.waitForEvent("filechooser");
      await dialog.getByRole("button", { name: "Load saved files" }).click();
      await (await chooser).setFiles(file);
      await dialog.getByRole("button", { name: "Replace it" }).click();
    };
    await load(import.meta.filename);
    await expect(page.getByText("This is no file that was saved here")).toBeVisible({ timeout: 30_000 });
    await load(join(folder.folder, "shell-basics-desk.tar"));
    await expect(page.getByText("The files are there, and kept.")).toBeVisible({ timeout: 60_000 });
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/loaded.png` });
    await dialog.getByRole("button", { name: "Close" }).click();
    await type(page, "clear; echo moved $(cat note) $(ls inbox/*.csv | wc -l)\n");
    await expect(screen(page)).toContainText("moved mine 0", { timeout: 30_000 });
    await keptIs(page, "shell-basics", "note", "mine");
    await folder.start();
  });
  expect(faults).toEqual([]);
});

/** Ends a browser as a power cut does: nothing of it is asked first. */
function cut(profile: string): void {
  for (const id of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${id}/cmdline`, "utf8").includes(profile)) process.kill(Number(id), "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}

test("a browser that is killed while files are saved has those of the last whole save", async ({ launchOptions, viewport, locale }) => {
  const profile = mkdtempSync(join(tmpdir(), "labwright-profile-"));
  const open = async (): Promise<{ context: BrowserContext; page: Page }> => {
    const context = await chromium.launchPersistentContext(profile, { ...launchOptions, viewport, locale });
    const page = context.pages()[0] ?? (await context.newPage());
    page.setDefaultTimeout(30_000);
    await page.goto(folder.url("shell-basics"));
    await prompt(page);
    return { context, page };
  };
  try {
    let { context, page } = await open();
    for (let round = 1; round <= 2; round += 1) {
      await type(page, `clear; echo round-${round} > mark; echo made $((round + ${round}))\n`);
      await keptIs(page, "shell-basics", "mark", `round-${round}`);
      // A file with its own digest at its end comes into its place whole; then the next save has much to carry.
      await type(page, `clear; head -c 6M /dev/urandom > .t; sha256sum .t | cut -c 1-64 > .s; cat .s >> .t; mv .t big; echo wrote ${round}\n`);
      await expect(screen(page)).toContainText(`wrote ${round}`, { timeout: 120_000 });
      // The save begins some seconds later, and takes some.
      const moment = 2_500 + Math.random() * 9_000;
      await test.step(`round ${round}: the power goes after ${Math.round(moment)} ms`, async () => {
        await page.waitForTimeout(moment);
        cut(profile);
        await context.close().catch(() => {});
      });
      ({ context, page } = await open());
      await type(page, `clear; cat mark; if [ ! -e big ] || [ "$(head -c 6M big | sha256sum | cut -c 1-64)" = "$(tail -c 65 big)" ]; then echo who''le; fi\n`);
      await expect(screen(page)).toContainText(`round-${round}`, { timeout: 60_000 });
      await expect(screen(page)).toContainText("whole", { timeout: 60_000 });
    }
    await test.step("a second tab takes the work over, as it was saved", async () => {
      const second = await context.newPage();
      await second.goto(folder.url("shell-basics"));
      await second.getByRole("button", { name: "Work here instead" }).click({ timeout: 30_000 });
      await prompt(second);
      await expect(page.getByText("This lab is open in another tab")).toBeVisible();
      await type(second, "clear; cat mark; echo second > mark; echo writ''ten\n");
      await expect(screen(second)).toContainText("round-2", { timeout: 30_000 });
      await keptIs(second, "shell-basics", "mark", "second");
    });
    await context.close();
  } finally {
    cut(profile);
    rmSync(profile, { recursive: true, force: true });
  }
});
