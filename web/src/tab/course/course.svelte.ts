/// The lab as a course's page (SCORM): what the learner reaches is told to the course, and what the course kept comes back.
/// Nothing here judges or draws. Every telling is of the whole, so that one that failed is made good by the next.

import type { TaskView } from "../../core/types";
import type { StoredAttempt } from "../store";
import {
  better, interactionTold, MAX_INTERACTIONS, placeTold, standingOf, standingRead, standingTold, stepRead, SUSPEND_CHARS,
  type Interaction, type Standing, type Telling,
} from "./cmi";
import { findApi, type Version } from "./find";
import { isUnsupported, Runtime, type Refused } from "./runtime";
import { decode, encode, keptOf, type Kept, type Unread } from "./suspend";

/**
 * `absent`: no course is there. `refused`: it is, and takes nothing. `look`: it wants nothing to be recorded. `saved`: all
 * is in it. `failing`: something is not in it yet. `closed`: the page was left, as the course sees it.
 */
export type CourseState = "absent" | "refused" | "look" | "saved" | "failing" | "closed";

/** Waits before a telling that failed is tried again. */
const AGAIN_MS = [2_000, 5_000, 15_000, 30_000, 60_000];
const MAX_ID = 4_000;
const HASH_CHARS = 16;
const MEMORY = "labwright-course.";

/** What is remembered here of one learner's attempt at the package. */
interface Remembered {
  registration: string;
  /** The course has said that it has it. */
  confirmed: boolean;
}

/** What the course means for what is kept here. */
export interface Place {
  /** What the course kept of the work. */
  kept: Record<string, Kept>;
  /** A word for this learner's attempt, under which this browser keeps things; empty where there is no learner. */
  scope: string;
  /** Attempts may be kept in this browser. */
  keeps: boolean;
}

export class Course {
  state = $state<CourseState>("absent");
  /** What the course said when it refused. */
  why = $state.raw<Refused | null>(null);
  /** What it gave back could not be taken. */
  unread = $state<Unread | null>(null);
  /** It keeps scores only: this browser alone has the work. */
  keepsWork = $state(true);
  /** Where the learner was. */
  step: number | null = null;
  #runtime: Runtime | null = null;
  #lab = "";
  #registration = "";
  #memory: string | null = null;
  #before: Standing = { scaled: null, completed: false, passed: false };
  #tasks: () => TaskView[] = () => [];
  #steps = 1;
  #at = 1;
  #began = performance.now();
  #last = performance.now();
  #journal: Interaction[] = [];
  #written = 0;
  #again = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #following = false;
  #resting = false;

