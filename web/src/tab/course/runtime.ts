/// A course's run-time, of either version, by the same calls. It never throws; what it refused is told by number and words.

import type { Found, Version } from "./find";

/** What went wrong; `code` 0 is nothing. */
export interface Refused {
  code: number;
  words: string;
}

/** The call itself failed: the window with the run-time is gone, or it broke. */
const GONE = -1;
/** "Not implemented" of 1.2, "undefined" and "unimplemented data model element" of 2004. */
const UNSUPPORTED = new Set([401, 402]);
const MAX_WORDS = 200;

export function isUnsupported({ code }: Refused): boolean {
  return UNSUPPORTED.has(code);
}

export class Runtime {
  readonly version: Version;
  readonly #found: Found;
  readonly #prefix: string;

  constructor(found: Found) {
    this.#found = found;
    this.version = found.version;
    this.#prefix = found.version === "1.2" ? "LMS" : "";
  }

  initialize(): Refused | null {
    return this.#asked("Initialize", "");
  }

  /** Null when it has no such value. */
  get(element: string): string | null {
    try {
      const value = this.#call("GetValue", element);
      if (value === null || value === undefined) return null;
      // Not every run-time forgets an error of before.
      return value === "" && this.#lastError() !== 0 ? null : String(value);
    } catch {
      return null;
    }
  }

  set(element: string, value: string): Refused | null {
    return this.#asked("SetValue", element, value);
  }

  commit(): Refused | null {
    return this.#asked("Commit", "");
  }

  terminate(): Refused | null {
    return this.#asked(this.version === "1.2" ? "Finish" : "Terminate", "");
  }

  #call(act: string, ...words: string[]): unknown {
    const { api } = this.#found;
    return api[`${this.#prefix}${act}`]?.call(api, ...words);
  }

  #lastError(): number {
    return Number(this.#call("GetLastError")) || 0;
  }

  #asked(act: string, ...words: string[]): Refused | null {
    try {
      const reply = this.#call(act, ...words);
      if (reply === true || reply === "true") return null;
      const code = this.#lastError();
      return { code, words: String(this.#call("GetErrorString", String(code)) ?? "").slice(0, MAX_WORDS) };
    } catch (error) {
      return { code: GONE, words: String(error).slice(0, MAX_WORDS) };
    }
  }
}
