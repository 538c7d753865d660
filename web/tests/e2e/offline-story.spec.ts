/// Labs that are solved wholly offline, each from its first task to its last point: brought from a stick, which is then taken out,
/// through a reload and a new browser. In Chromium, and in Debian's Firefox ESR.
///
/// Labs whose machines take minutes to make are there on request: `WIRESHARK_INTRO` and `TCP_HANDSHAKE` name the folders that
/// `labwright export --as browser` made.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, firefox, test, type BrowserContext, type Locator, type Page } from "@playwright/test";
import { LabFolder, ROOT } from "./folder";
import { Stick } from "./stick";

const SHELL_BASICS = join(process.env.LABWRIGHT_STATE ?? "/var/lib/labwright", "machines/shell-basics");
/** A machine's start, or all of a lab's files. */
const LONG_MS = 120_000;
const CHECK_MS = 90_000;
const folder = new LabFolder();

test.afterAll(() => folder.remove());

type Name = "chromium" | "firefox";
type Launch = (profile: string) => Promise<BrowserContext>;

/** A learner with one lab: a stick, and a browser that keeps its profile. */
class Learner {
  readonly #profile = mkdtempSync(join(tmpdir(), "labwright-profile-"));
  readonly #stick: Stick;
  readonly faults: string[] = [];
  #context: BrowserContext | null = null;
  #link = "";
  #page: Page | null = null;

  constructor(private readonly launch: Launch, lab: string) {
    this.#stick = new Stick(lab);
  }

