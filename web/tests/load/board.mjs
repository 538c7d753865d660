// Opens a real server's board in a browser while learners solve a task, and prints how long it takes until that is on the
// screen, and what it costs. `packaging/bench-board` makes the crowd and runs this.
import { readFileSync } from "node:fs";
import { chromium } from "@playwright/test";

const { url, board, token, pid, crowd } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const SECONDS = Number(process.env.SECONDS ?? 40);
const EVERY_MS = 500;

const browser = await chromium.launch({
  executablePath: process.env.LABWRIGHT_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
await page.addInitScript((value) => localStorage.setItem("labwright.token", JSON.stringify(value)), token);
const opened = Date.now();
await page.goto(url + board);
await page.waitForFunction((count) => document.querySelectorAll(".grid tbody tr").length >= count, crowd.length, { timeout: 120_000 });
const drawn = Date.now() - opened;
await page.waitForTimeout(3_000);

// Every row notes when it first shows a task that is done.
await page.evaluate(() => {
  window.shown = {};
  const look = () => {
    const now = Date.now();
    for (const row of document.querySelectorAll(".grid tbody tr:has(td.done)")) {
      const name = row.querySelector("button")?.firstChild?.textContent?.trim() ?? "";
      window.shown[name] ??= now;
    }
  };
  look();
  new MutationObserver(look).observe(document.querySelector(".grid"), { subtree: true, childList: true, attributes: true, characterData: true });
});
const cdp = await page.context().newCDPSession(page);
await cdp.send("Performance.enable");
const metrics = async () => Object.fromEntries((await cdp.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value]));

async function spell(events) {
  const sent = [];
  const [before, cpu, began] = [await metrics(), cpuOf(pid), Date.now()];
  for (let n = 0; Date.now() - began < SECONDS * 1000; n += 1) {
    await new Promise((done) => setTimeout(done, Math.max(0, began + n * EVERY_MS - Date.now())));
    if (!events) continue;
    const who = crowd.pop();
    const at = Date.now();
    const reply = await fetch(`${url}${who.path}/tasks/count/check`, {
      method: "POST",
      headers: { authorization: `Bearer ${who.token}`, "content-type": "application/json" },
      body: JSON.stringify({ answer: "4" }),
    });
    if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`);
    sent.push({ name: who.name, at });
  }
  const took = (Date.now() - began) / 1000;
  const after = await metrics();
  const share = (seconds) => `${((100 * seconds) / took).toFixed(1)} %`;
  const page_ = share(after.TaskDuration - before.TaskDuration);
  return { sent, server: share(cpuOf(pid) - cpu), page: page_, script: share(after.ScriptDuration - before.ScriptDuration) };
}

const still = await spell(false);
const busy = await spell(true);
await page.waitForTimeout(3_000);
const shown = await page.evaluate(() => window.shown);
const waits = busy.sent.map(({ name, at }) => (shown[name] ?? NaN) - at).sort((a, b) => a - b);
const missing = waits.filter(Number.isNaN).length;
const at = (share) => Math.round(waits[Math.round((waits.length - 1) * share)] ?? NaN);
console.log(`${crowd.length + busy.sent.length} learners; drawn ${drawn} ms after the address was opened`);
console.log(`${waits.length} events, one every ${EVERY_MS} ms; from the learner's press to the screen: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms; ${missing} not seen`);
console.log(`CPU of one core while nothing happens: server ${still.server}, page ${still.page} (script ${still.script})`);
console.log(`CPU of one core with the events:       server ${busy.server}, page ${busy.page} (script ${busy.script})`);
await browser.close();

/** Seconds of CPU of a process, all threads. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(")").pop().trim().split(/\s+/);
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
