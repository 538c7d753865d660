/// What the course has said of this browser's work, kept here (IndexedDB). An attempt is sent when its line is written, which
/// is after the answer: whatever comes between makes it be sent again, which changes nothing.

import type { AttemptVerdict, CarriedTask } from "../../core/types";

const NAME = "labwright-results";
const VERSION = 1;
const TOLD = "told";
const WORKS = "works";

/** What became of an attempt for good. */
export interface Told {
  lab: string;
  /** The attempt's id. */
  id: string;
  task: string;
  /** The course has it; it does not, and will not. */
  outcome: "taken" | "refused";
  /** What counts, where it was taken. */
  verdict: AttemptVerdict | null;
  self_reported: boolean;
  /** Why it was refused, in the language of that day. */
  message: string | null;
}

/** How far the learner is in the course, as it was said last. */
export interface Carried {
  tasks: Record<string, CarriedTask>;
  score: number;
  points: number;
  at: number;
}

export interface Work {
  lab: string;
  /** The random name of this browser's work. */
  work: string;
  /** Hints that the course knows of. */
  hints: Record<string, number>;
  carried: Carried | null;
}

export interface Ledger {
  work(lab: string): Promise<Work>;
  told(lab: string): Promise<Told[]>;
  /** Writes both, or nothing. */
  note(work: Work, told: Told[]): Promise<void>;
}

export function memoryLedger(): Ledger {
  const works = new Map<string, Work>();
  const lines = new Map<string, Told>();
  return {
    work: async (lab) => {
      if (!works.has(lab)) works.set(lab, freshWork(lab));
      return works.get(lab) as Work;
    },
    told: async (lab) => [...lines.values()].filter((line) => line.lab === lab),
    note: async (work, told) => {
      works.set(work.lab, work);
      for (const line of told) lines.set(`${line.lab} ${line.id}`, line);
    },
  };
}

export function openLedger(): Ledger {
  let opening: Promise<IDBDatabase> | null = null;
  const opened = () =>
    (opening ??= open().catch((error: unknown) => {
      opening = null;
      throw error;
    }));
  return {
    // One transaction: two tabs that begin at once agree on the name.
    work: async (lab) => {
      const act = (await opened()).transaction(WORKS, "readwrite", { durability: "strict" });
      const store = act.objectStore(WORKS);
      let work: Work | undefined;
      const asked = store.get(lab) as IDBRequest<Work | undefined>;
      asked.onsuccess = () => {
        work = asked.result ?? freshWork(lab);
        if (!asked.result) store.put(work);
      };
      await settled(act);
      return work as unknown as Work;
    },
    told: async (lab) => answered((await opened()).transaction(TOLD).objectStore(TOLD).getAll(IDBKeyRange.bound([lab], [lab, []])) as IDBRequest<Told[]>),
    note: async (work, told) => {
      const act = (await opened()).transaction([TOLD, WORKS], "readwrite", { durability: "strict" });
      act.objectStore(WORKS).put(work);
      for (const line of told) act.objectStore(TOLD).put(line);
      await settled(act);
    },
  };
}

function freshWork(lab: string): Work {
  const work = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { lab, work, hints: {}, carried: null };
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(TOLD, { keyPath: ["lab", "id"] });
    request.result.createObjectStore(WORKS, { keyPath: "lab" });
  };
  return answered(request);
}

function settled(act: IDBTransaction): Promise<void> {
  return new Promise((settle, fail) => {
    act.oncomplete = () => settle();
    act.onabort = () => fail(act.error ?? new Error("the browser kept nothing"));
  });
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((settle, fail) => {
    request.onsuccess = () => settle(request.result);
    request.onerror = () => fail(request.error ?? new Error("the browser keeps nothing"));
  });
}