  /** The course that the page was made for, or null: a page of its own. */
  static async open(lab: string, from: Window = window): Promise<({ course: Course } & Place) | null> {
    const version = from.document.documentElement.dataset.course;
    if (version !== "1.2" && version !== "2004") return null;
    const course = new Course();
    return { course, ...(await course.#open(lab, version, from)) };
  }

  async #open(lab: string, version: Version, from: Window): Promise<Place> {
    const found = findApi(from, version);
    if (!found) return { kept: {}, scope: "", keeps: true };
    const runtime = new Runtime(found);
    const core = found.version === "1.2" ? "cmi.core" : "cmi";
    const refused = runtime.initialize();
    // A page that was loaded twice finds it begun already.
    if (refused && runtime.get(found.version === "1.2" ? "cmi.core.lesson_status" : "cmi.completion_status") === null) {
      this.state = "refused";
      this.why = refused;
      return { kept: {}, scope: newRegistration(), keeps: false };
    }
    this.#runtime = runtime;
    this.#lab = lab;
    this.#before = standingRead(runtime.version, (element) => runtime.get(element));
    this.step = stepRead(runtime.get(found.version === "1.2" ? "cmi.core.lesson_location" : "cmi.location"));
    const read = decode(lab, runtime.get("cmi.suspend_data") ?? "");
    if (typeof read === "string") this.unread = read;
    const suspended = typeof read === "string" ? null : read;
    const kept = suspended?.tasks ?? {};
    const learner = (runtime.get(found.version === "1.2" ? "cmi.core.student_id" : "cmi.learner_id") ?? "").slice(0, MAX_ID);
    const mode = runtime.get(found.version === "1.2" ? "cmi.core.lesson_mode" : "cmi.mode");
    if (mode === "review" || mode === "browse") {
      this.state = "look";
      return { kept, scope: await scopeOf("look", learner), keeps: false };
    }
    const resumed = runtime.get(`${core}.entry`) === "resume";
    this.#memory = learner === "" ? null : MEMORY + (await hashed(`${lab} ${learner}`));
    this.#registration = suspended?.registration ?? this.#known(resumed) ?? newRegistration();
    this.#remember(false);
    this.state = "saved";
    return { kept, scope: await scopeOf(this.#registration, learner), keeps: learner !== "" };
  }

  /** Follows the learner from here on. */
  follow(tasks: () => TaskView[], steps: number): void {
    this.#tasks = tasks;
    this.#steps = steps;
    if (!this.#runtime || this.state === "look") return;
    this.#resting = false;
    this.#save();
    if (this.#following) return;
    this.#following = true;
    addEventListener("pagehide", () => this.#close());
    addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.#save());
    addEventListener("online", () => this.state === "failing" && this.#save());
  }

  /** A verdict was given, or a hint. */
  progress(attempt: StoredAttempt | null): void {
    const task = this.#tasks().find(({ id }) => id === attempt?.task);
    if (attempt && task) {
      const latency_ms = Math.max(0, performance.now() - this.#last);
      this.#last = performance.now();
      const { verdict: state, share, points, at } = attempt;
      this.#journal.push({ task: task.id, title: task.title, state, share, points, at, latency_ms });
    }
    this.#save();
  }

  at(step: number): void {
    if (step === this.#at) return;
    this.#at = step;
    this.#save();
  }

  /** Another tab has the work: what this one knows is old. */
  rest(): void {
    this.#resting = true;
    clearTimeout(this.#timer);
  }

  /** Tells it all again. */
  retry(): void {
    this.#save();
  }

  #save(): void {
    const runtime = this.#runtime;
    if (!runtime || this.#resting || this.state === "look" || this.state === "closed") return;
    clearTimeout(this.#timer);
    const refused = this.#tell(runtime);
    if (!refused) {
      this.#remember(true);
      this.#again = 0;
      this.why = null;
      this.state = "saved";
      return;
    }
    this.why = refused;
    this.state = "failing";
    const wait = AGAIN_MS[Math.min(this.#again++, AGAIN_MS.length - 1)];
    this.#timer = setTimeout(() => this.#save(), wait);
  }

  #tell(runtime: Runtime): Refused | null {
    const tasks = this.#tasks();
    const standing = better(this.#before, standingOf(tasks, { all: this.#steps, at: this.#at }));
    const place = { step: this.#at, finished: standing.completed, elapsed_ms: performance.now() - this.#began };
    let refused = this.#suspend(runtime, tasks);
    for (const telling of [...standingTold(runtime.version, standing), ...placeTold(runtime.version, place)]) {
      refused = setOne(runtime, telling) ?? refused;
    }
    this.#write(runtime);
    return runtime.commit() ?? refused;
  }

  #suspend(runtime: Runtime, tasks: TaskView[]): Refused | null {
    // A later page will read it; this one must not write over it.
    if (this.unread === "newer") return null;
    const all = Object.fromEntries(tasks.map((task) => [task.id, keptOf(task)]));
    const { text, whole } = encode(this.#lab, { registration: this.#registration, tasks: all }, SUSPEND_CHARS[runtime.version]);
    const refused = runtime.set("cmi.suspend_data", text);
    this.keepsWork = whole && !(refused && isUnsupported(refused));
    return refused && isUnsupported(refused) ? null : refused;
  }

  /** The journal is for teachers and never holds up the score; a verdict leaves it when it is written. */
  #write(runtime: Runtime): void {
    for (let next = this.#journal[0]; next; next = this.#journal[0]) {
      const count = this.#count(runtime);
      const room = count < MAX_INTERACTIONS;
      const failed = room ? interactionTold(runtime.version, count, next).map((telling) => runtime.set(telling.element, telling.value))[0] : null;
      if (failed && !isUnsupported(failed)) return;
      if (room && !failed) this.#written = count + 1;
      this.#journal.shift();
    }
  }

  /** How many the journal has. Some courses keep one and do not count it. */
  #count(runtime: Runtime): number {
    const told = runtime.get("cmi.interactions._count") ?? "";
    if (/^\d{1,9}$/.test(told)) return Number(told);
    let count = this.#written;
    while (count < MAX_INTERACTIONS && (runtime.get(`cmi.interactions.${count}.id`) ?? "") !== "") count++;
    return count;
  }

  #close(): void {
    if (!this.#runtime || this.state === "closed") return;
    this.#save();
    clearTimeout(this.#timer);
    this.why = this.#runtime.terminate();
    this.state = "closed";
  }

  /** The attempt that this browser knows of, unless the course began another. */
  #known(resumed: boolean): string | null {
    if (this.#memory === null) return null;
    try {
      const known = JSON.parse(localStorage.getItem(this.#memory) ?? "null") as Partial<Remembered> | null;
      if (typeof known?.registration !== "string" || !/^[a-z0-9]{4,40}$/.test(known.registration)) return null;
      return resumed || known.confirmed !== true ? known.registration : null;
    } catch {
      return null;
    }
  }

  #remember(confirmed: boolean): void {
    if (this.#memory === null) return;
    const known: Remembered = { registration: this.#registration, confirmed };
    try {
      localStorage.setItem(this.#memory, JSON.stringify(known));
    } catch {
      // It is asked for only when the course lost what it was told.
    }
  }
}

function setOne(runtime: Runtime, { element, value, optional }: Telling): Refused | null {
  const refused = runtime.set(element, value);
  return refused && optional && isUnsupported(refused) ? null : refused;
}

/** Without a learner's id nobody can be told from another: everything is new each time. */
async function scopeOf(registration: string, learner: string): Promise<string> {
  return learner === "" ? newRegistration() : hashed(`${registration} ${learner}`);
}

function newRegistration(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => (byte % 36).toString(36)).join("");
}

export async function hashed(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`labwright learner ${text}`)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, HASH_CHARS);
}
