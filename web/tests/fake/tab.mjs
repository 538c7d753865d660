// A lab in the learner's own browser, as the make-believe server offers it: the built page with a small lab that has no
// nodes, and a course that takes its results and files.

import { readFile } from "node:fs/promises";
import { pbkdf2Sync } from "node:crypto";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };
/** Where it is. */
export const TAB = "/tab/networks/shell-basics/";
const LAB = "shell-basics";
const TITLES = { en: "First steps in the shell", fr: "Premiers pas dans le shell" };

export class FakeTab {
  /** What a test says: `outcome` of attempts, `home` false for a folder of nobody's. */
  constructor(options) {
    this.options = options;
    /** Attempts, by who handed them in. */
    this.taken = new Map();
  }

  /** A file of the folder; false where it is none. */
  async page({ pathname, searchParams }, response) {
    if (!pathname.startsWith(TAB)) return false;
    const path = pathname.slice(TAB.length);
    const lang = searchParams.get("lang") === "fr" ? "fr" : "en";
    const made = { "lab/lab.json": () => lab(), "offline.json": () => ({ labwright: 1, version: "1", lab: LAB, bytes: 10, files: [] }) };
    if (this.options.home !== false) made["lab/home.json"] = () => ({ labwright: 1, course: "networks", title: lang === "fr" ? "Réseaux" : "Networks", lab: LAB });
    try {
      const content = made[path] ? JSON.stringify(made[path]()) : await readFile(join(DIST, path === "" ? "tab.html" : normalize(path)));
      response.writeHead(200, { "content-type": TYPES[extname(path === "" ? "x.html" : path)] ?? "application/octet-stream" }).end(content);
    } catch {
      response.writeHead(404).end();
    }
    return true;
  }

  results(me, method, body, lang) {
    const taken = this.taken.get(me.id) ?? new Map();
    this.taken.set(me.id, taken);
    const closed = { en: "The lab has closed.", fr: "Le TP est fermé." }[lang];
    const attempts = (method === "POST" ? body.attempts : []).map(({ id, task, verdict }) => {
      const outcome = taken.has(id) ? "known" : (this.options.outcome ?? "taken");
      const kept = outcome === "taken" || outcome === "known";
      if (kept) taken.set(id, { task, verdict: this.options.verdict ?? verdict });
      return { id, outcome, self_reported: false, verdict: kept ? taken.get(id).verdict : null, message: outcome === "refused" ? closed : null };
    });
    const done = [...taken.values()].some(({ verdict }) => verdict === "done");
    const tasks = { one: { state: done ? "done" : taken.size > 0 ? "not_yet" : "untried", share: done ? 1 : 0, attempts: taken.size, hints: 0 } };
    return { attempts, tasks, score: done ? 2 : 0, points: 2, at: Date.now() };
  }
}

function lab() {
  const pagesIn = (lang) => {
    const summary = { n: 1, title: { en: "One", fr: "Un" }[lang], points: 2, score: 0, state: "todo" };
    const task = {
      id: "one", title: { en: "What is right?", fr: "Qu’est-ce qui est juste ?" }[lang], points: 2, score: 0, state: "untried", kind: "text", database: null, choices: [],
      feedback: [], hints: [], hints_left: 1, on: null, attempts: 0, tries_left: null, late: false, self_reported: false,
    };
    return {
      session: {
        id: LAB, course: "tab", lab: LAB, title: TITLES[lang], state: "ready", stages: [], queue: null, problem: null, ends_at: null, now: 0, apps: [], nodes: [],
        networks: [], steps: [summary], score: 0, points: 2, rule: null, keep: [], saved_at: null, terminals: [], warnings: [],
      },
      steps: [{ n: 1, title: summary.title, html: `<p>…</p><div data-task="one"></div>`, language: "", tasks: [task] }],
      hints: { one: ["first"] },
    };
  };
  const digest = pbkdf2Sync("right", "s", 10, 32, "sha256").toString("hex");
  const check = { by: "digest", of: "text", salt: "s", rounds: 10, digest };
  return { labwright: 1, lab: LAB, languages: { en: pagesIn("en"), fr: pagesIn("fr") }, tasks: { one: { choices: [], check } }, env: {}, pages: {}, machine: null };
}