  get page(): Page {
    if (!this.#page) throw new Error("there is no browser");
    return this.#page;
  }

  get panel(): Locator {
    return this.page.locator("[role=tabpanel]:not(.away)");
  }

  card(task: string): Locator {
    return this.page.locator(`[data-card="${task}"]`);
  }

  /** Opens the lab, makes it available, and takes the stick out. */
  async begin(): Promise<void> {
    this.#link = await this.#stick.plugIn();
    await this.#open();
    await this.page.getByRole("button", { name: "Runs in this tab" }).click();
    const dialog = this.page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Make available offline" }).click();
    await expect(dialog.getByText("Ready for offline")).toBeVisible({ timeout: LONG_MS });
    await dialog.getByRole("button", { name: "Close" }).click();
    expect(await this.#stick.takeOut()).toBe(0);
    await this.page.reload();
    await expect(this.panel).toBeVisible({ timeout: LONG_MS });
  }

  async restart(): Promise<void> {
    await this.#context?.close();
    await this.#open();
  }

  async #open(): Promise<void> {
    this.#context = await this.launch(this.#profile);
    this.#page = await this.#context.newPage();
    this.#page.setDefaultTimeout(30_000);
    this.#page.on("pageerror", (error) => this.faults.push(error.message));
    await this.#page.goto(this.#link);
    await expect(this.panel).toBeVisible({ timeout: LONG_MS });
  }

  async end(): Promise<void> {
    await this.#context?.close();
    await this.#stick.takeOut();
    rmSync(this.#profile, { recursive: true, force: true });
  }

  async step(n: number): Promise<void> {
    await this.page.evaluate((n) => (location.hash = `#step-${n}`), n);
  }

  async tab(name: string): Promise<void> {
    await this.page.getByRole("tab", { name, exact: true }).click();
  }

  get packets(): Locator {
    return this.panel.locator("[role=grid] [role=row][id]");
  }

  /** Filters packets and gives the number of the one that is left, chosen. */
  async onlyPacket(filter: string): Promise<string> {
    // What the filter before has left may be a single one, too.
    await this.filter("");
    await expect(this.packets.nth(1)).toBeVisible();
    await this.filter(filter);
    await expect(this.packets, filter).toHaveCount(1, { timeout: LONG_MS });
    await this.packets.click();
    return (await this.packets.getByRole("gridcell").first().innerText()).trim();
  }

  async filter(filter: string): Promise<void> {
    await expect(this.packets.first()).toBeVisible({ timeout: LONG_MS });
    await this.panel.getByLabel("Display filter").fill(filter);
  }

  async points(words: string): Promise<void> {
    await expect(this.page.getByText(words)).toBeVisible({ timeout: LONG_MS });
  }

  async check(task: string): Promise<void> {
    await this.card(task).getByRole("button", { name: /^Check/ }).click();
    await expect(this.card(task).getByRole("status"), task).toContainText("Done", { timeout: CHECK_MS });
  }

  async answer(task: string, text: string): Promise<void> {
    await this.card(task).getByRole("textbox").fill(text);
    await this.check(task);
  }

  async choose(task: string, choice: string): Promise<void> {
    await this.card(task).getByLabel(choice, { exact: true }).check();
    await this.check(task);
  }

  /** Writes a query in the place of what stands in the editor. */
  async query(text: string): Promise<void> {
    await this.panel.locator(".cm-content").click();
    await this.page.keyboard.press("ControlOrMeta+a");
    await this.page.keyboard.insertText(text);
  }

  get screen(): Locator {
    return this.panel.locator(".xterm-rows");
  }

  async type(text: string): Promise<void> {
    await this.panel.locator(".xterm").click();
    await this.page.keyboard.type(text);
  }

  /** Types a script into a file and runs it there. */
  async run(script: string, ends: string): Promise<void> {
    const text = Buffer.from(script).toString("base64");
    await this.type(`clear; echo ${text} | base64 -d > /tmp/s; sh /tmp/s; echo ${ends}-$((20 + 3))\n`);
    await expect(this.screen).toContainText(`${ends}-23`, { timeout: CHECK_MS });
  }
}

const file = (path: string) => readFileSync(join(ROOT, "labs", path), "utf8");
const drawn = (machine: string) =>
  (JSON.parse(readFileSync(join(machine, "machine.json"), "utf8")) as { spec: { params: Record<string, string> } }).spec.params;

/** Exports a lab once for both browsers. */
const exported = new Map<string, string>();
function lab(name: string, machine?: string): string {
  if (machine && !existsSync(machine)) throw new Error(`there is no ${machine}: labwright export labs/${name} --as browser makes it`);
  const out = exported.get(name) ?? folder.export(`labs/${name}`, name, ...(machine ? ["--machine", machine] : []));
  exported.set(name, out);
  return out;
}

async function solved(learner: Learner, story: (learner: Learner) => Promise<void>): Promise<void> {
  try {
    await learner.begin();
    await story(learner);
    expect(learner.faults).toEqual([]);
  } finally {
    await learner.end();
  }
}

async function sqlShop(learner: Learner): Promise<void> {
  const made = JSON.parse(readFileSync(join(lab("sql-shop"), "lab/lab.json"), "utf8"));
  const steps = made.languages.en.steps as { n: number; tasks: { id: string }[] }[];
  const tasks = steps.flatMap(({ n, tasks }) => tasks.map(({ id }) => ({ n, id })));
  const half = Math.floor(tasks.length / 2);
  const solve = async (some: typeof tasks) => {
    for (const { n, id } of some) {
      await learner.step(n);
      await learner.query(file(`sql-shop/checks/${id}.sql`));
      await learner.check(id);
    }
  };
  await solve(tasks.slice(0, half));
  const reached = await learner.page.getByText(/^\d+ of 43 points/).innerText();
  await learner.page.reload();
  await learner.points(reached);
  await learner.restart();
  await learner.points(reached);
  await solve(tasks.slice(half));
  await learner.points("43 of 43 points");
}

/** In the page: the mode of a file in what this browser keeps of a lab, as the archive has it (ustar: name at 0, mode at 100). */
async function modeOfKept(file: string): Promise<string> {
  const db = await new Promise<IDBDatabase>((done, fail) => {
    const request = indexedDB.open("labwright-files");
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  const all = await new Promise<{ archive: Uint8Array }[]>((done, fail) => {
    const request = db.transaction("saves").objectStore("saves").getAll();
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  db.close();
  const text = all.map(({ archive }) => new TextDecoder("latin1").decode(archive)).join("");
  const at = text.indexOf(`${file}\0`);
  return at < 0 ? "" : text.slice(at + 100, at + 107);
}

async function shellBasics(learner: Learner): Promise<void> {
  const { word = "", faults = "", worst = "" } = drawn(SHELL_BASICS);
  const prompt = () => expect(learner.screen).toContainText("student@desk:~$", { timeout: LONG_MS });
  const solve = (task: string) => learner.run(file(`shell-basics/solution/${task}.sh`), task);
  /** What a new page has are the files that were saved, which takes seconds. */
  const keeps = (file: string, mode: string) =>
    expect.poll(() => learner.page.evaluate(modeOfKept, `home/student/${file}`), { timeout: LONG_MS }).toBe(mode);
  await prompt();
  await learner.answer("code-word", word);
  await learner.step(2);
  await solve("order");
  await learner.check("order");
  await keeps("letter.txt", "0000644");
  await learner.page.reload();
  await prompt();
  await learner.step(3);
  await learner.choose("group-may", "Read it");
  await solve("private");
  await learner.check("private");
  await keeps("diary.txt", "0000600");
  await learner.restart();
  await prompt();
  await learner.run("ls /home/student/archive | wc -l; stat -c %a /home/student/diary.txt", "kept");
  await expect(learner.screen).toContainText("7600kept-23");
  await learner.step(3);
  await solve("report");
  await learner.check("report");
  await learner.step(4);
  await learner.answer("faults", faults);
  await learner.answer("worst", worst);
  await solve("sorted");
  await learner.check("sorted");
  await learner.points("14 of 14 points");
}

async function wiresharkIntro(learner: Learner, machine: string): Promise<void> {
  const { ttl = "", word = "" } = drawn(machine);
  const tree = () => learner.panel.getByRole("tree");
  await learner.tab("Packets on lan");
  await learner.filter("dns.flags.response == 1");
  await learner.packets.filter({ hasText: "Standard query response" }).first().click({ timeout: LONG_MS });
  await expect(tree()).toContainText("Domain Name System (response)");
  await learner.answer("port", "53");
  await learner.answer("ttl", ttl);
  await learner.step(2);
  await learner.tab("client");
  await learner.run(file("wireshark-intro/solution/visit.sh"), "visit");
  await expect(learner.screen).toContainText(word);
  await learner.check("visit");
  await learner.page.reload();
  await learner.step(2);
  await learner.answer("stream", word);
  await learner.step(3);
  await learner.tab("Monday’s recording");
  await learner.filter("dns.flags.response == 0");
  await expect(learner.packets).toHaveCount(9);
  await learner.answer("questions", "9");
  await learner.answer("lost", await learner.onlyPacket("dns.flags.response == 0 && !dns.response_in"));
  await learner.restart();
  await learner.points("10 of 15 points");
  await learner.step(3);
  await learner.tab("Monday’s recording");
  await learner.answer("missing", await learner.onlyPacket("http.response.code == 404"));
  await learner.onlyPacket('http.request.method == "POST"');
  await expect(tree()).toContainText("HTML Form URL Encoded");
  await learner.answer("password", "tr0mbone");
  await learner.answer("again", await learner.onlyPacket("tcp.analysis.retransmission"));
  await learner.points("15 of 15 points");
}

async function tcpHandshake(learner: Learner, machine: string): Promise<void> {
  const { port = "", mss = "", ttl = "" } = drawn(machine);
  const ready = () => expect(learner.screen).toContainText("client", { timeout: LONG_MS });
  const solve = async (task: string) => {
    await learner.run(`export PARAM_PORT=${port}\n${file(`tcp-handshake/solution/${task}.sh`)}`, task);
    await learner.check(task);
  };
  await ready();
  await learner.tab("A packet");
  await expect(learner.panel.frameLocator("iframe").getByRole("status")).toContainText("is right");
  await learner.tab("client");
  await learner.type("clear; ip route\n");
  await expect(learner.screen).toContainText("default via", { timeout: CHECK_MS });
  await learner.answer("gateway", /default via ([\d.]+)/.exec(await learner.screen.innerText())?.[1] ?? "");
  await learner.step(2);
  await learner.answer("port", port);
  await solve("captured");
  await learner.page.reload();
  await ready();
  await learner.step(3);
  await learner.choose("flags", "[S.]");
  await learner.answer("mss", mss);
  await learner.restart();
  await ready();
  await learner.step(4);
  await solve("refused");
  await learner.choose("silence", "Packets get lost on the way there or back, or are dropped on purpose");
  await learner.step(5);
  await learner.answer("ttl", ttl);
  await solve("held");
  await learner.points("15 of 15 points");
}

const ON_REQUEST = [
  ["wireshark-intro", process.env.WIRESHARK_INTRO, wiresharkIntro],
  ["tcp-handshake", process.env.TCP_HANDSHAKE, tcpHandshake],
] as const;

const LAUNCH: Record<Name, (options: { launchOptions: object; viewport: { width: number; height: number } | null; locale?: string }) => Launch> = {
  chromium: ({ launchOptions, viewport, locale }) => (profile) => chromium.launchPersistentContext(profile, { ...launchOptions, viewport, locale }),
  firefox: ({ viewport, locale }) => (profile) =>
    firefox.launchPersistentContext(profile, {
      channel: "moz-firefox",
      executablePath: join(import.meta.dirname, "firefox.mjs"),
      viewport,
      locale,
    }),
};

for (const name of ["chromium", "firefox"] as const) {
  test.describe(name, () => {
    const learner = (options: Parameters<(typeof LAUNCH)[Name]>[0], folder: string) => new Learner(LAUNCH[name](options), folder);

    test("sql-shop", async ({ launchOptions, viewport, locale }) => {
      test.setTimeout(180_000);
      await solved(learner({ launchOptions, viewport, locale }, lab("sql-shop")), sqlShop);
    });

    test("shell-basics", async ({ launchOptions, viewport, locale }) => {
      test.setTimeout(480_000);
      await solved(learner({ launchOptions, viewport, locale }, lab("shell-basics", SHELL_BASICS)), shellBasics);
    });

    // Only on request, and then they are there: a test that is skipped would look like one that ran.
    for (const [name, machine, story] of ON_REQUEST) {
      if (!machine) continue;
      test(name, async ({ launchOptions, viewport, locale }) => {
        test.setTimeout(600_000);
        await solved(learner({ launchOptions, viewport, locale }, lab(name, machine)), (learner) => story(learner, machine));
      });
    }
  });
}
